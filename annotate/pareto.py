"""Which trials are best when there are several metrics: those that no other beats in all of them.

>>> [trial.number for trial in front(trials, meta.objectives)]
[7, 3, 12]

Only trials that succeeded count. `annotate_tuners.fronts` says what a front and a rank are; with one metric
the front is the best value, and a rank a place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import mul
from typing import TypeAlias

from annotate.trial import Objective, Trial, TrialState
from annotate_tuners.fronts import Losses, first_front, nearest, ranks

Placed: TypeAlias = tuple[Losses, int, Trial]
"""A trial that counts, after its losses and its number, by which it is sorted."""


def front(trials: Iterable[Trial], objectives: Sequence[Objective]) -> list[Trial]:
    """The best trials, the best in the first metric first; with one metric, those with the best value."""
    entries = placed(trials, objectives)
    best = set(first_front([losses for losses, _, _ in entries]))
    return [trial for losses, _, trial in entries if losses in best]


def ranked(trials: Iterable[Trial], objectives: Sequence[Objective]) -> list[Trial]:
    """The trials by rank, then the best in the first metric first, then the earlier first."""
    return by_rank(placed(trials, objectives))


def by_rank(entries: Sequence[Placed]) -> list[Trial]:
    """The same of trials that are placed already."""
    order = ranks([losses for losses, _, _ in entries])
    return [entries[at][2] for at in sorted(range(len(entries)), key=order.__getitem__)]


def rank_of(trials: Iterable[Trial], objectives: Sequence[Objective]) -> dict[int, int]:
    """The rank of each trial that counts, by its number; 0 on the front."""
    entries = placed(trials, objectives)
    found = ranks([losses for losses, _, _ in entries])
    return {number: rank for (_, number, _), rank in zip(entries, found, strict=True)}


def best(trials: Iterable[Trial], objectives: Sequence[Objective]) -> Trial | None:
    """The best trial; of a front, the one that is nearest to the best of each metric."""
    if len(objectives) == 1:
        done = [t for t in trials if t.state is TrialState.SUCCEEDED and t.value is not None]
        return min(done, key=lambda t: (losses_of(t, objectives), t.number), default=None)
    found = front(trials, objectives)
    return found[nearest([losses_of(trial, objectives) for trial in found])] if found else None


def losses_of(trial: Trial, objectives: Sequence[Objective]) -> Losses:
    """What a trial reached, turned so that small is good; empty where it lacks a metric."""
    if len(trial.values) != len(objectives):
        return ()
    return tuple(each.loss(value) for each, value in zip(objectives, trial.values, strict=True))


def placed(trials: Iterable[Trial], objectives: Sequence[Objective]) -> list[Placed]:
    """The trials that count, in order of their losses and number: none is dominated by a later one."""
    signs, further = [objective.loss(1.0) for objective in objectives], len(objectives) - 1
    return sorted(
        (tuple(map(mul, signs, (t.value, *t.further))), t.number, t)
        for t in trials
        if t.state is TrialState.SUCCEEDED and t.value is not None and len(t.further) == further
    )
