r"""A metric taken from what a script prints, for a script that reports nothing: `--metric-pattern 'acc: (\S+)'`.

It is looked for in one line at a time: `^` and `$` are its ends, and a carriage return ends one too. The first
group of a match is the value, or the whole match where there is no group. Each one is an intermediate result, of
which a trial that ends well comes to the last. A match that is no number is left out, and so is what the script reports.

>>> values(re.compile(r"^epoch \d+ acc: (\S+)"), "start\nepoch 1 acc: 0.91, loss 2\n")
[0.91]
"""

from __future__ import annotations

import os
import re
import shlex
import time

from annotate.errors import UsageError
from annotate.study.around import Around
from annotate.study.ports import Launch, Lease, News, Process
from annotate.trial import Measurement, Trial
from annotate_runtime.protocol import open_plain

CHUNK = 1 << 18  # bytes of a log that are read at a time
LONGEST_LINE = 1 << 16  # bytes; what is longer is taken in pieces
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Printed:
    """A `Launch` whose trials report what they print, and nothing else."""

    def __init__(self, launch: Launch, pattern: re.Pattern[str]) -> None:
        self._launch = launch
        self._pattern = pattern

    async def __call__(self, trial: Trial, lease: Lease) -> Process:
        """Start a trial. Raises LaunchError."""
        return Reading(await self._launch(trial, lease), self._pattern)


def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern as it is used. Raises UsageError."""
    try:
        return re.compile(pattern)
    except re.error as error:
        raise UsageError(
            f"--metric-pattern {shlex.quote(pattern)} is no regular expression: {error}",
            remedy=r"write 'val_acc: (\S+)'",
        ) from error


def no_match(pattern: str) -> str:
    """What is said of a trial in whose output nothing was found."""
    return f"it printed no number where --metric-pattern {shlex.quote(pattern)} looks for one"


def values(pattern: re.Pattern[str], text: str) -> list[float]:
    """The numbers that a text names; its colours are not looked at."""
    found = []
    lines = re.split(r"[\r\n]", _COLOUR.sub("", text))
    for match in (each for line in lines for each in pattern.finditer(line)):
        said = next((group for group in match.groups() if group is not None), match[0])
        try:
            found.append(float(said.strip().rstrip(",;:%)]}.")))
        except ValueError:
            continue
    return found


class Reading(Around):
    """A running trial whose log is read as it grows."""

    def __init__(self, process: Process, pattern: re.Pattern[str]) -> None:
        super().__init__(process)
        self._pattern = pattern
        self._offset = 0
        self._step = 0
        self._ended = False

    def news(self) -> News:
        """What was printed since the last call."""
        news = self._process.news()
        text, more = self._read()
        at = time.time()
        found = [
            Measurement(step, at, {"default": value})
            for step, value in enumerate(values(self._pattern, text), self._step)
        ]
        self._step += len(found)
        return News(found, news.reads, more=news.more or more)

    async def wait(self) -> int | None:
        """Its return code; None when it was lost."""
        code = await super().wait()
        self._ended = True
        return code

    def _read(self) -> tuple[str, bool]:
        """The next whole lines of the log (of what is left, after the end), and whether there are more."""
        descriptor = open_plain(self.log)
        if descriptor is None:
            return "", False
        with os.fdopen(descriptor, "rb") as file:
            if os.fstat(descriptor).st_size < self._offset:  # a trial that a fork has broken begins anew
                self._offset = 0
            file.seek(self._offset)
            chunk = file.read(CHUNK)
        full = len(chunk) == CHUNK
        end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r")) + 1
        if (self._ended and not full) or (end == 0 and len(chunk) >= LONGEST_LINE):
            end = len(chunk)
        self._offset += end
        return chunk[:end].decode(errors="replace"), full
