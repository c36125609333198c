"""Trials and measurements as rows, and rows as trials and measurements. Exact both ways.

A number that SQLite or plain JSON cannot hold (NaN is NULL to SQLite) travels as Python's JSON writes it.
"""

from __future__ import annotations

import json
import math
from typing import Any, TypeAlias

from annotate.trial import FailureReason, Measurement, Trial, TrialState

Row: TypeAlias = tuple[Any, ...]

TRIAL_COLUMNS = (
    "number", "params", "state", "baseline", "value", "started", "ended", "reason",
    "message", "exit_code", "gpus", "pid", "attempt", "alone",
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
        trial.message,
        trial.exit_code,
        json.dumps(list(trial.gpus)),
        trial.pid,
        trial.attempt,
        int(trial.alone),
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
        measurements=measurements,
    )


def measurement_row(measurement: Measurement) -> Row:
    """The row of a measurement, in the order of `MEASUREMENT_COLUMNS`."""
    values = measurement.values
    default = values.get("default")
    plain = len(values) == 1 and default is not None and math.isfinite(default)
    return (
        measurement.step,
        measurement.time,
        int(measurement.final),
        None if default is None or math.isnan(default) else float(default),
        None if plain else json.dumps(dict(values)),
    )


def measurement_of(row: Row) -> Measurement:
    """The measurement of a row."""
    step, time, final, value, all_values = row
    values = {"default": value} if all_values is None else json.loads(all_values)
    return Measurement(step=step, time=time, values=values, final=bool(final))
