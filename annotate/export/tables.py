"""A study as a table, one row a trial: CSV both ways, and the columns of parquet.

    trial,state,reason,value,duration,start,end,attempt,baseline,exit_code,gpus,message,lr,width
    3,failed,nan,,8.5,1753.0,1761.5,1,false,0,[],its result is nan,0.01,"[32, 64]"

A cell that is not a number or plain text is JSON; text that would read as JSON is quoted as JSON, so that
a table that is read back and written again is the same text. Reports are not in it.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from annotate.errors import UsageError
from annotate.export.record import StudyRecord
from annotate.trial import FailureReason, Json, Trial, TrialState

FACTS = (
    "trial", "state", "reason", "value", "duration", "start", "end",
    "attempt", "baseline", "exit_code", "gpus", "message",
)  # fmt: skip
"""The columns that are no parameters; those of a study's further metrics follow `value`."""


@dataclass(frozen=True)
class Column:
    """A column: a fact of every trial, the metric of that place in the study, or the parameter of that key."""

    title: str
    kind: Literal["fact", "metric", "parameter"]
    what: str


def columns(record: StudyRecord) -> list[Column]:
    """The columns in their order, each with a title of its own; further metrics follow `value`."""
    at = FACTS.index("value") + 1
    found = [Column(name, "fact", name) for name in FACTS[:at]]
    taken = set(FACTS)

    def add(title: str, kind: Literal["metric", "parameter"], what: str, instead: str) -> None:
        free = next(each for each in (title, instead, f"{instead} ({kind})") if each not in taken)
        taken.add(free)
        found.append(Column(free, kind, what))

    for place, objective in enumerate(record.meta.objectives[1:], start=1):
        add(objective.name, "metric", str(place), objective.key)
    found += [Column(name, "fact", name) for name in FACTS[at:]]
    for key in record.space:
        add(record.name_of(key), "parameter", key, key)
    return found


def rows(record: StudyRecord) -> Iterator[dict[str, Json]]:
    """The trials by the titles of the columns; what one does not have is not in it."""
    known = columns(record)
    return (_row(record, trial, known) for trial in record.trials)


def _row(record: StudyRecord, trial: Trial, known: Sequence[Column]) -> dict[str, Json]:
    values, facts = record.values_of(trial), _facts(trial)
    cells: dict[str, Json] = {}
    for column in known:
        match column.kind:
            case "fact" if facts[column.what] is not None:
                cells[column.title] = facts[column.what]
            case "metric" if int(column.what) < len(trial.values):
                cells[column.title] = trial.values[int(column.what)]
            case "parameter" if column.what in values:
                cells[column.title] = values[column.what]
            case _:
                pass
    return cells


def as_csv(record: StudyRecord) -> str:
    """The table as CSV."""
    text = io.StringIO()
    titles = [column.title for column in columns(record)]
    writer = csv.DictWriter(text, fieldnames=titles, lineterminator="\n")
    writer.writeheader()
    writer.writerows({title: cell(value) for title, value in row.items()} for row in rows(record))
    return text.getvalue()


def cell(value: Json) -> Json:
    """A value for CSV, from which `uncell` tells what it was."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and not _reads_as_json(value):
        return value
    return json.dumps(value, ensure_ascii=False)


def uncell(text: str) -> Json:
    """The value of a cell that is not empty."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def trials_from(text: str, name: str) -> tuple[list[Trial], dict[str, Json], list[str]]:
    """The trials of a table that `as_csv` wrote, the values of the baseline, the further metrics. Raises UsageError."""
    reader = csv.DictReader(io.StringIO(text), strict=True)
    titles = list(reader.fieldnames or ())
    parameters = titles[titles.index("message") + 1 :] if "message" in titles else []
    further = titles[titles.index("value") + 1 : titles.index("duration")]
    trials, defaults = [], dict[str, Json]()
    for row in reader:
        where = f"{name}:{reader.line_num}"
        if None in row or None in row.values():
            raise UsageError(f"{where}: {len(titles)} cells were expected", remedy="write the table again")
        values = {title: uncell(row[title]) for title in parameters if row[title] != ""}
        trial = _trial(row, further, values, where)
        defaults = values if trial.baseline else defaults
        trials.append(trial)
    return trials, defaults, further


def is_table(titles: Sequence[str]) -> bool:
    """Whether these are the columns of a table of ours."""
    return {"trial", "state", "value", "duration", "message"} <= set(titles)


def _trial(row: Mapping[str, str], further: Sequence[str], values: dict[str, Json], where: str) -> Trial:
    numbers = [float(row[title]) for title in further if row[title] != ""]
    baseline = row["baseline"] == "true"
    try:
        return Trial(
            number=int(row["trial"]),
            params={} if baseline else values,
            state=TrialState(row["state"]),
            baseline=baseline,
            value=_number(row["value"]),
            further=tuple(numbers),
            started=_number(row["start"]),
            ended=_number(row["end"]),
            reason=FailureReason(row["reason"]) if row["reason"] else None,
            message=None if row["message"] == "" else str(uncell(row["message"])),
            exit_code=int(row["exit_code"]) if row["exit_code"] else None,
            gpus=tuple(json.loads(row["gpus"] or "[]")),
            attempt=int(row["attempt"] or 1),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{where}: {error}", remedy="import what `annotate export --to csv` wrote"
        ) from error


def _facts(trial: Trial) -> dict[str, Json]:
    return {
        "trial": trial.number,
        "state": trial.state.value,
        "reason": trial.reason.value if trial.reason else None,
        "value": trial.value,
        "duration": trial.duration,
        "start": trial.started,
        "end": trial.ended,
        "attempt": trial.attempt,
        "baseline": trial.baseline,
        "exit_code": trial.exit_code,
        "gpus": list(trial.gpus),
        "message": trial.message,
    }


def _number(text: str) -> float | None:
    return float(text) if text else None


def _reads_as_json(text: str) -> bool:
    if text == "":
        return True
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
