"""Single keys from a terminal: by name, without waiting, and without spoiling the terminal.

The terminal is put into cbreak mode, where Ctrl-C and Ctrl-Z still are signals, and is given back as
it was found on leaving, however that comes about. Where there is no terminal, or it belongs to
another job just now, there are no keys: asking would stop the whole process.

>>> parse("k\\x1b[B\\r")
(['k', 'down', 'enter'], '')
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import termios
import tty
from types import TracebackType
from typing import Any

_NAMES = {
    "A": "up", "B": "down", "C": "right", "D": "left", "H": "home", "F": "end",
    "1~": "home", "7~": "home", "4~": "end", "8~": "end", "5~": "pageup", "6~": "pagedown",
    "\r": "enter", "\n": "enter", "\x1b": "esc",
}  # fmt: skip
_KEY = re.compile(r"\x1b[\[O]([0-9;]*[A-Za-z~])|\x1b(?![\[O])|[^\x1b]", re.DOTALL)


def parse(typed: str) -> tuple[list[str], str]:
    """The keys in what was typed, and the beginning of one that has not come in whole."""
    keys: list[str] = []
    end = 0
    while match := _KEY.match(typed, end):
        end = match.end()
        key = _NAMES.get(match[1] or match[0], match[0] if match[1] is None else "")
        if key:
            keys.append(key)
    return keys, typed[end:]


def foreground(fd: int) -> bool:
    """Whether the terminal behind `fd` is ours now; True where no job control tells."""
    try:
        return os.tcgetpgrp(fd) == os.getpgrp()
    except OSError:
        return True


class Keys:
    """The keyboard behind file descriptor `fd`, which is a terminal. Use it in a `with`."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self._found: list[Any] | None = None
        self._rest = ""

    def __enter__(self) -> Keys:
        if foreground(self.fd):
            self._found = termios.tcgetattr(self.fd)
            tty.setcbreak(self.fd, termios.TCSANOW)
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None = None,
        _error: BaseException | None = None,
        _trace: TracebackType | None = None,
    ) -> None:
        if self._found is not None:
            with contextlib.suppress(termios.error):  # a terminal that hung up has nothing to give back
                termios.tcsetattr(self.fd, termios.TCSANOW, self._found)
            self._found = None

    def read(self) -> list[str]:
        """The keys pressed since the last call; it never waits."""
        if self._found is None or not foreground(self.fd) or not select.select([self.fd], [], [], 0)[0]:
            return []
        try:
            typed = os.read(self.fd, 1024).decode(errors="ignore")
        except OSError:  # hung up
            return []
        keys, self._rest = parse(self._rest + typed)
        return keys
