"""What SQLite and the file system say, in the user's words: every fault of storage becomes a StorageError.

>>> with told("study.db"):
...     connection.execute("...")  # sqlite3.OperationalError("database or disk is full")
annotate.errors.StorageError: study.db: the disk is full
"""

from __future__ import annotations

import contextlib
import errno
import os
import pwd
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from annotate.errors import StorageError

_SQLITE: tuple[tuple[str, str, str], ...] = (
    ("disk is full", "the disk is full", "make room, then `annotate resume`: finished results are kept"),
    ("disk i/o error", "the disk failed to read or write", "check the disk, then `annotate resume`"),
    ("readonly", "it cannot be written to", "make the file and its directory writable for you"),
    ("locked", "another program holds it locked", "close what has it open, then try again"),
    (
        "malformed",
        "it is damaged",
        "salvage it with `sqlite3 study.db .recover`; each trial's own files are whole",
    ),
    ("not a database", "it is not a study's database", "name a directory that `annotate ls` shows"),
    ("unable to open", "it cannot be opened", "check that it exists and that you may read it"),
    ("no such table", "it is not a study's database", "name a directory that `annotate ls` shows"),
)

_OS: dict[int, tuple[str, str]] = {
    errno.ENOSPC: ("the disk is full", "make room, then `annotate resume`: finished results are kept"),
    errno.EDQUOT: (
        "your disk quota is used up",
        "make room, then `annotate resume`: finished results are kept",
    ),
    errno.EROFS: ("the file system is read-only", "run in a directory that you can write to"),
}


@contextmanager
def told(path: Path | str) -> Iterator[None]:
    """Turn what goes wrong with `path` into a StorageError; our own faults (bad SQL, a wrong type) pass."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise _of_sqlite(path, error) from error
    except OSError as error:
        if error.errno in (errno.EMFILE, errno.ENFILE):
            raise StorageError("too many files are open", remedy="raise the limit: ulimit -n 4096") from error
        place = error.filename or path
        if isinstance(error, PermissionError):
            raise StorageError(
                f"{place}: you may not read or write there{_owner(Path(place))}",
                remedy="run in a directory of your own",
            ) from error
        cause, remedy = _OS.get(error.errno or 0, (error.strerror or str(error), ""))
        raise StorageError(f"{place}: {cause}", remedy=remedy or None) from error


def _owner(path: Path) -> str:
    """`: it belongs to ada`, where the innermost thing that can be looked at is somebody else's."""
    for place in (path, *path.parents):
        with contextlib.suppress(OSError):
            owner = place.stat().st_uid
            return f": it belongs to {_name(owner)}" if owner != os.geteuid() else ""
    return ""


def _name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"user {user}"


def _of_sqlite(path: Path | str, error: sqlite3.DatabaseError) -> BaseException:
    text = str(error).lower()
    for part, cause, remedy in _SQLITE:
        if part in text:
            return StorageError(f"{path}: {cause}", remedy=remedy)
    return error
