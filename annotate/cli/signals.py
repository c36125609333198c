"""What signals mean to a host: Ctrl-C ends the study cleanly, Ctrl-C again at once; TERM and HUP cleanly.

Before the study runs any of them ends the program there and then, as `SystemExit`, so that nothing half made is
left: a second one does not disturb the first. A `KeyboardInterrupt` would not do: one that passes through a dataclass being made has Python end itself by
SIGINT, caught or not. asyncio's own way with Ctrl-C, which waits for the next `await`, is kept out.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def leave_on_signals() -> None:
    """Let signals unwind the program; one that is ignored (SIGHUP by nohup) stays ignored."""
    for number in _ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _leave)


@contextmanager
def caught(handler: Callable[[int], None]) -> Iterator[None]:
    """Give each signal's number to `handler`, on the loop, while the block runs."""
    loop = asyncio.get_running_loop()
    numbers = [n for n in _ENDING if signal.getsignal(n) is not signal.SIG_IGN or n is signal.SIGINT]
    handlers = [signal.getsignal(number) for number in numbers]
    for number in numbers:
        loop.add_signal_handler(number, handler, number)
    try:
        yield
    finally:
        for number, before in zip(numbers, handlers, strict=True):
            loop.remove_signal_handler(number)
            signal.signal(number, before)


def _leave(number: int, _frame: FrameType | None) -> None:
    for each in _ENDING:
        if signal.getsignal(each) is _leave:
            signal.signal(each, lambda *_: None)
    raise SystemExit(128 + number)
