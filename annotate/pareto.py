"""Which trials are best when there are several metrics: those that no other beats in all of them.

>>> [trial.number for trial in front(trials, meta.objectives)]
[7, 3, 12]

Only trials that succeeded count. `annotate_tuners.fronts` says what a front and a rank are; with one metric
the front is the best value, and a rank a place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from annotate.trial import Objective, Trial, TrialState
from annotate_tuners.fronts import Losses, first_front, nearest, ranks


def front(trials: Iterable[Trial], objectives: Sequence[Objective]) -> list[Trial]:
    """The best trials, the best in the first metric first; with one metric, those with the best value."""
    placed = _placed(trials, objectives)
    best = set(first_front([losses for losses, _ in placed]))
    return [trial for losses, trial in placed if losses in best]


def ranked(trials: Iterable[Trial], objectives: Sequence[Objective]) -> list[Trial]:
    """The trials by rank, then the best in the first metric first, then the earlier first."""
    placed = _placed(trials, objectives)
    order = ranks([losses for losses, _ in placed])
    return [placed[at][1] for at in sorted(range(len(placed)), key=lambda at: (order[at], at))]


def rank_of(trials: Iterable[Trial], objectives: Sequence[Objective]) -> dict[int, int]:
    """The rank of each trial that counts, by its number; 0 on the front."""
    placed = _placed(trials, objectives)
    found = ranks([losses for losses, _ in placed])
    return {trial.number: rank for (_, trial), rank in zip(placed, found, strict=True)}


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


def _placed(trials: Iterable[Trial], objectives: Sequence[Objective]) -> list[tuple[Losses, Trial]]:
    """The trials that count, in order of their losses and number: none is dominated by a later one."""
    placed = [
        (losses, trial)
        for trial in trials
        if trial.state is TrialState.SUCCEEDED and (losses := losses_of(trial, objectives))
    ]
    return sorted(placed, key=lambda entry: (entry[0], entry[1].number))
