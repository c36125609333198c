"""Trials and measurements as rows, and rows as trials and measurements. Exact both ways.

A number that SQLite or plain JSON cannot hold (NaN is NULL to SQLite) travels as Python's JSON writes it.
"""

from __future__ import annotations

import json
import math
from typing import Any, TypeAlias

from annotate.trial import PLAIN_NUMBER, FailureReason, Measurement, Taken, Trial, TrialState

Row: TypeAlias = tuple[Any, ...]

TRIAL_COLUMNS = (
    "number", "params", "state", "baseline", "value", "started", "ended", "reason",
    "message", "exit_code", "gpus", "pid", "attempt", "alone", "further",
)  # fmt: skip
MEASUREMENT_COLUMNS = ("step", "time", "final", "value", "all_values")


def trial_row(trial: Trial) -> Row:
    """The row of a trial, in the order of `TRIAL_COLUMNS`; its measurements are rows of their own."""
    return (
        trial.number,
        json.dumps(dict(trial.params)),
        trial.state.value,
        int(trial.baseline),
        trial.value,
        trial.started,
        trial.ended,
        trial.reason and trial.reason.value,
        trial.message and trial.message.encode(errors="replace").decode(),
        trial.exit_code,
        json.dumps(list(trial.gpus)),
        trial.pid,
        trial.attempt,
        int(trial.alone),
        json.dumps(list(trial.further)) if trial.further else None,
    )


def trial_of(row: Row, measurements: tuple[Measurement, ...] = ()) -> Trial:
    """The trial of a row."""
    return Trial(
        number=row[0],
        params=json.loads(row[1]),
        state=TrialState(row[2]),
        baseline=bool(row[3]),
        value=row[4],
        started=row[5],
        ended=row[6],
        reason=FailureReason(row[7]) if row[7] is not None else None,
        message=row[8],
        exit_code=row[9],
        gpus=tuple(json.loads(row[10])) if row[10] != "[]" else (),
        pid=row[11],
        attempt=row[12],
        alone=bool(row[13]),
        further=tuple(json.loads(row[14])) if row[14] is not None else (),
        measurements=measurements,
    )


def taken_row(taken: Taken) -> Row:
    """The row of a trial of another study, without the number that it has in this one."""
    return (
        taken.study,
        taken.trial,
        json.dumps(dict(taken.params)),
        json.dumps(list(taken.inactive)),
        taken.value,
        json.dumps(list(taken.further)) if taken.further else None,
    )


def taken_of(row: Row) -> Taken:
    """The trial of such a row."""
    study, trial, params, inactive, value, further = row
    return Taken(
        study=study,
        trial=trial,
        params=json.loads(params),
        inactive=tuple(json.loads(inactive)),
        value=value,
        further=tuple(json.loads(further)) if further is not None else (),
    )


def measurement_row(measurement: Measurement, metric: str = PLAIN_NUMBER) -> Row:
    """The row of a measurement, in the order of `MEASUREMENT_COLUMNS`; `metric` is the first objective's key."""
    values = measurement.values
    first = values.get(metric)
    plain = values.keys() == {PLAIN_NUMBER} == {metric} and first is not None and math.isfinite(first)
    return (
        measurement.step,
        measurement.time,
        int(measurement.final),
        None if first is None or math.isnan(first) else float(first),
        None if plain else json.dumps(dict(values)),
    )


def measurement_of(row: Row) -> Measurement:
    """The measurement of a row."""
    step, time, final, value, all_values = row
    values = {PLAIN_NUMBER: value} if all_values is None else json.loads(all_values)
    return Measurement(step=step, time=time, values=values, final=bool(final))
