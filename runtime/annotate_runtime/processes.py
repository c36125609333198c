"""What the launcher asks of the system: which processes are whose, which have ended, and their end.

Children and birth are read from /proc; where there is none (macOS) a launcher has no orphans to find.
"""

from __future__ import annotations

import _signal as signal  # type: ignore[import-not-found]
import ctypes
import os
import sys
import time

MARK = b"ANNOTATE_TRIAL_DIR="
LINUX = sys.platform == "linux"
_libc = ctypes.CDLL(None)


def prctl(option: int, value: int) -> None:
    """Set something of this process that only Linux knows; nothing elsewhere."""
    if LINUX:
        _libc.prctl(option, value)


def ticks_since_boot() -> int:
    """Now, as /proc counts the birth of a process."""
    return int(time.clock_gettime(time.CLOCK_BOOTTIME) * os.sysconf("SC_CLK_TCK")) if LINUX else 0


def owned(pid: int, live: list[tuple[int, bytes, int]]) -> bool:
    """Whether one of these trials may have made this orphan: by session, environment, or else by age.

    A trial is its leader's pid, its mark in the environment, and when it was ordered.
    """
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            marks = [entry for entry in file.read().split(b"\0") if entry.startswith(MARK)]
        session, birth = _stat(pid)
    except OSError:
        return False
    if any(leader == session for leader, _, _ in live):
        return True
    if marks:
        return any(mark in marks for _, mark, _ in live)
    return any(born <= birth for _, _, born in live)


def _stat(pid: int) -> tuple[int, int]:
    """Session and time of birth (clock ticks) of a process; (0, 0) when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return (0, 0)
    return int(fields[3]), int(fields[19])


def children(pid: int) -> list[int]:
    """The children of a process."""
    if not LINUX:
        return []
    try:
        with open(f"/proc/{pid}/task/{pid}/children", "rb") as file:
            return [int(child) for child in file.read().split()]
    except OSError:
        return [int(name) for name in os.listdir("/proc") if name.isdigit() and _parent(int(name)) == pid]


def _parent(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return int(file.read().rpartition(b")")[2].split()[1])
    except OSError:
        return 0


def ended_child() -> int | None:
    """A child that has ended and is not yet collected: its pid, and so its group's, is not given anew."""
    try:
        found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return None
    return None if found is None else found.si_pid


def group_exists(group: int) -> bool:
    """Whether anything is left of a process group."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def signal_group(group: int, signum: int) -> None:
    """Send a signal to a group, if there still is one."""
    try:
        os.killpg(group, signum)
    except (ProcessLookupError, PermissionError):
        pass


def kill(pid: int) -> None:
    """Kill a process, if there still is one."""
    try:
        os.kill(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
