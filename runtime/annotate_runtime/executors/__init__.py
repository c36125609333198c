"""Where trials run: the protocol that the study knows, and nothing of how it is done.

An executor starts a command as a trial, tells when it has ended, and leaves nothing behind: not
a child, not a daemon, not when the host is killed. It knows no parameter, metric or database.

    executor = await LocalExecutor.start(notify=print)
    running = await executor.launch(request)
    exit = await running.wait()          # meanwhile: running.new_reports()
    await executor.aclose()
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from annotate_runtime.protocol import Report

StartMethod = Literal["spawn", "fork"]


class CannotLaunch(RuntimeError):  # noqa: N818 - a verdict, and short
    """The command cannot be started at all: no such program, no such directory, no more processes."""


@dataclass(frozen=True)
class TrialRequest:
    """One trial to start.

    `directory` is the trial's own and holds `parameters.json`; `command` is run as it stands, in
    `cwd`, with exactly `env` (see `environment.trial_environment`); stdout and stderr are appended to
    `log`, stdin is empty. `cpus` are the cores it may use, all when empty.
    """

    number: int
    directory: Path
    command: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str]
    log: Path
    cpus: tuple[int, ...] = ()


@dataclass(frozen=True)
class Exit:
    """How a trial ended. `returncode` is negative for a signal.

    `method` is how it was started in the end: a forked trial that hung was run again as a fresh process.
    """

    returncode: int
    method: StartMethod


class Running(Protocol):
    """A trial that has been started. Its whole session is signalled, never one pid of it."""

    @property
    def pid(self) -> int:
        """The leader of the trial's session."""

    async def wait(self) -> Exit:
        """Until the trial has ended and nothing of it is left. May be awaited any number of times."""

    async def stop(self, grace_s: float) -> Exit:
        """SIGTERM to all of it, SIGKILL after `grace_s` seconds; returns as `wait` does."""

    def new_reports(self) -> list[Report]:
        """What the trial reported since the last call, in order; a bounded number, so after the
        trial's end call it until it returns nothing."""


class Executor(Protocol):
    """Starts trials. Used from one asyncio loop."""

    async def launch(self, request: TrialRequest) -> Running:
        """Start a trial. Raises CannotLaunch; returns when its process exists.

        May be cancelled: nothing of the trial runs once that has come to an end.
        """

    async def aclose(self) -> None:
        """Kill what still runs and end. Calling it again does nothing."""
