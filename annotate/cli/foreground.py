"""A study in this process, with a live screen or in lines, until it ends or the user ends it.

Ctrl-C once, SIGTERM or the end of the terminal stop it cleanly; Ctrl-C twice stops it at once. Another
terminal may speak to it through its socket.

>>> host = Host(folder, meta, make_study, log_format="auto")
>>> ended = await host.run()
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from annotate.cli.signals import caught
from annotate.cli.streams import stdout
from annotate.errors import UsageError
from annotate.screen import live
from annotate.screen.keys import Keys
from annotate.screen.lines import LineLog
from annotate.screen.summary import summary
from annotate.screen.view import Command, Jobs, Kill, Pause, Resume, Stop
from annotate.storage import StudyStore
from annotate.study.collecting import held_back
from annotate.study.control import listening

if TYPE_CHECKING:
    from annotate.cli.hosting import LogFormat
    from annotate.storage import StudyFolder, StudyMeta
    from annotate.study import Listener, Study, StudyEnded, StudyEvent, StudySnapshot
    from annotate.trial import Measurement

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
            metrics=meta.objectives,
            format="json" if log_format == "json" else "text",
        )
        self._study = make_study(self._hear)
        self._lines.recall(self._study.snapshot())
        if not self._screen:
            self._lines.begin(self._study.snapshot())
        self._interrupts = 0
        self.signal = 0
        """The number of the first signal that ended the study, 0 when none did."""

    async def run(self) -> StudyEnded:
        """Until the study has ended."""
        with held_back(), caught(self._signalled):
            async with listening(self._study, self._folder.socket):
                return await (self._run_on_screen() if self._screen else self._study.run())

    def conclude(self, ended: StudyEnded, next_steps: Sequence[tuple[str, str]]) -> None:
        """Print what stays: the outcome, the best parameters, what to type next."""
        if not self._screen and self._lines.format == "json":
            return
        try:
            self._console.print(summary(self._study.snapshot(), next_steps), soft_wrap=True)
            if self._screen and ended.how != "finished":
                self._console.print(f"\n{ended.why}", soft_wrap=True)
            if self._screen and ended.traceback:
                self._console.print(ended.traceback, soft_wrap=True)
            self._console.file.flush()
        except OSError:  # the terminal or the reader has gone
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

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
        running = asyncio.ensure_future(self._study.run())
        try:
            await self._show(running)
        except Exception as error:  # noqa: BLE001 - a fault of the picture is no reason to lose a night
            self._screen = False
            traceback.print_exception(error)
            self.notice("the screen has failed, for the reason above; the study goes on without it")
        return await running

    async def _show(self, running: asyncio.Future[StudyEnded]) -> None:
        keys = Keys(sys.stdin.fileno()) if sys.stdin.isatty() else None
        loop = asyncio.get_running_loop()
        with live.LiveScreen(
            self._console,
            keys=keys,
            read_log=lambda number: read_log(self._folder, number),
            read_reports=lambda number: read_reports(self._folder, number),
        ) as screen:
            if screen.fd is not None:
                loop.add_reader(screen.fd, lambda: self._carry_out(screen.typed()))
            try:
                while not running.done():
                    self._carry_out(screen.update(self._study.snapshot()))
                    await asyncio.wait([running], timeout=live.FRAME)
            finally:
                if screen.fd is not None:
                    loop.remove_reader(screen.fd)

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
                    with contextlib.suppress(UsageError):  # it has ended since the key was pressed
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

    def _signalled(self, number: int) -> None:
        self.signal = self.signal or number
        if number == signal.SIGINT:
            self._interrupt()
        elif self._interrupts == 0:
            self._interrupts = 1
            self._study.stop("its terminal was closed" if number == signal.SIGHUP else "it was told to end")


def read_log(folder: StudyFolder, number: int) -> Sequence[str]:
    """The last lines of a trial's log."""
    try:
        with (folder.trial(number) / "log").open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - LOG_BYTES))
            return log.read().decode(errors="replace").splitlines()
    except FileNotFoundError:
        return ()


def read_reports(folder: StudyFolder, number: int) -> Sequence[Measurement]:
    """What a finished trial reported."""
    with StudyStore.open(folder.database, read_only=True) as store:
        return store.measurements(number)
