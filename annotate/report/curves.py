"""Which learning curves a page holds, and how many points of each: enough to see all there is to see.

The best trials' curves are always there; of the others, as many as keep the page small, evenly over the study. A
long curve keeps the smallest and the largest value of every stretch, so that no spike is lost.

>>> thinned(range(1000), [0.0] * 500 + [9.0] + [0.0] * 499, most=10)[1].count(9.0)
1
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from annotate.report.subject import Subject
from annotate.trial import Trial, TrialState

BEST, OTHERS, POINTS = 50, 150, 200


@dataclass(frozen=True)
class Curve:
    """One metric of one trial. A value that is no finite number is None; `steps` are the numbers of the reports."""

    trial: int
    steps: tuple[int, ...]
    values: tuple[float | None, ...]


def chosen(subject: Subject) -> list[int]:
    """The numbers of the trials whose curves the page holds."""
    best = {trial.number for trial in subject.ranked[:BEST]}
    running = {t.number for t in subject.trials if t.state is TrialState.RUNNING}
    kept = best | running | {t.number for t in subject.trials if t.baseline}
    others = [t.number for t in subject.trials if t.number not in kept and _ran(t)]
    stride = -(-len(others) // OTHERS) if others else 1
    return sorted(kept | set(others[::stride]))


def metrics(subject: Subject) -> list[str]:
    """What the trials report on their way, `default` first."""
    names = dict.fromkeys(
        name
        for measurements in subject.curves.values()
        for m in measurements
        if not m.final
        for name in m.values
    )
    return sorted(names, key=lambda name: (name != "default", list(names).index(name)))


def curves(subject: Subject, metric: str) -> list[Curve]:
    """The curves of one metric, of trials that reported it on their way at all."""
    drawn = []
    for number, measurements in sorted(subject.curves.items()):
        reported = [(m.step, m.values[metric]) for m in measurements if not m.final and metric in m.values]
        if reported:
            steps, values = thinned([step for step, _ in reported], [value for _, value in reported], POINTS)
            drawn.append(Curve(number, steps, values))
    return drawn


def thinned(
    steps: Sequence[int], values: Sequence[float], most: int
) -> tuple[tuple[int, ...], tuple[float | None, ...]]:
    """At most `most` points, the first and the last among them, and both extremes of every stretch."""
    if len(values) <= most:
        kept = list(range(len(values)))
    else:
        stretches = max(1, (most - 2) // 2)
        edges = [round(i * len(values) / stretches) for i in range(stretches + 1)]
        picked = {0, len(values) - 1}
        for begin, end in pairwise(edges):
            finite = [i for i in range(begin, end) if math.isfinite(values[i])]
            if finite:
                picked |= {min(finite, key=values.__getitem__), max(finite, key=values.__getitem__)}
        kept = sorted(picked)
    return tuple(steps[i] for i in kept), tuple(
        float(values[i]) if math.isfinite(values[i]) else None for i in kept
    )


def longest(subject: Subject) -> int:
    """How many reports the trial with most of them made."""
    return max((sum(not m.final for m in each) for each in subject.curves.values()), default=0)


def _ran(trial: Trial) -> bool:
    return trial.started is not None
