"""The trials that no other one beats: of several metrics, each is a best compromise in its own way.

>>> front([(0.9, 10.0), (0.8, 5.0), (0.7, 7.0)], ["maximize", "minimize"])
[0, 1]
"""

from __future__ import annotations

from collections.abc import Sequence

from annotate.report.subject import Subject
from annotate.trial import Direction, TrialState


def front(results: Sequence[Sequence[float]], directions: Sequence[Direction]) -> list[int]:
    """Which results are not dominated: none is as good in all metrics and better in one. Equal ones all count."""
    losses = [
        tuple(
            -value if direction == "maximize" else value
            for value, direction in zip(result, directions, strict=True)
        )
        for result in results
    ]
    kept: list[int] = []
    for index in sorted(range(len(losses)), key=losses.__getitem__):
        # Whatever dominates a result comes before it, and something of the front dominates it too.
        if not any(_dominates(losses[other], losses[index]) for other in kept):
            kept.append(index)
    return sorted(kept)


def front_of(subject: Subject) -> list[int]:
    """The places, in the study's list, of the succeeded trials on the front; none where there is one metric."""
    objectives = subject.meta.objectives
    if len(objectives) < 2:
        return []
    whole = [
        (index, trial.values)
        for index, trial in enumerate(subject.trials)
        if trial.state is TrialState.SUCCEEDED and len(trial.values) == len(objectives)
    ]
    kept = front([values for _, values in whole], [objective.direction for objective in objectives])
    return [whole[place][0] for place in kept]


def _dominates(one: Sequence[float], other: Sequence[float]) -> bool:
    return one != other and all(mine <= theirs for mine, theirs in zip(one, other, strict=True))
