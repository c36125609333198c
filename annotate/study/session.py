"""The time of a study: when it is, for how long hosts have run it, and the note of that in the database.

The clock of the machine is read once, when the session begins; from then on time is the steady clock's,
so that a clock that is set back disorders nothing.

>>> session = Session(store, time.time, not_before=ended_last)
>>> session.begin()
>>> session.elapsed
0.0001
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable

from annotate.storage import StudyStore

SAVE = 10.0  # seconds between two notes of how long the session has run


class Session:
    """The time that this process runs the study; nothing is written before `begin`."""

    def __init__(self, store: StudyStore, clock: Callable[[], float], *, not_before: float) -> None:
        self._store = store
        self._clock = clock
        self._not_before = not_before
        self._seconds_before = store.seconds_run()
        self._number: int | None = None
        self._wall = self._steady = self._saved = 0.0

    @property
    def now(self) -> float:
        """Seconds since the epoch; never earlier than it was before."""
        if self._number is None:
            return self._clock()
        return self._wall + time.monotonic() - self._steady

    @property
    def elapsed(self) -> float:
        """For how many seconds hosts have run the study, earlier sessions included."""
        return self._seconds_before + self._seconds

    def begin(self) -> None:
        """This process runs the study from now on."""
        self._wall = max(self._clock(), self._not_before)
        self._steady = self._saved = time.monotonic()
        self._number = self._store.begin_session(host=socket.gethostname(), pid=os.getpid(), at=self._wall)

    def save(self, *, every: float = 0.0) -> None:
        """Note how long the session has run, unless that was noted less than `every` seconds ago.

        Raises StorageError, also where the study's database is no longer there.
        """
        if self._number is not None and time.monotonic() - self._saved >= every:
            self._saved = time.monotonic()
            self._store.update_session(self._number, seconds=self._seconds)
            self._store.require_file()

    @property
    def _seconds(self) -> float:
        return 0.0 if self._number is None else time.monotonic() - self._steady
