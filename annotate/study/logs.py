"""What the log of a trial says about its end: the traceback, and whether memory ran out.

>>> said = read_tail("Traceback (most recent call last):\\n  File \\"t.py\\", line 3, in <module>\\nValueError: lr")
>>> said.last_line, said.out_of_memory
('ValueError: lr', False)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

TAIL = 64 * 1024  # bytes at the end of a log that are read

_TRACEBACK = re.compile(r"^.*?Traceback \(most recent call last\):\s*$", re.MULTILINE)
_FRAME = re.compile(r'^.*?  File "(?P<file>[^"]+)", line (?P<line>\d+)', re.MULTILINE)
_RAISED = re.compile(r"^(?:\[?rank\d+\]?:\s*)?(?P<text>[A-Za-z_][\w.]*(?:: .*)?)$", re.MULTILINE)
_LAUNCHERS = ("ChildFailedError", "CalledProcessError", "ProcessRaisedException", "ProcessExitedException")
_MEMORY = re.compile(
    r"OutOfMemoryError|CUDA out of memory|HIP out of memory|CUDA error: out of memory|MPS backend out of memory"
    r"|CUBLAS_STATUS_ALLOC_FAILED|CUDNN_STATUS_ALLOC_FAILED|RESOURCE_EXHAUSTED|ResourceExhaustedError"
    r"|^(?:\[?rank\d+\]?:\s*)?(?:numpy\.\S*)?_?(?:Array)?MemoryError\b|std::bad_alloc|can't allocate memory"
    r"|Cannot allocate memory",
    re.MULTILINE,
)


@dataclass(frozen=True)
class LogTail:
    """`last_line` names the exception, or is the last line that says anything; `traceback` may be "".

    `signature` is the same for two tracebacks that were raised at the same place by the same exception.
    """

    last_line: str = ""
    traceback: str = ""
    signature: str = ""
    out_of_memory: bool = False


def read_log(path: Path) -> LogTail:
    """Read the end of a log; a log that is not there says nothing."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - TAIL))
            return read_tail(file.read().decode(errors="replace"))
    except OSError:
        return LogTail()


def read_tail(text: str) -> LogTail:
    """Read the end of a log that is given as text."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    last_line = lines[-1][:500] if lines else ""
    starts = [match.start() for match in _TRACEBACK.finditer(text)]
    blocks = [text[a:b] for a, b in pairwise([*starts, len(text)])]
    memory = _MEMORY.search(text) is not None
    for block in reversed(blocks):
        raised = _exception(block)
        if raised is None or any(name in raised for name in _LAUNCHERS):
            continue
        frames = [f"{m['file']}:{m['line']}" for m in _FRAME.finditer(block)]
        kind = raised.partition(":")[0]
        end = block.index(raised) + len(raised)
        return LogTail(raised[:500], block[:end], " ".join([*frames, kind]), memory)
    return LogTail(last_line, out_of_memory=memory)


def _exception(block: str) -> str | None:
    """The line that names the exception: the first after the frames that is not indented."""
    after = block.partition("\n")[2]
    match = _RAISED.search(after)
    return match["text"] if match else None
