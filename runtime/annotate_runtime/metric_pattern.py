r"""Metrics from what a script prints, for a script that reports nothing: only when the user asks for it.

Pure: bytes of output in, numbers out; `tail` is the thin edge that follows a log. The first group of the
pattern is the number. A match that is no number is passed over: people print dashes. Colours are not looked at.

>>> MetricPattern(r"val_acc[=: ]+(\S+)").feed(b"epoch 1 val_acc: 0.91\nepoch 2 val_acc: 0.9")
[0.91]
"""

from __future__ import annotations

import re
from pathlib import Path

_COLOUR = re.compile(rb"\x1b\[[0-9;]*m")


class InvalidPattern(ValueError):  # noqa: N818 - as InvalidSpace
    """No regular expression, or one without a group for the number."""


class MetricPattern:
    """Finds the metric in output that comes in pieces; a line is looked at once it is complete."""

    def __init__(self, pattern: str) -> None:
        try:
            self._pattern = re.compile(pattern.encode())
        except re.error as error:
            raise InvalidPattern(f"{pattern!r} is no regular expression: {error}") from error
        if self._pattern.groups < 1:
            raise InvalidPattern(rf"{pattern!r} has no group for the number, as in 'acc: (\S+)'")
        self._rest = b""

    def feed(self, output: bytes, *, last: bool = False) -> list[float]:
        """The metrics in the next piece of output, in order; `last` says that no more will come."""
        *lines, self._rest = re.split(rb"[\r\n]", self._rest + output)
        if last:
            lines.append(self._rest)
            self._rest = b""
        plain = (_COLOUR.sub(b"", line) for line in lines)
        found = (number(match[1]) for line in plain for match in self._pattern.finditer(line))
        return [value for value in found if value is not None]


class LogTail:
    """Follows a trial's log from its beginning, a bounded piece a call."""

    def __init__(self, log: Path, pattern: MetricPattern) -> None:
        self._log = log
        self._pattern = pattern
        self._offset = 0

    def new_metrics(self, *, ended: bool = False, limit: int = 1 << 20) -> list[float]:
        """What was printed since the last call; with `ended`, all of the rest."""
        try:
            with self._log.open("rb") as file:
                file.seek(self._offset)
                output = file.read() if ended else file.read(limit)
        except FileNotFoundError:
            return []
        self._offset += len(output)
        return self._pattern.feed(output, last=ended)


def number(text: bytes | None) -> float | None:
    """A printed number: `0.91`, `91%` (as 91), `0.91,`, `1e-3`, `nan`; None for anything else."""
    try:
        return float((text or b"").strip().rstrip(b"%,;)]").decode())
    except (ValueError, UnicodeDecodeError):
        return None
