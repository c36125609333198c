"""Optuna's two storages on disk without a wait for the disk after every trial.

Ten thousand trials are ten thousand transactions, each of which Optuna waits for. A file that an export makes
is lost with the machine at worst, and made again; one that is there already is written to as carefully as ever.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optuna.storages import RDBStorage
from optuna.storages.journal import JournalFileBackend, JournalFileSymlinkLock

if TYPE_CHECKING:
    from collections.abc import Sequence


class Journal(JournalFileBackend):
    """Optuna's journal in a file that is only being made."""

    def __init__(self, path: str) -> None:
        self._place, self._turn = path, JournalFileSymlinkLock(path)
        super().__init__(path, self._turn)

    def append_logs(self, logs: Sequence[dict[str, Any]]) -> None:
        """One line a log, as Optuna writes them."""
        lines = "".join(json.dumps(log, separators=(",", ":")) + "\n" for log in logs)
        self._turn.acquire()
        try:
            with Path(self._place).open("ab") as file:
                file.write(lines.encode())
        finally:
            self._turn.release()


def new_database(url: str) -> RDBStorage:
    """An SQLite database that is only being made."""
    import sqlalchemy

    storage = RDBStorage(url)

    @sqlalchemy.event.listens_for(storage.engine, "connect")
    def _connected(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA synchronous = OFF")

    storage.engine.dispose()  # the next connection is made anew
    return storage
