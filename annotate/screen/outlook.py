"""How long a study has run, what of its budget is used, and when it will be done."""

from __future__ import annotations

from annotate.screen.facts import Facts, running
from annotate.study.snapshot import StudySnapshot
from annotate.trial import TrialState


def counted(known: Facts) -> int:
    """Trials that used up the budget: a failed one does not."""
    return known.counts[TrialState.SUCCEEDED] + known.counts[TrialState.EARLY_STOPPED]


def elapsed(snapshot: StudySnapshot) -> float:
    """Seconds that the study has run: the time between two sessions of a resumed one does not count."""
    return snapshot.elapsed or snapshot.now - snapshot.started


def seconds_left(snapshot: StudySnapshot, known: Facts) -> float | None:
    """An estimate of the seconds until the study ends; None where nothing tells."""
    limits: list[float] = []
    if snapshot.budget_seconds is not None:
        limits.append(snapshot.budget_seconds - elapsed(snapshot))
    ages = [snapshot.now - (trial.started or snapshot.now) for trial in running(snapshot)]
    held_up = snapshot.waiting and not ages  # until others leave a GPU, which nobody knows
    if snapshot.budget_trials is not None and known.typical is not None and not held_up:
        under_way = [max(known.typical - age, 0.1 * known.typical) for age in ages]
        left = max(0, snapshot.budget_trials - counted(known) - len(under_way))
        at_once = len(under_way) if snapshot.waiting else snapshot.jobs  # no slot for more
        jobs = max(1, min(at_once, left + len(under_way)))
        limits.append(max([(sum(under_way) + left * known.typical) / jobs, *under_way]))
    return max(0.0, min(limits)) if limits else None
