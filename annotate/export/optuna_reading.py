"""A study of an Optuna storage: its distributions as a space, its trials as ours.

A study that `annotate export --to optuna` wrote comes back with its numbers, states and reasons.
"""

from __future__ import annotations

import dataclasses
import difflib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotate.annotations.names import short_names
from annotate.errors import UsageError
from annotate.export.databases import refuse_foreign
from annotate.export.extras import need
from annotate.export.optuna import JOURNALS, NUMBER, storage_at, url_of
from annotate.export.record import StudyRecord
from annotate.storage import StudyMeta
from annotate.trial import PLAIN_NUMBER, FailureReason, Json, Measurement, Objective, Trial, TrialState

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.storages import BaseStorage
    from optuna.trial import FrozenTrial

_STATES = {
    "COMPLETE": TrialState.SUCCEEDED,
    "PRUNED": TrialState.EARLY_STOPPED,
    "FAIL": TrialState.FAILED,
    "RUNNING": TrialState.RUNNING,
    "WAITING": TrialState.QUEUED,
}


def read_study(source: str, name: str | None, *, now: float) -> StudyRecord:
    """The study called `name`, or the only one there. Raises UsageError."""
    need("optuna", extra="optuna", purpose="an Optuna storage")
    is_journal = "://" not in source and Path(source).suffix in JOURNALS
    if not is_journal and not refuse_foreign(url_of(source), mark="version_info", tool="Optuna"):
        raise UsageError(f"there is no Optuna storage {source}")
    with storage_at(source) as storage:
        return _read(storage, source, name, now)


def _read(storage: BaseStorage, source: str, name: str | None, now: float) -> StudyRecord:
    studies = {study.study_name: study for study in storage.get_all_studies()}
    if not studies:
        raise UsageError(f"{source} holds no Optuna study")
    if name is None and len(studies) > 1:
        raise UsageError(
            f"{source} holds {len(studies)} studies", remedy=f"--study one of {', '.join(studies)}"
        )
    if name is not None and name not in studies:
        near = difflib.get_close_matches(name, studies, 1)
        raise UsageError(
            f"{source} holds no study {name!r}",
            remedy=f"did you mean {near[0]}?" if near else ", ".join(studies),
        )
    study = studies[name] if name is not None else next(iter(studies.values()))
    found = storage.get_all_trials(study._study_id)  # noqa: SLF001 - a summary has no other id
    space = _space(found)
    called = study.system_attrs.get("study:metric_names") or []
    names = [*called, *(f"value {n}" if n else "value" for n in range(len(called), len(study.directions)))]
    objectives = [
        Objective(
            PLAIN_NUMBER if place == 0 else each, "maximize" if d.name == "MAXIMIZE" else "minimize", each
        )
        for place, (each, d) in enumerate(zip(names, study.directions, strict=True))
    ]
    numbers = [int(trial.user_attrs.get(NUMBER, -1)) for trial in found]
    ours = len(set(numbers)) == len(numbers) and -1 not in numbers
    began = min((t.datetime_start.timestamp() for t in found if t.datetime_start is not None), default=now)
    script = Path(str(study.user_attrs.get("annotate:script", f"{study.study_name}.py"))).name
    meta = StudyMeta(
        study=study.study_name, script=script,
        code_dir="", cwd="", command=[], created=began, space=space, direction=objectives[0].direction, seed=0,
        tuner=str(study.user_attrs.get("annotate:tuner", "optuna")), metric=objectives[0].name,
        direction_from="imported from Optuna", names=short_names(list(space)),
        metrics=tuple(objectives) if len(objectives) > 1 else (),
    )  # fmt: skip
    defaults = next((t.params for t in found if t.user_attrs.get("annotate:baseline")), {})
    meta = dataclasses.replace(meta, defaults={name: _plain(value) for name, value in defaults.items()})
    return StudyRecord(
        meta, tuple(_trial(t, numbers[place] if ours else t.number) for place, t in enumerate(found))
    )


def _trial(trial: FrozenTrial, number: int) -> Trial:
    attributes = trial.user_attrs
    state = _STATES[trial.state.name]
    if "annotate:state" in attributes:
        state = TrialState(attributes["annotate:state"])
    values = trial.values or []
    reports = [
        Measurement(
            step, trial.datetime_start.timestamp() if trial.datetime_start else 0.0, {PLAIN_NUMBER: value}
        )
        for step, value in sorted(trial.intermediate_values.items())
    ]
    if state is TrialState.EARLY_STOPPED and not values and reports:
        values = [reports[-1].values[PLAIN_NUMBER]]
    failed = state is TrialState.FAILED
    baseline = bool(attributes.get("annotate:baseline", False))
    message = attributes.get("annotate:message", trial.system_attrs.get("fail_reason"))
    return Trial(
        number=number,
        params={} if baseline else {name: _plain(value) for name, value in trial.params.items()},
        state=state,
        baseline=baseline,
        value=values[0] if values else None,
        further=tuple(values[1:]),
        measurements=tuple(reports),
        started=trial.datetime_start.timestamp() if trial.datetime_start else None,
        ended=trial.datetime_complete.timestamp() if trial.datetime_complete else None,
        reason=FailureReason(attributes.get("annotate:reason", FailureReason.EXCEPTION.value))
        if failed
        else None,
        message=None if message is None else str(message),
        gpus=tuple(attributes.get("annotate:gpus", ())),
    )


def _space(trials: list[FrozenTrial]) -> dict[str, Json]:
    """The union of what the trials' values came from."""
    found: dict[str, list[BaseDistribution]] = {}
    for trial in trials:
        for name, distribution in trial.distributions.items():
            if distribution not in found.setdefault(name, []):
                found[name].append(distribution)
    return {name: _entry(distributions) for name, distributions in found.items()}


def _entry(distributions: list[Any]) -> dict[str, Json]:
    from optuna.distributions import CategoricalDistribution, IntDistribution

    first = distributions[0]
    if isinstance(first, CategoricalDistribution):
        return {"_type": "choice", "_value": [_plain(choice) for choice in first.choices]}
    low, high = min(d.low for d in distributions), max(d.high for d in distributions)
    step = first.step if all(d.step == first.step for d in distributions) else None
    whole = isinstance(first, IntDistribution)
    if low == high:
        return {"_type": "choice", "_value": [low]}
    if first.log:
        return {"_type": "qloguniform", "_value": [low, high, 1]} if whole else {
            "_type": "loguniform", "_value": [low, high]
        }  # fmt: skip
    if step is not None and step != 1 and (low / step).is_integer():
        return {"_type": "quniform", "_value": [low, high, step]}
    return (
        {"_type": "randint", "_value": [low, high + 1]}
        if whole
        else {"_type": "uniform", "_value": [low, high]}
    )


def _plain(value: Any) -> Json:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return json.loads(json.dumps(value, default=str))
