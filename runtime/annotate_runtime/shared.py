"""What a script makes before the fork that its trials would share, though trials have nothing to do with each other.

A temporary file or directory, which the first trial to end would clear away from all; memory that several
processes write to; a semaphore. Each is a reason against forking. A mere lock between processes (`tqdm` makes
one) is not: each trial gets one of its own in its place, so that none waits for another that was killed.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

HARMLESS_MAPS = ("/dev/nvidia",)
"""Their descriptors are looked at instead."""

LOCK_MAP = "/dev/shm/sem."  # noqa: S108 - where the C library has what `sem_open` makes

_temporaries: set[str] = set()


def unsafe() -> str | None:
    """Why this process must not be forked, in words for the user."""
    for path in sorted(_temporaries):
        if os.path.lexists(path):
            return f"the script makes a temporary file or directory before the first parameter is asked for ({path})"
    maps = _shared_maps()
    locks = sum(name.startswith(LOCK_MAP) for name in maps)
    if len(maps) > locks or locks > len(own_locks()):
        return "the script shares memory between processes before the first parameter is asked for"
    return None


def watch_temporaries(tempfile: ModuleType) -> None:
    """What to do to the `tempfile` module when it has been imported: note what is made by it."""
    names = tempfile.__dict__
    if "_mkstemp_inner" not in names or "mkdtemp" not in names:  # a module of the user's that has this name
        return
    make_file, make_directory = names["_mkstemp_inner"], names["mkdtemp"]

    def noted_file(*arguments: Any) -> Any:
        made = make_file(*arguments)
        _temporaries.add(os.path.abspath(os.fsdecode(made[1])))
        return made

    def mkdtemp(suffix: Any = None, prefix: Any = None, dir: Any = None) -> Any:  # noqa: A002 - as in `tempfile`
        made = make_directory(suffix, prefix, dir)
        _temporaries.add(os.path.abspath(os.fsdecode(made)))
        return made

    names.update(_mkstemp_inner=noted_file, mkdtemp=mkdtemp)


def own_locks() -> list[Any]:
    """The locks between processes that nobody holds, and that no semaphore or condition is made of."""
    synchronize, util = map(sys.modules.get, ("multiprocessing.synchronize", "multiprocessing.util"))
    if synchronize is None or util is None:
        return []
    kinds = (synchronize.Lock, synchronize.RLock)
    found = [thing for thing in list(util._afterfork_registry.values()) if type(thing) in kinds]
    return [lock for lock in found if not lock._semlock._is_zero()]


def renew(locks: list[Any]) -> None:
    """In the child: give it locks of its own."""
    for lock in locks:
        old = lock._semlock
        lock._semlock = type(old)(old.kind, old.maxvalue, old.maxvalue, f"/{os.urandom(16).hex()}", True)
        lock._make_methods()


def _shared_maps() -> list[str]:
    """The names of what is mapped into this process and others, for writing."""
    found = []
    with open("/proc/self/maps") as file:
        for line in file:
            fields = line.split(maxsplit=5)
            name = fields[5] if len(fields) > 5 else ""
            if fields[1][1] == "w" and fields[1][3] == "s" and not name.startswith(HARMLESS_MAPS):
                found.append(name)
    return found
