"""Trials as processes of this machine, started through the launcher.

    executor = await LocalExecutor.start(notify=notices.append)
    running = await executor.launch(request)

`start` returns at once; the launcher comes up meanwhile (some 30 ms). With a `Prefix`, trials of that
command are forked from a fork server where that is safe, and started as fresh processes where it is
not: `notify` is called once with the reason.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from annotate_runtime.environment import THREAD_COUNTS
from annotate_runtime.executors import CannotLaunch, Exit, TrialRequest
from annotate_runtime.executors.client import Launch, Launcher
from annotate_runtime.executors.watch import Watch
from annotate_runtime.protocol import Report, ReportReader
from annotate_runtime.reporter import TOKEN


@dataclass(frozen=True)
class Prefix:
    """A command whose trials may be forked: `[python, *options, script, *arguments]`.

    `env` is what all trials have in common; `directory` takes the log of the script's common part.
    A forked trial that neither computes nor reports for `hang_seconds` while it waits for a lock is
    taken for hung, as long as no forked trial has come to a result yet.
    """

    command: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str]
    directory: Path
    hang_seconds: float = 30.0


class LocalRunning:
    """A trial started by `LocalExecutor`."""

    def __init__(self, request: TrialRequest, launch: Launch, launcher: Launcher) -> None:
        self._request = request
        self._launch = launch
        self._launcher = launcher
        self._reader = ReportReader(request.directory, request.env.get(TOKEN))
        self._stopped = False
        self._outcome: asyncio.Task[Exit] = asyncio.get_running_loop().create_task(self._end())

    @property
    def pid(self) -> int:
        return self._launch.pid

    async def wait(self) -> Exit:
        return await asyncio.shield(self._outcome)

    async def stop(self, grace_s: float) -> Exit:
        self._stopped = True
        self._launcher.order(op="signal", id=self._launch.id, signal=int(signal.SIGTERM))
        try:
            return await asyncio.wait_for(self.wait(), grace_s)
        except asyncio.TimeoutError:
            self._launcher.order(op="signal", id=self._launch.id, signal=int(signal.SIGKILL))
            return await self.wait()

    def new_reports(self) -> list[Report]:
        return self._reader.read()

    async def _end(self) -> Exit:
        event = await self._launch.exited
        return Exit(event["returncode"], self._launch.method)


class ForkedRunning(LocalRunning):
    """A forked trial: what the fork has broken is run again as a fresh process, if nothing was reported.

    Whether it has is not always told by how the trial ends. One that fails at its beginning, before any has come to a
    result, is run again too: a fresh process that fails as well clears the fork, for all trials.
    """

    def __init__(self, request: TrialRequest, launch: Launch, launcher: Launcher, server: ForkServer) -> None:
        self._server = server
        self._began = time.monotonic()
        super().__init__(request, launch, launcher)

    async def _end(self) -> Exit:
        hung = False if self._server.proven else await self._hung()
        if hung:
            self._launcher.order(op="signal", id=self._launch.id, signal=int(signal.SIGKILL))
        end = await super()._end()
        broken = "hung" if hung else _death_by_fork(end.returncode, self._request.log)
        if end.returncode == 0 and not hung:
            self._server.proven = True
        if self._stopped or self._server.proven:
            return end
        if broken is not None:
            self._server.give_up(f"a forked trial {broken}")
        elif end.returncode <= 0 or self._server.cleared or self._has_worked():
            return end
        if self._reported() or not self._request.log.exists():
            return end
        said = self._request.log.read_bytes()
        self._request.log.write_bytes(b"")
        self._launch = await spawn(self._launcher, self._request)
        fresh = await super()._end()
        if broken is None and fresh.returncode == 0:
            self._server.give_up("a forked trial failed where a fresh process did not")
        elif broken is None and not self._stopped and not self._reported():
            self._server.cleared = True
            self._request.log.write_bytes(said)  # the second may have failed of what the first has left
            return end
        return fresh

    async def _hung(self) -> bool:
        """Wait for the end; True as soon as the trial is taken for hung."""
        watch = Watch(self._launch.pid, self._server.hang_seconds)
        while not self._launch.exited.done():
            done, _ = await asyncio.wait({self._launch.exited}, timeout=watch.interval)
            if done or self._server.proven or self._reported():
                await asyncio.wait({self._launch.exited})
            elif watch.stands_still():
                return True
        return False

    def _has_worked(self) -> bool:
        """Whether it ran for so long that its failure is hardly the fork's, and that to run it again is dear."""
        return time.monotonic() - self._began > self._server.hang_seconds

    def _reported(self) -> bool:
        token = self._request.env.get(TOKEN)
        return (self._request.directory / (f"reporter-{token}" if token else "reporter")).exists()


class ForkServer:
    """The host's view of the fork server: what it serves, whether it does, why not."""

    def __init__(self, prefix: Prefix, number: int, notify: Callable[[str], None]) -> None:
        self.prefix = prefix
        self.id = number
        self.hang_seconds = prefix.hang_seconds
        self.proven = False
        self.cleared = False
        self.env: Mapping[str, str] = {}
        self._notify = notify
        self._ready: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._given_up = False

    async def serves(self, command: tuple[str, ...]) -> bool:
        """Whether trials of this command are to be forked; waits for the prefix to have run."""
        return command == self.prefix.command and await asyncio.shield(self._ready) and not self._given_up

    def change(self, env: Mapping[str, str]) -> dict[str, str | None]:
        """What a trial's environment has otherwise than that of the common part; None is not set there."""
        return {**dict.fromkeys(self.env.keys() - env.keys()), **dict(env.items() - self.env.items())}

    def give_up(self, reason: str) -> None:
        """Fork no more, and say why, once."""
        if not self._given_up:
            self._given_up = True
            self._notify(f"each trial starts as a fresh process: {reason}")
        if not self._ready.done():
            self._ready.set_result(False)

    def close(self) -> None:
        """Let nobody wait any longer, and say nothing."""
        self._given_up = True
        if not self._ready.done():
            self._ready.set_result(False)

    def hear(self, event: dict[str, Any]) -> None:
        """An event of the launcher about this server."""
        if event["event"] == "ready" and not self._ready.done():
            self._ready.set_result(True)
        elif event["event"] == "unsafe":
            self.give_up(event["reason"])
        elif event["event"] == "ended":
            self.give_up(
                f"the process that runs the script's common part ended with code {event['returncode']}"
            )
        elif event["event"] == "failed":
            self.give_up(event["error"])


class LocalExecutor:
    """An `Executor` of this machine's processes. Made by `start`."""

    def __init__(self, launcher: Launcher, server: ForkServer | None) -> None:
        self._launcher = launcher
        self._server = server

    @classmethod
    async def start(cls, *, notify: Callable[[str], None], prefix: Prefix | None = None) -> LocalExecutor:
        """Start the launcher, and where there is a prefix begin to run it; waits for neither."""
        launcher = await Launcher.start()
        if prefix is None:
            return cls(launcher, None)
        server = ForkServer(prefix, launcher.number(), notify)
        launcher.on_server, launcher.on_lost = server.hear, server.close
        order = serve_order(prefix)
        if isinstance(order, str):
            server.give_up(order)
        else:
            server.env = order["env"]
            launcher.order(op="serve", id=server.id, **order)
        return cls(launcher, server)

    async def launch(self, request: TrialRequest) -> LocalRunning:
        forked = self._server is not None and await self._server.serves(request.command)
        starting = asyncio.ensure_future(self._start(request, forked=forked))
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            await (await starting).stop(0)
            raise

    async def _start(self, request: TrialRequest, *, forked: bool) -> LocalRunning:
        if forked and self._server is not None:
            try:
                launch = await self._launcher.begin(
                    "fork",
                    op="fork",
                    server=self._server.id,
                    directory=str(request.directory),
                    env=self._server.change(request.env),
                    log=str(request.log),
                    cpus=request.cpus,
                )
            except CannotLaunch as error:
                self._server.give_up(str(error))
            else:
                return ForkedRunning(request, launch, self._launcher, self._server)
        return LocalRunning(request, await spawn(self._launcher, request), self._launcher)

    def wait_no_more(self) -> None:
        """Let no launch wait for the prefix any longer: what is still to be started is a fresh process."""
        if self._server is not None:
            self._server.close()

    async def aclose(self) -> None:
        closing = asyncio.ensure_future(self._launcher.aclose())
        if self._server is not None:
            self._server.close()
        await closing


async def spawn(launcher: Launcher, request: TrialRequest) -> Launch:
    """Start a trial as a fresh process."""
    return await launcher.begin(
        "spawn",
        op="start",
        argv=request.command,
        cwd=str(request.cwd),
        env=dict(request.env),
        log=str(request.log),
        cpus=request.cpus,
        directory=str(request.directory),
    )


def serve_order(prefix: Prefix) -> dict[str, Any] | str:
    """The order that starts a fork server for this prefix, or why there cannot be one."""
    if sys.platform != "linux":
        return "trials are forked on Linux only"
    position = script_position(prefix.command)
    if position is None:
        return "the command is not `python SCRIPT`"
    lib = prefix.env["PYTHONPATH"].split(os.pathsep)[0]
    server = str(Path(lib) / "annotate_runtime" / "run_forkserver.py")
    log = prefix.directory / "prefix.log"
    log.unlink(missing_ok=True)
    per_trial = ("ANNOTATE_TRIAL_DIR", "NNI_")
    env = {name: value for name, value in prefix.env.items() if not name.startswith(per_trial)}
    env.update(dict.fromkeys(THREAD_COUNTS, "1"), PYTORCH_NVML_BASED_CUDA_CHECK="1")
    argv = [*prefix.command[:position], server, *prefix.command[position:]]
    return {"argv": argv, "cwd": str(prefix.cwd), "env": env, "log": str(log)}


def script_position(command: tuple[str, ...]) -> int | None:
    """Where the script stands in `python [OPTIONS] SCRIPT ...`; None for any other command."""
    if not re.fullmatch(r"python[\d.]*", Path(command[0]).name):
        return None
    position = 1
    while position < len(command) and command[position].startswith("-"):
        if command[position] in ("-m", "-c", "-", "-I", "-E", "-S", "-i"):
            return None
        position += 2 if command[position] in ("-W", "-X") else 1
    return position if position < len(command) and command[position].endswith(".py") else None


def _death_by_fork(returncode: int, log: Path) -> str | None:
    """How a trial died, if a fork is what such a death comes from."""
    if -returncode in (signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGILL, signal.SIGFPE):
        return f"died of {signal.Signals(-returncode).name}"
    if returncode > 0 and log.exists():  # a script may remove it
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 8192))
            if b"forked subprocess" in file.read():
                return "could not use CUDA"
    return None
