"""What another study found out, as far as it holds here: points with their results, for the tuner to begin with.

>>> warm = learned(other_meta, other_trials, meta)
>>> len(warm.taken), warm.text
(18, '18 of 23 trials of 2026-11-21-0423-train taken: 3 have no result, 2 lie outside the space')

A trial is taken whose parameters all have a counterpart here that contains them (`annotate.study.matching`).
Refuses a study of another metric or direction: its numbers would mean something else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from annotate.errors import UsageError
from annotate.storage import StudyMeta
from annotate.study.matching import matched
from annotate.trial import Objective, Params, Taken, Trial, TrialState
from annotate_tuners.space import SearchSpace

_KNOWN = (TrialState.SUCCEEDED, TrialState.EARLY_STOPPED)


@dataclass(frozen=True)
class Warm:
    """What is taken, and one line for the user on how much that is."""

    taken: tuple[Taken, ...]
    text: str


def learned(there: StudyMeta, trials: Sequence[Trial], here: StudyMeta) -> Warm:
    """What `here` may take of the trials of `there`. Raises UsageError."""
    _refuse_another_metric(there, here)
    space = SearchSpace.from_json(here.space)
    keys = matched(there.space, here.names)
    wanted = len(here.objectives)
    taken: list[Taken] = []
    why: Counter[str] = Counter()
    for trial in trials:
        if trial.state not in _KNOWN or len(trial.values) != wanted:
            why["no result"] += 1
            continue
        params = {keys[key]: value for key, value in ran_with(trial, there).items() if key in keys}
        inactive = tuple(keys[key] for key in sorted(trial.unread) if key in keys)
        known = {*params, *inactive}
        lacking = [here.names.get(key, key) for key in space if key not in known]
        if lacking:
            why[f"no {lacking[0]}"] += 1
        elif any(not space[key].contains(value) for key, value in params.items()):
            why["outside"] += 1
        else:
            value, *further = trial.values
            taken.append(Taken(there.study, trial.number, params, value, tuple(further), inactive))
    return Warm(tuple(taken), _told(there, here, len(trials), len(taken), why))


def ran_with(trial: Trial, meta: StudyMeta) -> Params:
    """What a trial ran with: the baseline with the literals of the source, another without what it never read."""
    if not trial.baseline:
        return trial.active
    return meta.defaults if meta.baseline_defaults is None else meta.baseline_defaults


def _refuse_another_metric(there: StudyMeta, here: StudyMeta) -> None:
    theirs, ours = (
        [(objective.key, objective.direction) for objective in meta.objectives] for meta in (there, here)
    )
    if theirs != ours:
        raise UsageError(
            f"--from {there.study}: it is to {_goals(there.objectives)}, and this study is to {_goals(here.objectives)}",
            remedy="leave it out, or give this study the same --metric or direction",
        )


def _goals(objectives: Sequence[Objective]) -> str:
    return " and ".join(f"{objective.direction} {objective.name}" for objective in objectives)


def _told(there: StudyMeta, here: StudyMeta, of: int, taken: int, why: Mapping[str, int]) -> str:
    reasons = [_reason(reason, count) for reason, count in why.items()]
    text = f"{taken} of {of} trials of {there.study} taken" + (f": {', '.join(reasons)}" if reasons else "")
    if there.metric != here.metric:
        text += f"; its {there.metric} is taken for {here.metric} here"
    return text


def _reason(reason: str, count: int) -> str:
    have = "has" if count == 1 else "have"
    if reason == "outside":
        return f"{count} {'lies' if count == 1 else 'lie'} outside the space"
    return f"{count} {have} {reason}"
