"""Trials as rows: what `show`, `top`, `best`, `compare` and the exported table say of one, and which is best."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from annotate.cli.output import Difference, Seconds

if TYPE_CHECKING:
    from annotate.storage import StudyMeta
    from annotate.trial import Trial

_COLUMNS = frozenset({"trial", "state", "value", "duration", "start", "end"})


def best_of(trials: list[Trial], meta: StudyMeta) -> Trial | None:
    """The best of the succeeded trials, None when there is none; of a front, the one in its middle."""
    from annotate import pareto

    return pareto.best(trials, meta.objectives)


def ranked(trials: list[Trial], meta: StudyMeta) -> list[Trial]:
    """The succeeded trials, the best first, the earlier of two equal ones first; with several metrics, by rank."""
    from annotate import pareto

    return pareto.ranked(trials, meta.objectives)


def front_of(trials: list[Trial], meta: StudyMeta) -> list[Trial]:
    """The trials that none beats in every metric, the best in the first one first."""
    from annotate import pareto

    return pareto.front(trials, meta.objectives)


def row_of(trial: Trial, meta: StudyMeta, base: Trial | None) -> dict[str, Any]:
    """The trial as a row of `show`: its gain over the baseline, where there is one; parameters by their short names."""
    from annotate.export.record import values_of

    row = {
        "trial": trial.number,
        "state": state_of(trial),
        **reached(trial, meta),
        **({} if base is None else gained(trial, meta, base)),
        "duration": None if trial.duration is None else Seconds(round(trial.duration, 3)),
    }
    values, taken = values_of(trial, meta), _COLUMNS | row.keys()
    for key in meta.space:
        name = meta.names.get(key, key)
        row[name if name not in taken else key] = values.get(key)
    return row


def reached(trial: Trial, meta: StudyMeta) -> dict[str, float | None]:
    """What it reached: its `value`, or each of several metrics under its name."""
    if len(meta.objectives) == 1:
        return {"value": trial.value}
    values = dict(enumerate(trial.values))
    names = [each.name if each.name not in _COLUMNS else f"metric {each.name}" for each in meta.objectives]
    return {name: values.get(at) for at, name in enumerate(names)}


def gained(trial: Trial, meta: StudyMeta, base: Trial) -> dict[str, Difference | None]:
    """Its `gain` over the baseline, or that in each of several metrics; more is better, whatever the direction."""
    from annotate.screen.gain import gains
    from annotate.trial import TrialState

    # The last report of a trial that was stopped early says nothing beside a result.
    counts = trial.state is TrialState.SUCCEEDED and not trial.baseline
    won = [Difference(each.absolute) for each in gains(meta.objectives, trial, base)] if counts else []
    if len(meta.objectives) == 1:
        return {"gain": won[0] if won else None}
    return {f"{each.name} gain": won[at] if won else None for at, each in enumerate(meta.objectives)}


def state_of(trial: Trial) -> str:
    return f"{trial.state.value} ({trial.reason.value})" if trial.reason else trial.state.value


def facts_of(trial: Trial, meta: StudyMeta, base: Trial | None) -> dict[str, Any]:
    """All that is known of one trial."""
    from annotate.export.documents import finite

    last = trial.measurements[-1] if trial.measurements else None
    return {
        **row_of(trial, meta, base),
        "baseline": trial.baseline,
        "reports": len(trial.measurements),
        "last report": {k: finite(v) for k, v in last.values.items()} if last else None,
        "exit code": trial.exit_code,
        "message": trial.message,
        "gpus": list(trial.gpus) or None,
    }
