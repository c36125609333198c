"""One host at a time: a lock on the study that its holder's death releases, and who holds it.

>>> with HostLock.take(folder.lock, command="annotate run train.py"):
...     ...
annotate.errors.StorageError: study 2026-... is run by pid 4711 on host gpu3 since 14:02 (annotate run train.py)
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from annotate.errors import StorageError
from annotate.storage.faults import told


@dataclass(frozen=True)
class Holder:
    """Who runs a study; `since` is seconds since the epoch."""

    pid: int
    host: str
    since: float
    command: str

    def __str__(self) -> str:
        clock = time.strftime("%Y-%m-%d %H:%M", time.localtime(self.since))
        return f"pid {self.pid} on host {self.host} since {clock} ({self.command})"


class HostLock:
    """Held from `take` until `release` or the end of the process; a child does not inherit it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def take(cls, path: Path, *, command: str, now: float) -> HostLock:
        """Take the lock or raise a StorageError that says who has it."""
        with told(path):
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise StorageError(
                f"study {path.parent.name} is run by {_read(path) or 'another process'}",
                remedy="`annotate watch` shows it, `annotate stop` ends it",
            ) from error
        except OSError as error:
            os.close(descriptor)
            raise StorageError(
                f"{path}: this file system cannot lock files, so nothing would keep two hosts apart",
                remedy="run in a directory of a local disk",
            ) from error
        holder = Holder(pid=os.getpid(), host=socket.gethostname(), since=now, command=command)
        with told(path):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps(asdict(holder)).encode(), 0)
        return cls(descriptor)

    def release(self) -> None:
        """Let another host have the study."""
        os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)

    def __enter__(self) -> HostLock:
        return self

    def __exit__(self, *exc: object) -> None:
        self.release()


def holder(path: Path) -> Holder | None:
    """Who runs the study whose lock is at `path`, None when nobody does. Raises StorageError."""
    try:
        with told(path):
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except StorageError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            return None
        raise
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(path) or Holder(pid=0, host="?", since=0.0, command="?")
    except OSError:  # nothing can be locked here, so no host runs
        return None
    else:
        return None
    finally:
        os.close(descriptor)


def _read(path: Path) -> Holder | None:
    try:
        return Holder(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None
