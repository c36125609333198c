"""The database of one study: the only code that speaks SQL.

One connection of one thread writes it; any other program may read it meanwhile (WAL). A call that
writes has committed when it returns, unless it stands in `with store.together():`, which commits at
its end, all or nothing. A commit survives the death of the host at any moment; the loss of power may
take the last seconds, never the file. What goes wrong is a StorageError; a StudyStore is never half open.

>>> store = StudyStore.create(path, meta)
>>> store.save(trial)
>>> StudyStore.open(path, read_only=True).trials()
[Trial(number=0, ...)]
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import json
import os
import sqlite3
from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from annotate.errors import StorageError
from annotate.storage import schema
from annotate.storage.connection import connect, opened, share
from annotate.storage.faults import told
from annotate.storage.meta import StudyMeta
from annotate.storage.rows import (
    MEASUREMENT_COLUMNS,
    TRIAL_COLUMNS,
    measurement_of,
    measurement_row,
    taken_of,
    taken_row,
    trial_of,
    trial_row,
)
from annotate.trial import Direction, Measurement, Taken, Trial, TrialState, with_reads

_SELECT_TRIALS = f"SELECT {', '.join(TRIAL_COLUMNS)} FROM trials"  # noqa: S608 - columns are our own
_UPSERT_TRIAL = (
    f"INSERT INTO trials ({', '.join(TRIAL_COLUMNS)}) VALUES ({', '.join('?' * len(TRIAL_COLUMNS))}) "  # noqa: S608
    f"ON CONFLICT (number) DO UPDATE SET {', '.join(f'{c} = excluded.{c}' for c in TRIAL_COLUMNS[1:])}"
)
_INSERT_MEASUREMENT = f"INSERT INTO measurements (trial, ordinal, {', '.join(MEASUREMENT_COLUMNS)}) VALUES (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
_SELECT_MEASUREMENTS = f"SELECT {', '.join(MEASUREMENT_COLUMNS)} FROM measurements WHERE trial = ? AND ordinal >= ? ORDER BY ordinal"  # noqa: S608

WRITING = 60.0  # seconds that a host, which may have run for days, waits for another program's lock

_SELECT_CURVE = "SELECT value FROM measurements WHERE trial = ? AND final = 0 ORDER BY ordinal"


class StudyStore:
    """The rows of one study. Use `create` or `open`; close it, or use it as a context manager."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._nested = False
        self._metric: str | None = None  # the key of the first objective, once it is needed
        self.path = path

    @classmethod
    def create(
        cls, path: Path, meta: StudyMeta, *, trials: Iterable[Trial] = (), taken: Iterable[Taken] = ()
    ) -> StudyStore:
        """Make a new file, readable by its owner only, with what the study begins with. Refuses a path that exists.

        It has its name only when it is whole: whatever kills its maker leaves a study or none.
        """
        new = path.with_name(f"{path.name}.new")
        with told(path):
            if path.exists():
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
            for suffix in ("", "-wal", "-shm"):  # of a maker that was killed
                new.with_name(f"{new.name}{suffix}").unlink(missing_ok=True)
            descriptor = os.open(new, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
            with open(descriptor, "rb"), cls(connect(new), path) as store:  # noqa: PTH123 - a descriptor
                store._connection.executescript("PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY")
                store._connection.executescript(schema.script_from(0))
                with store.together():
                    store.write_meta(meta)
                    store.save(*trials)
                    store.take(taken)
                share(store._connection, path)
                store.close()
                os.fsync(descriptor)
            new.replace(path)
            return cls(connect(path), path)

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False) -> StudyStore:
        """Open a study; one of an older version is migrated, in memory where it is only read."""
        with told(path):
            if not path.is_file():
                raise StorageError(
                    f"{path}: there is no such study", remedy="`annotate ls` shows the studies here"
                )
            return cls(opened(path, read_only=read_only), path)

    def close(self) -> None:
        """Close the file; what is committed stays."""
        self._connection.close()

    def require_file(self) -> None:
        """Raise StorageError where somebody has removed the file; all that was in it is first written there again."""
        if self.path.exists():
            return
        with told(self.path):
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            for suffix in ("-wal", "-shm"):  # they belong to the file that is gone
                self.path.with_name(f"{self.path.name}{suffix}").unlink(missing_ok=True)
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
            self._connection.execute("VACUUM INTO ?", [str(self.path)])
            with contextlib.closing(connect(self.path)) as written:
                share(written, self.path)
        raise StorageError(
            f"{self.path} was removed while the study ran; every result is in it again",
            remedy="`annotate resume`, or where the study's code was removed too, `annotate run SCRIPT --from STUDY`",
        )

    def __enter__(self) -> StudyStore:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Commit all writes of the block at its end, or none of them."""
        if self._nested:
            yield
            return
        with told(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            self._nested = True
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                # A COMMIT that failed for want of room may have ended the transaction itself.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            finally:
                self._nested = False

    def meta(self) -> StudyMeta:
        """What the study is."""
        with told(self.path):
            rows = self._connection.execute("SELECT name, value FROM meta").fetchall()
        return StudyMeta.from_json({name: json.loads(value) for name, value in rows})

    def write_meta(self, meta: StudyMeta) -> None:
        """Replace what the study is."""
        self._metric = None
        with self.together():
            self._connection.executemany(
                "INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)",
                [(name, json.dumps(value)) for name, value in dataclasses.asdict(meta).items()],
            )

    def save(self, *trials: Trial) -> None:
        """Insert or update trials; their measurements are recorded apart."""
        with self.together():
            self._connection.executemany(_UPSERT_TRIAL, map(trial_row, trials))

    def record(self, number: int, measurements: Iterable[Measurement], reads: Iterable[str] = ()) -> None:
        """Append what trial `number` reported, in the order of reporting."""
        if self._metric is None:
            self._metric = self.meta().objectives[0].key
        metric = self._metric
        with self.together():
            (first,) = self._connection.execute(
                "SELECT coalesce(max(ordinal) + 1, 0) FROM measurements WHERE trial = ?", (number,)
            ).fetchone()
            self._connection.executemany(
                _INSERT_MEASUREMENT,
                [(number, first + i, *measurement_row(m, metric)) for i, m in enumerate(measurements)],
            )
            self._connection.executemany(
                "INSERT OR IGNORE INTO reads (trial, key) VALUES (?, ?)", [(number, key) for key in reads]
            )

    def forget_reports(self, number: int) -> None:
        """Delete what trial `number` reported, because it runs again."""
        with self.together():
            self._connection.execute("DELETE FROM measurements WHERE trial = ?", (number,))
            self._connection.execute("DELETE FROM reads WHERE trial = ?", (number,))

    def delete(self, number: int) -> None:
        """Delete a trial and all that it reported."""
        with self.together():
            self._connection.execute("DELETE FROM trials WHERE number = ?", (number,))

    def outline(self) -> Mapping[int, tuple[str, int]]:
        """The state and the attempt of every trial, in order of number: what has changed since the last look."""
        with told(self.path):
            rows = self._connection.execute("SELECT number, state, attempt FROM trials ORDER BY number")
            return {number: (state, attempt) for number, state, attempt in rows}

    def trials(self, among: Collection[int] | None = None, *, measurements: bool = False) -> list[Trial]:
        """All trials, or those of these numbers, in order of number; with their measurements only where asked."""
        which, numbers = ("", ()) if among is None else _among("number", among)
        with told(self.path):
            rows = self._connection.execute(f"{_SELECT_TRIALS}{which} ORDER BY number", numbers).fetchall()
        reads = self.reads(among)
        return [
            with_reads(
                trial_of(row, self.measurements(row[0]) if measurements else ()),
                reads.get(row[0], frozenset()),
            )
            for row in rows
        ]

    def counts(self) -> Mapping[TrialState, int]:
        """How many trials are in each state; fast however many there are."""
        with told(self.path):
            rows = self._connection.execute("SELECT state, count(*) FROM trials GROUP BY state").fetchall()
        return {state: dict(rows).get(state.value, 0) for state in TrialState}

    def best_value(self, direction: Direction) -> float | None:
        """The best value of a trial that succeeded, None when none did."""
        best = "max" if direction == "maximize" else "min"
        with told(self.path):
            (value,) = self._connection.execute(
                f"SELECT {best}(value) FROM trials WHERE state = 'succeeded'"  # noqa: S608 - one of two words
            ).fetchone()
        return None if value is None else float(value)

    def trial(self, number: int) -> Trial:
        """One trial with its measurements."""
        with told(self.path):
            row = self._connection.execute(f"{_SELECT_TRIALS} WHERE number = ?", (number,)).fetchone()
        if row is None:
            raise StorageError(
                f"{self.path.parent.name} has no trial {number}", remedy="`annotate show` lists its trials"
            )
        reads = self.reads([number]).get(number, frozenset())
        return with_reads(trial_of(row, self.measurements(number)), reads)

    def baseline(self) -> Trial | None:
        """The trial that ran the script's own defaults, None where there is none."""
        with told(self.path):
            row = self._connection.execute(
                f"{_SELECT_TRIALS} WHERE baseline ORDER BY number LIMIT 1"
            ).fetchone()
        return None if row is None else trial_of(row, ())

    def measurements(self, number: int, *, after: int = 0) -> tuple[Measurement, ...]:
        """What a trial reported, in the order of reporting, less the first `after` reports."""
        with told(self.path):
            rows = self._connection.execute(_SELECT_MEASUREMENTS, (number, after)).fetchall()
        return tuple(map(measurement_of, rows))

    def curves(self, of: Collection[int], *, latest: int = 500) -> Mapping[int, array[float]]:
        """The intermediate values of the first metric of the latest of these trials; NaN where one was none."""
        curves: dict[int, array[float]] = {}
        nan = float("nan")
        for number in sorted(of)[-latest:]:
            with told(self.path):
                values = self._connection.execute(_SELECT_CURVE, (number,)).fetchall()
            curves[number] = array("d", [nan if value is None else value for (value,) in values])
        return curves

    def reads(self, among: Collection[int] | None = None) -> Mapping[int, frozenset[str]]:
        """The parameters each trial, or each of these, asked for; a trial that asked for none is left out."""
        which, numbers = ("", ()) if among is None else _among("trial", among)
        with told(self.path):
            rows = self._connection.execute(
                f"SELECT trial, json_group_array(key) FROM (SELECT trial, key FROM reads{which} "  # noqa: S608
                "ORDER BY trial, key) GROUP BY trial",
                numbers,
            ).fetchall()
        # Most trials ask for the same parameters: each set is made once.
        sets = {keys: frozenset(json.loads(keys)) for keys in {keys for _, keys in rows}}
        return {number: sets[keys] for number, keys in rows}

    def take(self, trials: Iterable[Taken]) -> None:
        """Keep what another study found out, below what is kept already."""
        with self.together():
            (lowest,) = self._connection.execute("SELECT coalesce(min(number), 0) FROM taken").fetchone()
            self._connection.executemany(
                "INSERT INTO taken (number, study, trial, params, inactive, value, further) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                [(lowest - i, *taken_row(each)) for i, each in enumerate(trials, 1)],
            )

    def taken(self) -> Mapping[int, Taken]:
        """What other studies found out, by the number below zero that it has here."""
        with told(self.path):
            rows = self._connection.execute(
                "SELECT number, study, trial, params, inactive, value, further FROM taken ORDER BY number DESC"
            ).fetchall()
        return {row[0]: taken_of(row[1:]) for row in rows}

    def begin_session(self, *, host: str, pid: int, at: float) -> int:
        """Note that a host runs the study from now on; returns the session's number. It is patient from now on."""
        with self.together():
            cursor = self._connection.execute(
                "INSERT INTO sessions (host, pid, started, seconds) VALUES (?, ?, ?, 0)", (host, pid, at)
            )
            self._connection.execute(f"PRAGMA busy_timeout = {1000 * WRITING:.0f}")
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def update_session(self, number: int, *, seconds: float) -> None:
        """Note for how many seconds the session has run."""
        with self.together():
            self._connection.execute("UPDATE sessions SET seconds = ? WHERE number = ?", (seconds, number))

    def seconds_run(self) -> float:
        """For how many seconds hosts have run the study, all sessions together."""
        with told(self.path):
            (seconds,) = self._connection.execute("SELECT coalesce(sum(seconds), 0) FROM sessions").fetchone()
        return float(seconds)

    def hosts(self) -> tuple[str, ...]:
        """The machines that ran the study, in the order of their first session."""
        with told(self.path):
            rows = self._connection.execute("SELECT host FROM sessions ORDER BY number").fetchall()
        return tuple(dict.fromkeys(host for (host,) in rows))

    def reported(self) -> int:
        """How many reports the study has; fast however many there are."""
        with told(self.path):
            (count,) = self._connection.execute("SELECT count(*) FROM measurements").fetchone()
        return int(count)


def _among(column: str, numbers: Collection[int]) -> tuple[str, tuple[str]]:
    """A condition that holds for these numbers, however many there are."""
    where = f" WHERE {column} IN (SELECT value FROM json_each(?))"  # noqa: S608 - columns are our own
    return where, (json.dumps(sorted(numbers)),)
