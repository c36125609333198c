"""The screen on a terminal: drawn four times a second by whoever holds the loop, with keys.

It lives on the terminal's alternate screen. Drawn inline, a frame as tall as the window would be torn
by every change of the window's size (the terminal reflows what was written above), and a night of
frames would end up in the scrollback. What is to stay, `annotate.screen.summary`, is printed after
the screen has closed, and so is whatever was written to stdout or stderr behind its back.

Nothing here starts a thread or waits: `update` draws when a frame is due, `typed` takes the keys.

    with LiveScreen(console, keys=Keys(0)) as screen:
        while running:
            for command in screen.update(study.snapshot()):
                carry_out(command)
            await asyncio.sleep(FRAME)
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import FrameType, TracebackType

from rich.console import Console
from rich.control import Control
from rich.live import Live

from annotate.screen.frame import render
from annotate.screen.keys import Keys, foreground
from annotate.screen.paint import Frame
from annotate.screen.view import Command, View, press
from annotate.study.snapshot import StudySnapshot
from annotate.trial import Measurement

FRAME = 0.25  # seconds from one picture to the next


def suits(console: Console) -> bool:
    """Whether the console can carry a live screen; where not, `annotate.screen.lines` speaks."""
    return console.is_terminal and not console.is_dumb_terminal


def _no_log(_number: int) -> Sequence[str]:
    return ()


def _no_reports(_number: int) -> Sequence[Measurement]:
    return ()


class LiveScreen:
    """A study on a terminal. `read_log` gives the last lines of a trial's log, `read_reports` what
    a finished one reported; `clock` is monotonic.

    With `watching`, keys look but change nothing. Without `keys` there are none, as when stdin is
    not a terminal.
    """

    def __init__(
        self,
        console: Console,
        *,
        keys: Keys | None = None,
        read_log: Callable[[int], Sequence[str]] = _no_log,
        read_reports: Callable[[int], Sequence[Measurement]] = _no_reports,
        watching: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = console
        self._keys = keys
        self._read_log = read_log
        self._read_reports = read_reports
        self._clock = clock
        self._view = View(mode="silent" if keys is None else "watching" if watching else "keys")
        self._snapshot: StudySnapshot | None = None
        self._drawn: Frame | None = None
        self._due = 0.0
        self._drawing = self._stopping = self._lost = False
        self._said = io.StringIO()
        self._shown: contextlib.ExitStack | None = None
        self._live: Live | None = None
        self._before: signal.Handlers | Callable[[int, FrameType | None], object] | int | None = None

    def __enter__(self) -> LiveScreen:
        # From here on stdout may be caught: the console holds on to the real one.
        self._console.file = self._console.file
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGTSTP, self._suspend)
        try:
            self._show()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None = None,
        _error: BaseException | None = None,
        _trace: TracebackType | None = None,
    ) -> None:
        try:
            self._hide()
        finally:
            if self._before is not None:
                signal.signal(signal.SIGTSTP, self._before)
                self._before = None
        sys.stderr.write(self._said.getvalue())
        sys.stderr.flush()

    @property
    def fd(self) -> int | None:
        """The file descriptor of the keyboard, for the loop to listen to; None without keys."""
        return None if self._keys is None else self._keys.fd

    def update(self, snapshot: StudySnapshot) -> tuple[Command, ...]:
        """Take a new moment of the study, draw it if a frame is due, and say what keys ask for."""
        self._snapshot = snapshot
        commands = self.typed()
        if self._clock() >= self._due:
            self._draw()
        return commands

    def typed(self) -> tuple[Command, ...]:
        """Take the keys that were pressed; what they change is seen at once."""
        if self._keys is None or self._snapshot is None:
            return ()
        commands = []
        keys = self._keys.read()
        for key in keys:
            self._view, command = press(self._view, key, self._snapshot)
            if command is not None:
                commands.append(command)
        if keys:
            self._draw()
        return tuple(commands)

    def _draw(self) -> None:
        self._due = self._clock() + FRAME
        if self._lost:
            return
        self._drawing = True
        try:
            self._paint()
        except OSError:
            # The terminal hung up. Its study does not need it; whoever runs it decides what to do.
            self._lost = True
        finally:
            self._drawing = False
        if self._stopping:
            self._stopping = False
            self._sleep()

    def _paint(self) -> None:
        if not self._ours():
            self._hide()
            return
        self._show()
        if self._snapshot is None or self._live is None:
            return
        if self._view.opened and self._view.selected is not None:
            self._view = dataclasses.replace(
                self._view,
                log=tuple(self._read_log(self._view.selected)),
                reports=self._reports(self._snapshot, self._view.selected),
            )
        width, height = self._console.size
        frame = render(self._snapshot, width=width, height=height, view=self._view)
        if frame != self._drawn:
            self._live.update(frame, refresh=True)
            self._drawn = frame

    def _reports(self, snapshot: StudySnapshot, opened: int) -> Mapping[int, tuple[Measurement, ...]]:
        """What the opened trial and the best one reported, read once: a snapshot has those of running trials only."""
        best = snapshot.best
        wanted = {opened} | ({best.number} if best is not None else set())
        over = {trial.number for trial in snapshot.trials if trial.number in wanted and trial.state.finished}
        known = self._view.reports
        return {n: known[n] if n in known else tuple(self._read_reports(n)) for n in over}

    def _ours(self) -> bool:
        """Whether the terminal is not another job's just now (`bg` lets us run on without it)."""
        try:
            return foreground(self._console.file.fileno())
        except (OSError, ValueError):
            return True

    def _show(self) -> None:
        if self._shown is not None or not self._ours():
            return
        self._drawn = None
        with contextlib.ExitStack() as stack:
            if self._keys is not None:
                stack.enter_context(self._keys)
            self._live = stack.enter_context(
                Live(
                    console=self._console,
                    screen=True,
                    auto_refresh=False,
                    redirect_stdout=False,
                    redirect_stderr=False,
                )
            )
            stack.enter_context(contextlib.redirect_stdout(self._said))
            stack.enter_context(contextlib.redirect_stderr(self._said))
            self._shown = stack.pop_all()

    def _hide(self) -> None:
        if self._shown is not None:
            shown, self._shown, self._live = self._shown, None, None
            if self._lost:
                with contextlib.suppress(OSError):
                    shown.close()
                return
            # tmux leaves lines of the alternate screen behind when its window has grown: blank ones.
            self._console.control(Control.clear(), Control.home())
            shown.close()

    def _suspend(self, _signal: int, _frame: FrameType | None) -> None:
        """Ctrl-Z; what comes while a picture is half written waits until it is whole."""
        if self._drawing:
            self._stopping = True
        else:
            self._sleep()

    def _sleep(self) -> None:
        """Give the terminal back, stop, and take it again when we are woken in the foreground."""
        self._hide()
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, self._suspend)
        self._draw()
