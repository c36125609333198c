"""Connections to the file of a study: as we set them, checked for version, able to read where nothing may be written.

>>> opened(path, read_only=True)
<sqlite3.Connection object at 0x...>
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import tempfile
from pathlib import Path

from annotate.errors import StorageError
from annotate.storage import schema

OPENING = 5.0  # seconds to wait for another program that holds the file locked, when it is opened


def connect(path: Path, mode: str = "rw") -> sqlite3.Connection:
    """A connection of the mode "rw" or "ro", as every one of ours is set."""
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=OPENING)
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA trusted_schema = OFF")
    except BaseException:
        connection.close()
        raise
    return connection


def share(connection: sqlite3.Connection, path: Path) -> None:
    """Have one program write a new file and others read it at the same time (WAL). Raises StorageError."""
    try:
        (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
    except sqlite3.OperationalError as error:
        if not any(part in str(error) for part in ("disk I/O", "locked", "locking protocol")):
            raise
        mode = "none"
    if mode != "wal":
        raise StorageError(
            f"{path}: this file system lets programs neither lock a file nor share it, which a database needs",
            remedy="run in a directory of a local disk",
        )


def opened(path: Path, *, read_only: bool) -> sqlite3.Connection:
    """A connection to a study of this version; an older one is migrated, in memory where it is only read."""
    connection = _connect_to_read(path) if read_only else connect(path)
    try:
        version = _version(connection, path)
        if version < schema.VERSION:
            connection = _in_memory(connection) if read_only else connection
            connection.executescript(schema.script_from(version))
    except BaseException:
        connection.close()
        raise
    return connection


def _connect_to_read(path: Path) -> sqlite3.Connection:
    """Read-only. Where SQLite's own files cannot be made beside it, a copy is read, with all that is committed."""
    try:
        connection = connect(path, "ro")
    except sqlite3.OperationalError as error:
        if "unable to open" not in str(error) or not os.access(path, os.R_OK):
            raise
        with tempfile.TemporaryDirectory() as directory:
            copy = Path(directory) / path.name
            for suffix in ("", "-wal"):
                with contextlib.suppress(FileNotFoundError):
                    shutil.copyfile(f"{path}{suffix}", f"{copy}{suffix}")
            return _in_memory(connect(copy))
    return connection


def _in_memory(connection: sqlite3.Connection) -> sqlite3.Connection:
    """A copy that may be written to; the file is closed and stays as it is."""
    copy = sqlite3.connect(":memory:", isolation_level=None)
    with contextlib.closing(connection):
        connection.backup(copy)
    return copy


def _version(connection: sqlite3.Connection, path: Path) -> int:
    """The version of the file. Raises StorageError where it is not ours, or newer than we are."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != schema.APPLICATION_ID:
        raise StorageError(
            f"{path}: it is not a study's database", remedy="name a directory that `annotate ls` shows"
        )
    if version > schema.VERSION:
        raise StorageError(
            f"{path}: written by a newer annotate (version {version} of the file, {schema.VERSION} is known here)",
            remedy="pip install --upgrade annotate-trials",
        )
    return int(version)
