"""One lock file for each GPU, so that no two hosts of this machine lease the same one.

The files lie where every user can reach them, whatever TMPDIR says, and hold nothing; the lock is the
kernel's and is gone with its holder. A directory that cannot be used is done without: then hosts see each other's trials as
compute processes only.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

DIRECTORY = Path("/tmp/annotate-gpus")  # noqa: S108 - to be shared by all users is its purpose


class GpuLock:
    """Held until `release` or the end of the process; children do not inherit it."""

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor

    def release(self) -> None:
        """Let others have it."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def try_lock(uuid: str, directory: Path | None = None) -> GpuLock | str:
    """The lock of a GPU, or who has it, as " (pid 4711)" or "" where that cannot be told."""
    try:
        descriptor = _open(directory or DIRECTORY, uuid.replace("/", "_") + ".lock")
    except OSError:
        return GpuLock(None)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        inode = os.fstat(descriptor).st_ino
        os.close(descriptor)
        return _holder(inode)
    return GpuLock(descriptor)


def _open(directory: Path, name: str) -> int:
    """Reading is enough to lock; a file that another user made is opened, never created over."""
    try:
        directory.mkdir(mode=0o777)
        directory.chmod(0o1777)
    except FileExistsError:
        pass
    path = directory / name
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o644)
    except FileExistsError:
        return os.open(path, flags)
    os.fchmod(descriptor, 0o644)
    return descriptor


def _holder(inode: int) -> str:
    """Who holds a lock, as the kernel lists it."""
    try:
        for line in Path("/proc/locks").read_text().splitlines():
            fields = line.split()
            if fields[1] == "FLOCK" and fields[-3].endswith(f":{inode}") and int(fields[-4]) > 0:
                return f" (pid {fields[-4]})"
    except (OSError, IndexError, ValueError):
        pass
    return ""
