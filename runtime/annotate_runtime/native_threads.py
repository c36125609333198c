"""The threads of this process that Python knows nothing of, by name, but for those that a fork may leave behind.

A library rarely names its threads. Where one waits, the kernel tells its stack pointer, and the outermost frame
that is not the C library's is of the library that has started it.

>>> others()
['polars-ooc-clea', 'libgomp-e985bcbb']
"""

from __future__ import annotations

import os
import time

HARMLESS = ("jemalloc_bg_thd", "libarrow")
"""Made to be forked: both take their locks before a fork. In the child jemalloc does that thread's work where it
allocates, and Arrow starts new threads. pandas brings both."""

PATIENCE = 0.1
"""Seconds in which a thread that has been joined is gone: `join` returns a little before it is."""

C_LIBRARIES = ("libc.", "libc-", "libpthread", "libstdc++", "ld-")
DEEPEST = 1 << 16
"""How many bytes of a stack are looked at."""


def others() -> list[str]:
    """What runs beside this thread and would be missing in a fork: a thread's own name, else its library's."""
    deadline = time.monotonic() + PATIENCE
    while True:
        tasks = [task for task in os.listdir("/proc/self/task") if int(task) != os.getpid()]
        names = [name for name in map(_name, tasks) if name not in HARMLESS]
        if not names or time.monotonic() > deadline:
            return names
        time.sleep(0.005)


def _name(task: str) -> str:
    try:
        name = _read(f"/proc/self/task/{task}/comm").decode(errors="replace").strip()
        inherited = _read("/proc/self/comm").decode(errors="replace").strip()
        return (_library(task) or name) if name == inherited else name
    except OSError:
        return "gone"


def _library(task: str) -> str:
    """The file name, up to its first dot, of the library that has started this thread; empty where that is not seen."""
    fields = _read(f"/proc/self/task/{task}/syscall").split()
    if len(fields) < 3:  # it runs, or the kernel does not tell
        return ""
    pointer = int(fields[-2], 16)
    end, code = pointer, []
    for line in _read("/proc/self/maps").decode(errors="replace").splitlines():
        span, kind, *rest = line.split(maxsplit=5)
        first, last = (int(address, 16) for address in span.split("-"))
        if first <= pointer < last:
            end = last
        file = rest[3].rpartition("/")[2] if len(rest) > 3 else "["
        if "x" in kind and not file.startswith(("[", *C_LIBRARIES)):
            code.append((first, last, file.partition(".")[0]))
    with open("/proc/self/mem", "rb", 0) as memory:
        stack = os.pread(memory.fileno(), min(DEEPEST, end - pointer) & ~7, pointer)
    for word in reversed(memoryview(stack).cast("Q")):
        for first, last, name in code:
            if first <= word < last:
                return name
    return ""


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()
