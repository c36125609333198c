"""The schema of `study.db`: one SQLite file per study, written by one host, read by anybody.

    meta          one row per fact of the study; `value` is JSON (space, options, direction, source hash, ...)
    sessions      one row per host that ran it: who, from when, and the seconds it has run so far
    trials        one row per trial; `params` and `gpus` are JSON, times are seconds since the epoch. `value` is
                  what it reached of the first metric, `further` JSON of what it reached of the others, NULL
                  where there is one metric only
    measurements  one row per report, in the order of `ordinal`. `value` is the first metric, which is the
                  number called `default` where meta's `metrics` names none; `all_values` is JSON of every
                  number, NULL where `default` is the only one, the metric, and finite
    reads         which parameters a trial asked for
    taken         one row per trial of another study that the tuner learns from; `number` is below zero,
                  `study` and `trial` say where it ran, `inactive` is JSON of the keys that it never read

`PRAGMA application_id` tells that the file is ours, `PRAGMA user_version` which version it has.
An older version is migrated in one transaction when it is opened for writing; a newer one is refused.

History:
    1  the first
    2  trials.attempt, trials.alone (a trial that ran out of memory runs again, alone); the table sessions
    3  trials.further (several metrics); the table taken (what another study found out)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

APPLICATION_ID: Final = 0x414E4E4F  # "ANNO"
VERSION: Final = 3

VERSION_1: Final = """
CREATE TABLE meta (
    name  TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE trials (
    number    INTEGER PRIMARY KEY,
    params    TEXT NOT NULL,
    state     TEXT NOT NULL
              CHECK (state IN ('queued', 'running', 'succeeded', 'early-stopped', 'failed', 'cancelled')),
    baseline  INTEGER NOT NULL CHECK (baseline IN (0, 1)),
    value     REAL,
    started   REAL,
    ended     REAL,
    reason    TEXT,
    message   TEXT,
    exit_code INTEGER,
    gpus      TEXT NOT NULL,
    pid       INTEGER,
    CHECK ((state = 'failed') = (reason IS NOT NULL)),
    CHECK (state <> 'succeeded' OR value IS NOT NULL)
);
CREATE TABLE measurements (
    trial      INTEGER NOT NULL REFERENCES trials (number) ON DELETE CASCADE,
    ordinal    INTEGER NOT NULL,
    step       INTEGER NOT NULL,
    time       REAL NOT NULL,
    final      INTEGER NOT NULL CHECK (final IN (0, 1)),
    value      REAL,
    all_values TEXT,
    PRIMARY KEY (trial, ordinal)
) WITHOUT ROWID;
CREATE TABLE reads (
    trial INTEGER NOT NULL REFERENCES trials (number) ON DELETE CASCADE,
    key   TEXT NOT NULL,
    PRIMARY KEY (trial, key)
) WITHOUT ROWID;
"""

MIGRATIONS: Final[Mapping[int, str]] = {
    2: """
ALTER TABLE trials ADD COLUMN attempt INTEGER NOT NULL DEFAULT 1;
ALTER TABLE trials ADD COLUMN alone INTEGER NOT NULL DEFAULT 0 CHECK (alone IN (0, 1));
CREATE TABLE sessions (
    number  INTEGER PRIMARY KEY,
    host    TEXT NOT NULL,
    pid     INTEGER NOT NULL,
    started REAL NOT NULL,
    seconds REAL NOT NULL
);
""",
    3: """
ALTER TABLE trials ADD COLUMN further TEXT;
CREATE TABLE taken (
    number   INTEGER PRIMARY KEY CHECK (number < 0),
    study    TEXT NOT NULL,
    trial    INTEGER NOT NULL,
    params   TEXT NOT NULL,
    inactive TEXT NOT NULL,
    value    REAL NOT NULL,
    further  TEXT
);
""",
}


def script_from(version: int) -> str:
    """The statements that bring a file of `version` (0: an empty one) to `VERSION`, as one transaction."""
    steps = ([VERSION_1] if version == 0 else []) + [
        MIGRATIONS[step] for step in range(max(version, 1) + 1, VERSION + 1)
    ]
    return "\n".join(
        [
            "BEGIN IMMEDIATE;",
            *steps,
            f"PRAGMA application_id = {APPLICATION_ID};",
            f"PRAGMA user_version = {VERSION};",
            "COMMIT;",
        ]
    )
