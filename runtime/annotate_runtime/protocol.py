"""The wire between host and trial: two files in the trial's directory, both directions side by side.

`parameters.json` is written by the host before the trial starts and never changed. `reports` is
written by the trial alone, one JSON line a report, each by one append, so that a trial killed the
next instant has lost nothing. `encoding` holds the trial's half of the writing.

The name of `reports` ends in a token that the trial has in its environment and its directory does not name,
one for each attempt: a process that has got hold of another trial's directory, or outlived an earlier
attempt, writes beside it. Only a regular file is read; a link or a pipe in its place is as good as none.

`ReportReader` passes over lines that are not of this protocol, one by one: a script that scribbles into the file loses none of its own reports.

>>> decode_report(b'{"kind": "read", "key": "train/lr/loguniform"}')
Read(key='train/lr/loguniform')
"""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

PARAMETERS = "parameters.json"
REPORTS = "reports"


_STRANGE = (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError)
"""What is raised by a line that no trial side of ours has written."""


@dataclass(frozen=True)
class Parameters:
    """What a trial is told: `trial` is the id that `nni.get_trial_id()` gives, `number` its place."""

    parameters: Mapping[str, Any]
    study: str
    trial: str
    number: int


@dataclass(frozen=True)
class Result:
    """One metric report. `step` counts from 0 within its kind; `time` is seconds since the epoch.

    `values` holds `default` and any other key; NaN and infinity are kept.
    """

    kind: Literal["intermediate", "final"]
    time: float
    step: int
    values: Mapping[str, float]


@dataclass(frozen=True)
class Read:
    """The script asked for this parameter: it is active in this trial."""

    key: str


Report: TypeAlias = Result | Read


def reports_of(directory: Path, token: str | None) -> Path:
    """Where the trial whose environment has this token reports; without one, as a replay, in `reports`."""
    return directory / (f"{REPORTS}-{token}" if token else REPORTS)


def write_parameters(directory: Path, parameters: Parameters) -> Path:
    """Publish `parameters.json` in a trial's directory, whole or not at all."""
    temporary = f"{directory}/.{PARAMETERS}.{os.getpid()}"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    with open(descriptor, "wb", 0) as file:
        file.write(
            json.dumps({**vars(parameters), "parameters": dict(parameters.parameters)}).encode("ascii")
        )
    path = directory / PARAMETERS
    os.replace(temporary, path)
    return path


def decode_report(line: bytes) -> Report | None:
    """One line of `reports`, with or without its newline; None where it is no report."""
    try:
        return _report_of(json.loads(line))
    except _STRANGE:
        return None


def _report_of(document: Any) -> Report:
    kind = document["kind"]
    if kind in ("intermediate", "final"):
        values = {str(key): float(value) for key, value in document["values"].items()}
        return Result(kind, float(document["time"]), int(document["step"]), values)
    if kind == "read":
        return Read(str(document["key"]))
    raise ValueError(f"of unknown kind {kind!r}")


class ReportReader:
    """Tails a trial's `reports`: every complete line once, in order, from where it stopped.

    A file that does not exist yet is empty. Bounded work a call, so that a trial with a million
    reports never holds up the host.
    """

    def __init__(self, directory: Path, token: str | None = None) -> None:
        self._path = reports_of(directory, token)
        self._offset = 0

    def read(self, limit: int = 1 << 16) -> list[Report]:
        """The next reports, from some `limit` bytes; empty when there are none yet."""
        while whole := self._lines(limit):
            if reports := _reports(whole):
                return reports
        return []

    def _lines(self, limit: int) -> bytes:
        descriptor = open_plain(self._path)
        if descriptor is None:
            return b""
        try:
            chunk = os.pread(descriptor, limit, self._offset)
            while (
                len(chunk) >= limit
                and b"\n" not in chunk
                and (rest := os.pread(descriptor, limit, self._offset + len(chunk)))
            ):
                chunk += rest
        finally:
            os.close(descriptor)
        whole = chunk[: chunk.rfind(b"\n") + 1]
        self._offset += len(whole)
        return whole


def open_plain(path: Path) -> int | None:
    """Open what a trial may have put there, for reading, without waiting; None where it is no regular file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO, errno.EACCES):
            return None
        raise
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    return None


def _reports(whole: bytes) -> list[Report]:
    """All reports among these lines; read together where every one is a report, which is four times as fast."""
    lines = whole.splitlines()
    try:
        return [_report_of(document) for document in json.loads(b"[" + b",".join(lines) + b"]")]
    except _STRANGE:
        return [report for line in lines if (report := decode_report(line)) is not None]
