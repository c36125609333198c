"""What `nnictl experiment export` writes: JSON or CSV, with or without `--intermediate`.

    [{"parameter": {"lr": 0.1}, "value": "0.93", "trialJobId": "kpItT", "intermediate": ["0.5", "0.93"]}, ...]

A value is a number, an object with `default`, or either of them as JSON text, as NNI's versions have had it.
In CSV the parameters are columns, the value is `reward` or the columns of the object. NNI exports only trials that
succeeded, and no times.
"""

from __future__ import annotations

import ast
import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from annotate.errors import UsageError
from annotate.trial import PLAIN_NUMBER, Json, Measurement, Trial, TrialState

_IDS = ("trialJobId", "id")
_REMEDY = "import what `nnictl experiment export` wrote"


def is_export(document: Json) -> bool:
    """Whether this JSON is NNI's."""
    return isinstance(document, list) and all(
        isinstance(entry, dict) and "parameter" in entry and "value" in entry for entry in document
    )


def is_table(titles: Sequence[str]) -> bool:
    """Whether these are the columns of NNI's CSV."""
    return any(name in titles for name in _IDS) and ("reward" in titles or PLAIN_NUMBER in titles)


def trials_of(document: Sequence[Mapping[str, Json]], name: str) -> list[Trial]:
    """The trials of NNI's JSON. Raises UsageError."""
    return [_trial(number, entry, f"{name}: entry {number}") for number, entry in enumerate(document)]


def trials_in_table(text: str, name: str) -> list[Trial]:
    """The trials of NNI's CSV; a column whose name no trial's object has beside `default` is a parameter."""
    reader = csv.DictReader(io.StringIO(text))
    result = "reward" if "reward" in (reader.fieldnames or ()) else PLAIN_NUMBER
    trials = []
    for number, row in enumerate(reader):
        where = f"{name}:{reader.line_num}"
        ids = {each: row.pop(each) for each in _IDS if each in row}
        reports = row.pop("intermediate", "")
        entry: dict[str, Json] = {**ids, "value": _cell(row.pop(result) or "")}
        entry["parameter"] = {key: _cell(value) for key, value in row.items() if value not in ("", None)}
        try:
            entry["intermediate"] = json.loads(reports) if reports else []
        except ValueError as error:
            raise UsageError(f"{where}: its reports are no list: {error}", remedy=_REMEDY) from error
        trials.append(_trial(number, entry, where))
    return trials


def _trial(number: int, entry: Mapping[str, Json], where: str) -> Trial:
    try:
        parameters = _plain(entry["parameter"])
        values = _values(entry["value"])
        reports = [_values(report) for report in entry.get("intermediate") or []]
    except (ValueError, TypeError, KeyError) as error:
        raise UsageError(f"{where}: {error}", remedy=_REMEDY) from error
    if not isinstance(parameters, dict):
        raise UsageError(f"{where}: its parameters are no object", remedy=_REMEDY)
    name = next((entry[each] for each in _IDS if each in entry), None)
    measurements = [Measurement(step, 0.0, report) for step, report in enumerate(reports)]
    return Trial(
        number=number,
        params=parameters,
        state=TrialState.SUCCEEDED,
        value=values[PLAIN_NUMBER],
        measurements=(*measurements, Measurement(len(reports), 0.0, values, final=True)),
        message=None if name is None else f"trial {name} of NNI",
    )


def _values(value: Json) -> dict[str, float]:
    plain = _plain(value)
    if isinstance(plain, Mapping):
        numbers = {str(key): float(each) for key, each in plain.items() if isinstance(each, int | float)}
        if PLAIN_NUMBER not in numbers:
            raise ValueError(f"{dict(plain)} has no {PLAIN_NUMBER!r}")
        return numbers
    return {PLAIN_NUMBER: float(plain)}


def _plain(value: Json) -> Any:
    """JSON that was written as text, once or twice."""
    while isinstance(value, str):
        value = json.loads(value)
    return value


def _cell(text: str) -> Json:
    """A cell as Python's csv writes values: numbers, True, [1, 2]; anything else is text."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
