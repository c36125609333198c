"""The columns of the tables of trials."""

from __future__ import annotations

import math

from rich.style import Style

from annotate.screen import charts
from annotate.screen.facts import Facts, intermediates
from annotate.screen.paint import (
    ACTIVE,
    BAD,
    BASELINE,
    BEST,
    DIM,
    GLYPHS,
    GOOD,
    PLAIN,
)
from annotate.screen.table import Column, parameter_columns
from annotate.screen.words import clean, fit, number, seconds, size, took
from annotate.study.snapshot import StudySnapshot
from annotate.trial import Objective, Trial


def running_columns(snapshot: StudySnapshot, trials: list[Trial], width: int) -> list[Column]:
    """The running trials: time, GPU, step, last metric and its sparkline."""
    last = [next(reversed(t.measurements), None) for t in trials]
    reached = [next(reversed(intermediates(t)), None) for t in trials]
    spark = 6 if width < 100 else 10 if width < 140 else 16
    columns = [
        Column("", [(f"▸ {t.number}", ACTIVE) for t in trials]),
        Column(
            "time", [(seconds(snapshot.now - (t.started or snapshot.now)), PLAIN) for t in trials], right=True
        ),
    ]
    if any(t.gpus for t in trials):
        columns.append(Column("gpu", [(fit(clean(",".join(t.gpus)), 7), PLAIN) for t in trials], right=True))
    columns += _memory(snapshot, trials, width)
    columns += [
        Column("step", [(str(m.step) if m else "–", PLAIN if m else DIM) for m in reached], right=True),
        *(
            Column(
                _title(each), [_metric(m.values.get(each.key)) if m else ("–", DIM) for m in last], right=True
            )
            for each in snapshot.objectives
        ),
        Column("", [(_sparkline(t, snapshot.objectives[0].key, spark), GOOD) for t in trials]),
    ]
    return columns + parameter_columns(trials, snapshot)


def _memory(snapshot: StudySnapshot, trials: list[Trial], width: int) -> list[Column]:
    """What each takes of the machine's memory and of its GPUs', where that is known; on a narrow screen the scarcer, or none."""
    taken = [snapshot.machine.trials.get(trial.number) for trial in trials]
    host = Column("mem", [(size(m.host), PLAIN) if m else ("–", DIM) for m in taken], right=True)
    gpu = Column(
        "gpu mem",
        [(size(m.gpu), PLAIN) if m and m.gpu is not None else ("–", DIM) for m in taken],
        right=True,
    )
    columns = [each for each in (host, gpu) if any(text != "–" for text, _ in each.cells)]
    return columns if width >= 90 else columns[-1:]


def _bytes(count: int | None) -> tuple[str, Style]:
    """Always of one width, for the same reason as a sparkline."""
    return ("    –", DIM) if count is None else (f"{size(count):>5}", PLAIN)


def _sparkline(trial: Trial, key: str, width: int) -> str:
    """Always of one width, so that the columns beside it stand still."""
    values = [measurement.values.get(key, math.nan) for measurement in intermediates(trial)]
    return charts.sparkline(values, width).ljust(width)


def finished_columns(snapshot: StudySnapshot, known: Facts, trials: list[Trial]) -> list[Column]:
    """Finished and waiting trials: state, value, time, parameters or what went wrong."""
    numbers = []
    for trial in trials:
        glyph, style = ("★", BEST) if trial.number in known.on_front else GLYPHS[trial.state]
        numbers.append((f"{glyph} {trial.number}", style))
    columns = [
        Column("", numbers),
        Column(
            "time",
            [(took(t.duration) if t.duration is not None else "–", PLAIN) for t in trials],
            right=True,
        ),
        *(
            Column(_title(each), [_value(t, at, known) for t in trials], right=True)
            for at, each in enumerate(snapshot.objectives)
        ),
    ]
    return columns + parameter_columns(trials, snapshot)


def _title(objective: Objective) -> str:
    return fit(clean(objective.name), 12)


def _value(trial: Trial, at: int, known: Facts) -> tuple[str, Style]:
    """What a trial reached of a metric; the first of them says why it reached nothing."""
    if at >= len(trial.values):
        return (trial.reason.value, BAD) if trial.reason and at == 0 else ("–", DIM)
    best = trial.number in known.on_front
    return number(trial.values[at]), BEST if best else BASELINE if trial.baseline else PLAIN


def _metric(value: float | None) -> tuple[str, Style]:
    return ("–", DIM) if value is None else (number(value), PLAIN if math.isfinite(value) else BAD)
