"""Which trials are best when there are several metrics: those that no other beats in all of them.

One trial dominates another where it is no worse in any metric and better in one. The *front* is what none
dominates, rank 0; without it the next front is rank 1, and so on. With one metric a rank is a place. Only
trials that succeeded count.

>>> ranks([(1.0, 9.0), (2.0, 3.0), (2.0, 9.0)])
[0, 0, 1]

With two metrics ranking takes n log n steps; with more it is the efficient non-dominated sort of Zhang, Tian,
Cheng and Jin, IEEE Transactions on Evolutionary Computation 19(2), 2015, and of more than `MANY` points only
the front is told from the rest.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from annotate.trial import Objective, Trial, TrialState

MANY = 2000
Losses: TypeAlias = tuple[float, ...]


def front(trials: Iterable[Trial], objectives: Sequence[Objective]) -> list[Trial]:
    """The best trials, the best in the first metric first; with one metric, those with the best value."""
    placed = _placed(trials, objectives)
    best = set(_front([losses for losses, _ in placed]))
    return [trial for losses, trial in placed if losses in best]


def ranked(trials: Iterable[Trial], objectives: Sequence[Objective]) -> list[Trial]:
    """The trials by rank, then the best in the first metric first, then the earlier first."""
    placed = _placed(trials, objectives)
    order = ranks([losses for losses, _ in placed])
    return [placed[at][1] for at in sorted(range(len(placed)), key=lambda at: (order[at], at))]


def best(trials: Iterable[Trial], objectives: Sequence[Objective]) -> Trial | None:
    """The best trial; of a front, the one that is nearest to the best of each metric."""
    found = front(trials, objectives)
    return found[nearest([losses_of(trial, objectives) for trial in found])] if found else None


def losses_of(trial: Trial, objectives: Sequence[Objective]) -> Losses:
    """What a trial reached, turned so that small is good; empty where it lacks a metric."""
    if len(trial.values) != len(objectives):
        return ()
    return tuple(each.loss(value) for each, value in zip(objectives, trial.values, strict=True))


def dominates(one: Losses, other: Losses) -> bool:
    """Whether one is no worse than the other in anything, and better in something."""
    return one != other and all(a <= b for a, b in zip(one, other, strict=True))


def nearest(points: Sequence[Losses]) -> int:
    """Which of these is nearest to the best of each metric, each metric taken from its best 0 to its worst 1."""
    lows = [min(values) for values in zip(*points, strict=True)]
    spans = [max(values) - min(values) or 1.0 for values in zip(*points, strict=True)]

    def distance(at: int) -> float:
        return math.hypot(*((x - low) / span for x, low, span in zip(points[at], lows, spans, strict=True)))

    return min(range(len(points)), key=lambda at: (distance(at), at))


def ranks(points: Sequence[Losses]) -> list[int]:
    """The rank of each point; equal points have equal ranks."""
    ordered = sorted(set(points))
    metrics = len(ordered[0]) if ordered else 1
    if metrics == 1:
        rank = {point: at for at, point in enumerate(ordered)}
    elif metrics == 2:
        rank = _ranks_of_two(ordered)
    elif len(ordered) <= MANY:
        rank = _ranks_of_many(ordered)
    else:
        rank = dict.fromkeys(ordered, 1) | dict.fromkeys(_front(ordered), 0)
    return [rank[point] for point in points]


def _front(ordered: Sequence[Losses]) -> list[Losses]:
    """Those that none dominates; in order, none is dominated by a later one."""
    found: list[Losses] = []
    for point in ordered:
        if not any(dominates(other, point) for other in reversed(found)):
            found.append(point)
    return found


def _ranks_of_two(ordered: Sequence[Losses]) -> dict[Losses, int]:
    least: list[float] = []  # of each front, its smallest second loss; it grows from front to front
    rank = {}
    for point in ordered:
        at = rank[point] = bisect_right(least, point[1])
        least[at : at + 1] = [point[1]]
    return rank


def _ranks_of_many(ordered: Sequence[Losses]) -> dict[Losses, int]:
    fronts: list[list[Losses]] = []
    rank = {}
    for point in ordered:
        low, high = 0, len(fronts)
        while low < high:  # what a front dominates, all fronts before it dominate
            middle = (low + high) // 2
            if any(dominates(other, point) for other in reversed(fronts[middle])):
                low = middle + 1
            else:
                high = middle
        rank[point] = low
        fronts[low:low] = [[]] if low == len(fronts) else []
        fronts[low].append(point)
    return rank


def _placed(trials: Iterable[Trial], objectives: Sequence[Objective]) -> list[tuple[Losses, Trial]]:
    """The trials that count, in order of their losses and number: none is dominated by a later one."""
    placed = [
        (losses, trial)
        for trial in trials
        if trial.state is TrialState.SUCCEEDED and (losses := losses_of(trial, objectives))
    ]
    return sorted(placed, key=lambda entry: (entry[0], entry[1].number))
