"""Trials as rows: what `show`, `top`, `best`, `compare` and the exported table say of one, and which is best."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from annotate.cli.output import seconds

if TYPE_CHECKING:
    from annotate.storage import StudyMeta
    from annotate.trial import Trial

_COLUMNS = frozenset({"trial", "state", "value", "duration", "start", "end"})


def best_of(trials: list[Trial], meta: StudyMeta) -> Trial | None:
    """The best of the succeeded trials, None when there is none."""
    return next(iter(ranked(trials, meta)), None)


def ranked(trials: list[Trial], meta: StudyMeta) -> list[Trial]:
    """The succeeded trials, the best first, the earlier of two equal ones first."""
    from annotate.trial import TrialState

    sign = -1.0 if meta.direction == "maximize" else 1.0
    done = [
        (sign * t.value, t.number, t)
        for t in trials
        if t.state is TrialState.SUCCEEDED and t.value is not None
    ]
    return [trial for _, _, trial in sorted(done, key=lambda entry: entry[:2])]


def row_of(trial: Trial, meta: StudyMeta) -> dict[str, Any]:
    """The trial as a row of `show`: its parameters under their short names."""
    from annotate.export.record import values_of

    row = {
        "trial": trial.number,
        "state": state_of(trial),
        "value": trial.value,
        "duration": seconds(trial.duration),
    }
    values = values_of(trial, meta)
    for key in meta.space:
        name = meta.names.get(key, key)
        row[name if name not in _COLUMNS else key] = values.get(key)
    return row


def state_of(trial: Trial) -> str:
    return f"{trial.state.value} ({trial.reason.value})" if trial.reason else trial.state.value


def facts_of(trial: Trial, meta: StudyMeta) -> dict[str, Any]:
    """All that is known of one trial."""
    from annotate.export.documents import finite

    last = trial.measurements[-1] if trial.measurements else None
    return {
        **row_of(trial, meta),
        "baseline": trial.baseline,
        "reports": len(trial.measurements),
        "last report": {k: finite(v) for k, v in last.values.items()} if last else None,
        "exit code": trial.exit_code,
        "message": trial.message,
        "gpus": list(trial.gpus) or None,
    }
