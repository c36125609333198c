"""Running a study in this process, with a live screen or in lines, until it ends or the user ends it.

Ctrl-C once, SIGTERM or the end of the terminal stop it cleanly; Ctrl-C twice stops it at once.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from annotate.cli.streams import stdout
from annotate.screen import live
from annotate.screen.keys import Keys
from annotate.screen.lines import LineLog
from annotate.screen.summary import summary
from annotate.screen.view import Command, Jobs, Kill, Pause, Resume, Stop
from annotate.study import Study, StudyEnded, StudySnapshot
from annotate.study.control import listening

if TYPE_CHECKING:
    from annotate.storage import StudyFolder, StudyMeta
    from annotate.study import Listener, StudyEvent

LogFormat = Literal["auto", "text", "json"]
LOG_BYTES = 16 * 1024  # of the end of a trial's log, for its page


class Host:
    """One study in this process. `make_study` builds it around the listener that it is given."""

    def __init__(
        self,
        folder: StudyFolder,
        meta: StudyMeta,
        make_study: Callable[[Listener], Study],
        *,
        log_format: LogFormat,
    ) -> None:
        self._folder = folder
        self._console = stdout()
        self._screen = log_format == "auto" and live.suits(self._console)
        self._lines = LineLog(
            sys.stdout,
            meta.metric,
            meta.direction,
            meta.names,
            format="json" if log_format == "json" else "text",
        )
        self._study = make_study(self._hear)
        self._interrupts = 0

    async def run(self) -> StudyEnded:
        """Until the study has ended."""
        with self._signals():
            async with listening(self._study, self._folder.socket):
                return await (self._run_on_screen() if self._screen else self._study.run())

    def conclude(self, ended: StudyEnded, next_steps: Sequence[tuple[str, str]]) -> None:
        """Print what stays: the outcome, the best parameters, what to type next."""
        snapshot = self._study.snapshot()
        if self._screen:
            self._console.print(summary(snapshot, next_steps), soft_wrap=True)
            if ended.how != "finished":
                self._console.print(f"\n{ended.why}", soft_wrap=True)
            if ended.traceback:
                self._console.print(ended.traceback, soft_wrap=True)
        elif not self._lines.format == "json":
            self._console.print(summary(snapshot, next_steps), soft_wrap=True)

    def notice(self, text: str) -> None:
        """Tell the user one line."""
        self._study.notice(text)

    @property
    def snapshot(self) -> StudySnapshot:
        """The study as it is now."""
        return self._study.snapshot()

    def _hear(self, event: StudyEvent) -> None:
        if not self._screen:
            self._lines(event)

    async def _run_on_screen(self) -> StudyEnded:
        keys = Keys(sys.stdin.fileno()) if sys.stdin.isatty() else None
        running = asyncio.ensure_future(self._study.run())
        loop = asyncio.get_running_loop()
        with live.LiveScreen(self._console, keys=keys, read_log=self._read_log) as screen:
            if screen.fd is not None:
                loop.add_reader(screen.fd, lambda: self._carry_out(screen.typed()))
            try:
                while not running.done():
                    self._carry_out(screen.update(self._study.snapshot()))
                    await asyncio.wait([running], timeout=live.FRAME)
            finally:
                if screen.fd is not None:
                    loop.remove_reader(screen.fd)
        return await running

    def _read_log(self, number: int) -> Sequence[str]:
        try:
            with (self._folder.trial(number) / "log").open("rb") as log:
                log.seek(max(0, log.seek(0, os.SEEK_END) - LOG_BYTES))
                return log.read().decode(errors="replace").splitlines()
        except FileNotFoundError:
            return ()

    def _carry_out(self, commands: Sequence[Command]) -> None:
        for command in commands:
            match command:
                case Stop():
                    self._interrupt()
                case Pause():
                    self._study.pause()
                case Resume():
                    self._study.unpause()
                case Kill(number):
                    self._study.kill(number)
                case Jobs(count):
                    self._study.update({"jobs": count})

    def _interrupt(self) -> None:
        self._interrupts += 1
        if self._interrupts == 1:
            self._study.notice("stopping: running trials are ended, results kept; Ctrl-C again stops at once")
            self._study.stop()
        else:
            self._study.abort()

    def _hang_up(self) -> None:
        """The terminal has gone, or somebody asks us to end: nobody reads what we would still write."""
        if self._interrupts == 0:
            self._interrupts = 1
            self._study.stop("its terminal was closed or it was told to end")

    @contextmanager
    def _signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        handlers = {signal.SIGINT: self._interrupt, signal.SIGTERM: self._hang_up, signal.SIGHUP: self._hang_up}
        if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:  # nohup
            del handlers[signal.SIGHUP]
        for number, handler in handlers.items():
            loop.add_signal_handler(number, handler)
        try:
            yield
        finally:
            for number in handlers:
                loop.remove_signal_handler(number)


def python_of_user() -> str:
    """The interpreter that trials run in by default: the active virtual environment's, else ours."""
    environment = os.environ.get("VIRTUAL_ENV")
    if environment:
        candidate = os.path.join(environment, "bin", "python")
        if os.access(candidate, os.X_OK):
            return candidate
    return sys.executable
