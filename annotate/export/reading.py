"""Trials that a file holds, whoever wrote it: `annotate export`, `nnictl experiment export`, Optuna.

What the file is, is told by what stands in it, not by its name. Everything is read and checked before anything
is written; what cannot be read is refused with its line.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from annotate.annotations.names import short_names
from annotate.errors import SpaceError, UsageError
from annotate.export import documents, nni, tables
from annotate.export.inference import ranges, renamed
from annotate.export.record import StudyRecord
from annotate.storage import StudyMeta
from annotate.study.direction import infer_direction
from annotate.trial import Direction, Json, Objective, Trial, TrialState
from annotate_tuners.errors import InvalidSpace
from annotate_tuners.space import SearchSpace

IMPORTED = "imported"
"""What stands in place of the tuner's name where nobody knows it."""
_SQLITE = b"SQLite format 3\0"
_READS = "it reads what `annotate export` and `nnictl experiment export` write, and Optuna's storages"


@dataclass(frozen=True)
class Said:
    """What the user says of trials whose file does not say it; None is nothing.

    `metrics` are names with their directions; the first one is the value's, the others those of further columns.
    """

    direction: Direction | None = None
    metrics: Mapping[str, Direction | None] = field(default_factory=dict)
    space: SearchSpace | None = None
    study: str | None = None

    @property
    def metric(self) -> str | None:
        return next(iter(self.metrics), None)


def read(source: str, said: Said, *, now: float) -> tuple[StudyRecord, list[str]]:
    """The study of a file or a storage's URL, and what was taken for granted. Raises AnnotateError."""
    if "://" in source:
        return _optuna(source, said, now)
    path = Path(source)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", remedy=_READS) from error
    if data.startswith(_SQLITE) or b'"op_code"' in data[: data.find(b"\n")]:
        return _optuna(source, said, now)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: it is no text", remedy=_READS) from error
    record, notes = _text(text, path, said, now)
    return dataclasses.replace(record, trials=_checked(record.trials, path.name)), notes


def _optuna(source: str, said: Said, now: float) -> tuple[StudyRecord, list[str]]:
    from annotate.export.optuna_reading import read_study

    record = read_study(source, said.study, now=now)
    if said.direction is not None or said.metric is not None or said.space is not None:
        raise UsageError(
            "an Optuna study says itself what its metric and its space are", remedy="leave that out"
        )
    return dataclasses.replace(record, trials=_checked(record.trials, source)), []


def _text(text: str, path: Path, said: Said, now: float) -> tuple[StudyRecord, list[str]]:
    if not text.strip():
        raise UsageError(f"{path} is empty", remedy=_READS)
    if text.lstrip()[0] not in "[{":
        return _table(text, path, said, now)
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        if error.msg != "Extra data":
            raise UsageError(f"{path}:{error.lineno}: it is no JSON: {error.msg}", remedy=_READS) from error
        return _lines(text, path, said, now)
    if isinstance(document, dict) and document.get("format") == documents.FORMAT:
        return _document(document, path, said)
    if isinstance(document, dict) and "number" in document:
        return _lines(text, path, said, now)
    if nni.is_export(document):
        return _with_study(nni.trials_of(document, path.name), [], path, said, now)
    raise UsageError(f"{path}: this JSON is of an unknown kind", remedy=_READS)


def _document(document: dict[str, Json], path: Path, said: Said) -> tuple[StudyRecord, list[str]]:
    if document.get("version") != documents.VERSION:
        raise UsageError(
            f"{path}: written by a newer annotate (version {document.get('version')})",
            remedy="pip install --upgrade annotate-trials",
        )
    meta = documents.study_from(document.get("study") or {}, str(path))
    entries = document.get("trials") or []
    trials = tuple(documents.trial_from(e, f"{path.name}: trial {n}") for n, e in enumerate(entries))
    if (said.direction is not None and said.direction != meta.direction) or said.space is not None:
        raise UsageError(f"{path} says itself what its metric and its space are", remedy="leave that out")
    try:
        SearchSpace.from_json(dict(meta.space))
    except InvalidSpace as error:
        raise SpaceError(f"{path}: {error}") from error
    return StudyRecord(meta, trials), []


def _lines(text: str, path: Path, said: Said, now: float) -> tuple[StudyRecord, list[str]]:
    trials, objectives = [], list[Objective]()
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        where = f"{path.name}:{number}"
        try:
            entry = json.loads(line)
            objectives = [Objective(**each) for each in entry.get("objectives", [])]
        except (ValueError, TypeError, AttributeError) as error:
            raise UsageError(f"{where}: it is no trial: {error}", remedy=_READS) from error
        trials.append(documents.trial_from(entry, where))
    return _with_study(trials, objectives, path, said, now)


def _table(text: str, path: Path, said: Said, now: float) -> tuple[StudyRecord, list[str]]:
    titles = next(csv.reader(io.StringIO(text)), [])
    if nni.is_table(titles):
        return _with_study(nni.trials_in_table(text, path.name), [], path, said, now)
    if not tables.is_table(titles):
        raise UsageError(f"{path}:1: these columns are not known: {', '.join(titles)[:60]}", remedy=_READS)
    trials, defaults, further = tables.trials_from(text, path.name)
    direction, _ = _direction(said, path)
    objectives = [Objective("default", direction, said.metric or "value")]
    objectives += [Objective(name, _way(name, said, path), name) for name in further]
    return _with_study(trials, objectives, path, said, now, defaults)


def _with_study(
    trials: Sequence[Trial],
    objectives: Sequence[Objective],
    path: Path,
    said: Said,
    now: float,
    defaults: dict[str, Json] | None = None,
) -> tuple[StudyRecord, list[str]]:
    """Trials that came without their study, in one that is made for them."""
    defaults = defaults or {}
    notes = []
    if objectives and said.direction in (None, objectives[0].direction):
        first = objectives[0]
    else:
        direction, why = _direction(said, path)
        first = Objective("default", direction, said.metric or "value")
        notes.append(f"{first.name} is {direction}d ({why})")
    points = [dict(trial.params) for trial in trials] + [defaults]
    if said.space is None:
        space = ranges([point for point in points if point])
        names = short_names(list(space))
        notes.append("the ranges are those of the values in the file; --space FILE gives the true ones")
    else:
        space, names = said.space.to_json(), short_names(said.space)
        *points, defaults = renamed(points, said.space, names)
    trials = [dataclasses.replace(t, params=p) for t, p in zip(trials, points, strict=False)]
    began = min((t.started for t in trials if t.started is not None), default=now)
    meta = StudyMeta(
        study="", script=path.name, code_dir="", cwd="", command=[], created=began, space=space, tuner=IMPORTED,
        direction=first.direction, seed=0, metric=first.name, direction_from=f"imported from {path.name}",
        defaults=defaults, names=names, metrics=tuple(objectives) if len(objectives) > 1 else (),
    )  # fmt: skip
    return StudyRecord(meta, tuple(trials)), notes


def _direction(said: Said, path: Path) -> tuple[Direction, str]:
    if said.direction is not None:
        return said.direction, f"--{said.direction}"
    if said.metric is None:
        raise UsageError(f"{path} does not say which way is better", remedy="write --maximize or --minimize")
    return _way(said.metric, said, path), "--metric"


def _way(name: str, said: Said, path: Path) -> Direction:
    """Which way a metric is better: as the user says, or its name."""
    found = said.metrics.get(name) or infer_direction(name)
    if found is None:
        raise UsageError(
            f"{path} does not say which way {name} is better", remedy=f"write --metric {name}:min, or :max"
        )
    return found


def _checked(trials: Sequence[Trial], name: str) -> tuple[Trial, ...]:
    """The trials in order, all of them over. Raises UsageError for those that cannot be."""
    twice = [number for number, count in Counter(trial.number for trial in trials).items() if count > 1]
    if twice:
        raise UsageError(f"{name}: there are two trials {twice[0]}", remedy="number them apart")
    for trial in trials:
        where = f"{name}: trial {trial.number}"
        if trial.state is TrialState.SUCCEEDED and not (
            trial.value is not None and math.isfinite(trial.value)
        ):
            raise UsageError(f"{where} succeeded with no value", remedy="a trial without one has failed")
        if (trial.state is TrialState.FAILED) != (trial.reason is not None):
            raise UsageError(
                f"{where} is {trial.state.value}, and its reason does not fit", remedy="failed has one"
            )
        if trial.number < 0:
            raise UsageError(f"{where}: numbers count from 0")
    return tuple(_over(trial) for trial in sorted(trials, key=lambda trial: trial.number))


def _over(trial: Trial) -> Trial:
    """Nobody runs on what was running elsewhere."""
    if trial.state.finished:
        return trial
    message = "was still running when it was exported" if trial.started is not None else "had not begun"
    times = [m.time for m in trial.measurements]
    ended = max(times, default=trial.started)
    return dataclasses.replace(
        trial, state=TrialState.CANCELLED, ended=ended, message=trial.message or message
    )
