"""What running trials take of the machine's memory: each is a session of its own, so its processes are told by that.

>>> resident({7: os.getsid(0)})
{7: 52428800}

On Linux one pass over /proc tells it for all trials, a few milliseconds for hundreds of processes; elsewhere
psutil walks each trial's tree. Pages that forked trials share are counted in each of them.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

_PROC = Path("/proc")
_SESSION, _RESIDENT = 3, 21  # fields of /proc/PID/stat behind the name in parentheses


def resident(pids: Mapping[int, int]) -> dict[int, int]:
    """Bytes in memory by trial number; `pids` are the leaders of the trials' sessions."""
    if not pids:
        return {}
    return _by_session(pids) if (_PROC / "self" / "stat").exists() else _by_tree(pids)


def on_gpus(pids: Mapping[int, int], processes: Iterable[Mapping[int, int | None]]) -> dict[int, int]:
    """GPU bytes by trial number, of those whose processes the driver names; `processes` are each GPU's."""
    trials = {pid: number for number, pid in pids.items()}
    found: dict[int, int] = {}
    for taken in processes:
        for pid, size in taken.items():
            number = trials.get(pid, trials.get(_session_of(pid)))
            if number is not None and size is not None:
                found[number] = found.get(number, 0) + size
    return found


def _by_session(pids: Mapping[int, int]) -> dict[int, int]:
    trials = {pid: number for number, pid in pids.items()}
    page = os.sysconf("SC_PAGE_SIZE")
    found: dict[int, int] = {}
    for entry in os.scandir(_PROC):
        if not entry.name.isdecimal():
            continue
        try:
            fields = (_PROC / entry.name / "stat").read_bytes().rpartition(b")")[2].split()
        except OSError:  # it has ended since
            continue
        number = trials.get(int(fields[_SESSION]))
        if number is not None:
            found[number] = found.get(number, 0) + int(fields[_RESIDENT]) * page
    return found


def _by_tree(pids: Mapping[int, int]) -> dict[int, int]:
    import psutil  # noqa: PLC0415 - 30 ms that the first trial need not wait for

    found: dict[int, int] = {}
    for number, pid in pids.items():
        with contextlib.suppress(psutil.Error):
            leader = psutil.Process(pid)
            for process in (leader, *leader.children(recursive=True)):
                found[number] = found.get(number, 0) + process.memory_info().rss
    return found


def _session_of(pid: int) -> int:
    try:
        return os.getsid(pid)
    except OSError:
        return -1
