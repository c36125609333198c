"""What the page's charts and table are drawn from, as JSON: plain columns, one entry for each trial.

Python decides what is drawn (ranks, axes, lanes, which curves), the page only draws it. NaN and infinity are null.

>>> payload(subject, importance)["trials"]["value"]
[0.5, 0.75, null]
"""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

from annotate.report.axes import Axis
from annotate.report.curves import Curve, curves, metrics
from annotate.report.fanova import Importance, Outcome
from annotate.report.subject import Subject
from annotate.report.timeline import MOST, lanes, timeline
from annotate.report.words import parameter
from annotate.trial import Json, TrialState


def payload(subject: Subject, axes: tuple[Axis, ...], outcome: Outcome) -> dict[str, Json]:
    """The document that the page's scripts read."""
    meta = subject.meta
    bars = timeline(subject.trials, subject.until)
    return {
        "study": meta.study,
        "metric": meta.metric,
        "direction": meta.direction,
        "objectives": [[each.name, each.direction] for each in meta.objectives],
        "front": [_index(subject, trial.number) for trial in subject.front],
        "states": [state.value for state in TrialState],
        "names": [subject.name(key) for key in meta.space],
        "defaults": [
            parameter(subject.defaults_then[key]) if key in subject.defaults_then else None
            for key in meta.space
        ],
        "trials": _columns(subject),
        "ranked": _ranked(subject),
        "best": _index(subject, subject.best.number) if subject.best else None,
        "baseline": _index(subject, subject.baseline.number) if subject.baseline else None,
        "axes": [_axis(axis) for axis in axes],
        "curves": {
            metric: [_curve(subject, c) for c in curves(subject, metric)] for metric in metrics(subject)
        },
        "lanes": lanes(bars),
        "bars": [[bar.trial, bar.lane, _rounded(bar.start, 3), _rounded(bar.end, 3)] for bar in bars[-MOST:]],
        "began": subject.meta.created,
        "offset": _offset(subject.now),
        "importance": _importance(outcome),
        "reload": subject.reload,
    }


def _columns(subject: Subject) -> dict[str, Json]:
    trials, states = subject.trials, {state: number for number, state in enumerate(TrialState)}
    messages: dict[str, int] = {}
    columns: dict[str, Json] = {
        "number": [trial.number for trial in trials],
        "state": [states[trial.state] for trial in trials],
        "reason": [trial.reason.value if trial.reason else None for trial in trials],
        "value": [_finite(trial.value) for trial in trials],
        "further": [list(trial.further) or None for trial in trials],
        "started": [_rounded(trial.started, 3) for trial in trials],
        "seconds": [_rounded(_seconds(trial.started, trial.ended, subject.until), 3) for trial in trials],
        "gpus": [",".join(trial.gpus) for trial in trials],
        "message": [
            None if not trial.message else messages.setdefault(trial.message, len(messages))
            for trial in trials
        ],
        "params": [
            [_shown(values[key]) if key in values else None for key in subject.meta.space]
            for values in map(subject.values, trials)
        ],
    }
    columns["messages"] = list(messages)
    return columns


def _shown(value: Json) -> Json:
    """A number to sort by, a text for anything else."""
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return value
    return parameter(value)


def _ranked(subject: Subject) -> list[int]:
    order = {trial.number: index for index, trial in enumerate(subject.trials)}
    return [order[trial.number] for trial in subject.ranked]


def _axis(axis: Axis) -> dict[str, Json]:
    return {
        "name": axis.name,
        "kind": axis.kind,
        "low": axis.low,
        "high": axis.high,
        "options": list(axis.options),
        "whole": axis.whole,
        "places": [None if place is None else float(f"{place:.6g}") for place in axis.places],
    }


def _curve(subject: Subject, curve: Curve) -> list[Any]:
    values = [None if value is None else float(f"{value:.6g}") for value in curve.values]
    return [_index(subject, curve.trial), list(curve.steps), values]


def _importance(outcome: Outcome) -> Json:
    if not isinstance(outcome, Importance):
        return None
    return {
        "names": [share.name for share in outcome.shares],
        "means": [_rounded(share.mean, 4) for share in outcome.shares],
        "spreads": [_rounded(share.spread, 4) for share in outcome.shares],
        "chance": _rounded(outcome.chance.mean + outcome.chance.spread, 4),
    }


def _index(subject: Subject, number: int) -> int:
    numbers = subject.trials
    if number < len(numbers) and numbers[number].number == number:
        return number
    return next(index for index, trial in enumerate(numbers) if trial.number == number)


def _seconds(started: float | None, ended: float | None, now: float) -> float | None:
    return None if started is None else max(0.0, (now if ended is None else ended) - started)


def _offset(at: float) -> float:
    """Seconds by which this machine's clock is ahead of UTC."""
    offset = dt.datetime.fromtimestamp(at).astimezone().utcoffset()
    return offset.total_seconds() if offset else 0.0


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None or not math.isfinite(value) else round(value, digits)
