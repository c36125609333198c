"""A study for Optuna: a storage that `optuna-dashboard` opens and `optuna.load_study` reads.

The study has the name of ours; a trial has its parameters under their short names, its distributions, its
reports of the first metric, its state, and user attributes that say which trial it is. Exporting again adds the
trials that are not there yet; Optuna changes none that has ended, so running ones are left out until they have.

A default that lies outside its range widens the range, since Optuna holds every value against it. An unbounded
distribution, which Optuna does not have, spans four standard deviations and all that was tried.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotate.errors import UsageError
from annotate.export.databases import refuse_foreign
from annotate.export.extras import need
from annotate.export.record import Progress, StudyRecord, nobody, scalar
from annotate.trial import Json, Trial, TrialState
from annotate_tuners.choices import Choice
from annotate_tuners.distributions import (
    LogNormal,
    LogUniform,
    Normal,
    QLogNormal,
    QLogUniform,
    QNormal,
    QUniform,
    RandInt,
    Uniform,
)

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.storages import BaseStorage
    from optuna.trial import FrozenTrial

    from annotate_tuners.space import Distribution

NUMBER = "annotate:trial"
JOURNALS = (".journal", ".log")
_SIGMAS = 4
_STATES = {
    TrialState.SUCCEEDED: "COMPLETE",
    TrialState.EARLY_STOPPED: "PRUNED",
    TrialState.FAILED: "FAIL",
    TrialState.CANCELLED: "FAIL",
}


@contextmanager
def storage_at(target: str) -> Iterator[BaseStorage]:
    """The storage, closed at the end. Raises UsageError."""
    storage = open_storage(target)
    try:
        yield storage
    finally:
        storage.remove_session()
        if (engine := getattr(storage, "engine", None)) is not None:
            engine.dispose()


def url_of(target: str) -> str:
    """A URL as it stands, a path as SQLite's."""
    return target if "://" in target else f"sqlite:///{target}"


def open_storage(target: str) -> BaseStorage:
    """A URL as it stands, `*.journal` and `*.log` as a journal, any other path as SQLite's. Raises UsageError."""
    need("optuna", extra="optuna", purpose="an Optuna storage")
    import optuna

    from annotate.export import haste

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        if "://" not in target and Path(target).suffix in JOURNALS:
            from optuna.storages.journal import JournalFileBackend

            backend = JournalFileBackend(target) if Path(target).exists() else haste.Journal(target)
            return optuna.storages.JournalStorage(backend)
        url = url_of(target)
        there = refuse_foreign(url, mark="version_info", tool="Optuna")
        fresh = url.startswith("sqlite:///") and not there
        return haste.new_database(url) if fresh else optuna.storages.RDBStorage(url)
    except UsageError:
        raise
    except Exception as error:  # the library lets through whatever the database's driver raises
        raise UsageError(
            f"Optuna cannot open {target}: {str(error).strip().splitlines()[0]}",
            remedy="-o study.db is an SQLite file, -o study.journal Optuna's journal",
        ) from error


def write_study(record: StudyRecord, target: str, tell: Progress = nobody) -> tuple[int, int]:
    """Write the study into the storage; returns how many trials have ended and how many of those are new there."""
    with storage_at(target) as storage:
        return _write(record, storage, tell)


def _write(record: StudyRecord, storage: BaseStorage, tell: Progress) -> tuple[int, int]:
    from optuna.study import StudyDirection

    directions = [StudyDirection[objective.direction.upper()] for objective in record.meta.objectives]
    ended = [trial for trial in record.begun if trial.state in _STATES]
    try:
        study = storage.get_study_id_from_name(record.meta.study)
    except KeyError:
        study = storage.create_new_study(directions, record.meta.study)
    there = {trial.user_attrs.get(NUMBER) for trial in storage.get_all_trials(study, deepcopy=False)}
    storage.set_study_user_attr(study, "annotate:script", record.meta.script)
    storage.set_study_user_attr(study, "annotate:tuner", record.meta.tuner)
    names = [record.metric_names[objective.key] for objective in record.meta.objectives]
    storage.set_study_system_attr(study, "study:metric_names", names)
    distributions = {
        name: mapped(distribution, [flat[name] for flat in map(record.flat, ended) if name in flat])
        for name, distribution in record.flat_space.items()
    }
    new = [trial for trial in ended if trial.number not in there]
    for done, trial in enumerate(new):
        tell(done, len(new))
        storage.create_new_trial(study, template_trial=_frozen(record, trial, distributions))
    return len(ended), len(new)


def _frozen(
    record: StudyRecord, trial: Trial, distributions: Mapping[str, tuple[BaseDistribution, bool] | None]
) -> FrozenTrial:
    from optuna.trial import FrozenTrial
    from optuna.trial import TrialState as Theirs

    params: dict[str, Any] = {}
    used: dict[str, BaseDistribution] = {}
    attributes: dict[str, Json] = {NUMBER: trial.number, "annotate:state": trial.state.value}
    for name, value in record.flat(trial).items():
        found = distributions.get(name)
        fitting = None if found is None else _fitting(value, *found)
        if found is None or fitting is None:
            attributes[f"param:{name}"] = value
        else:
            params[name], used[name] = fitting[0], found[0]
    attributes |= {
        key: value
        for key, value in {
            "annotate:baseline": trial.baseline or None,
            "annotate:reason": trial.reason.value if trial.reason else None,
            "annotate:message": trial.message,
            "annotate:gpus": list(trial.gpus) or None,
        }.items()
        if value is not None
    }
    final = next((m for m in reversed(trial.measurements) if m.final), None)
    keys = [objective.key for objective in record.meta.objectives]
    attributes |= {
        f"metric:{record.metric_names[key]}": value if math.isfinite(value) else str(value)
        for key, value in (final.values if final else {}).items()
        if key not in keys
    }
    state = Theirs[_STATES[trial.state]]
    whole = len(trial.values) == len(keys) and not any(map(math.isnan, trial.values))
    if state is Theirs.COMPLETE and not whole:
        state = Theirs.FAIL
    frozen = FrozenTrial(
        number=-1,
        trial_id=-1,
        state=state,
        value=None,
        values=list(trial.values) if whole and state is not Theirs.FAIL else None,
        datetime_start=datetime.fromtimestamp(record.start_of(trial)),  # noqa: DTZ006 - Optuna's are local times
        datetime_complete=datetime.fromtimestamp(record.end_of(trial)),  # noqa: DTZ006
        params=params,
        distributions=used,
        user_attrs=attributes,
        system_attrs={},
        intermediate_values={
            m.step: m.values[keys[0]] for m in trial.measurements if not m.final and keys[0] in m.values
        },
    )
    frozen._validate()  # noqa: SLF001 - `Study.add_trial` does it too, and has no other way
    return frozen


def _fitting(value: Json, distribution: BaseDistribution, texts: bool) -> tuple[Any] | None:
    """The value as the distribution holds it, alone in a tuple; None where it can hold nothing like it."""
    from optuna.distributions import CategoricalDistribution

    if isinstance(distribution, CategoricalDistribution):
        return (json.dumps(value, ensure_ascii=False),) if texts else (value,)
    number = _number(value)
    if number is None or (getattr(distribution, "log", False) and number <= 0):
        return None
    return (value,)


def mapped(distribution: Distribution | None, values: Sequence[Json]) -> tuple[BaseDistribution, bool] | None:
    """Optuna's distribution, and whether its choices are the values' JSON text; None where nothing was tried."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if distribution is None or isinstance(distribution, Choice):
        options = [scalar(option) for option in distribution.options] if distribution is not None else []
        options += [value for value in values if _text(value) not in map(_text, options)]
        distinct = list({_text(option): option for option in options}.values())
        texts = len(set(distinct)) < len(distinct)  # Optuna holds 1, 1.0 and True for one
        return (
            (CategoricalDistribution(list(map(_text, distinct)) if texts else distinct), texts)
            if distinct
            else None
        )
    numbers = [number for value in values if (number := _number(value)) is not None]
    low, high, log, step = _line(distribution)
    if log:
        numbers = [number for number in numbers if number > 0]
    outside = any(not low <= number <= high for number in numbers)
    low, high = min([low, *numbers]), max([high, *numbers])
    whole = all(isinstance(number, int) for number in numbers) and all(
        float(bound).is_integer() for bound in (low, high)
    )
    if isinstance(distribution, RandInt) and whole:
        return IntDistribution(int(low), int(high)), False
    if (
        step is None
        or log
        or outside
        or not _divides(step, low, high)
        or any(not _divides(step, low, number) for number in numbers)
    ):
        return FloatDistribution(low, high, log=log), False
    if whole and numbers and float(step).is_integer():
        return IntDistribution(int(low), int(high), step=int(step)), False
    return FloatDistribution(low, high, step=step), False


def _line(distribution: Any) -> tuple[float, float, bool, float | None]:
    """The lowest and the highest value, whether it is logarithmic, and the step."""
    match distribution:
        case RandInt(low, high):
            return low, high - 1, False, 1
        case Uniform(low, high):
            return low, high, False, None
        case LogUniform(low, high) | QLogUniform(low, high, _):
            return (low, high, True, None) if low > 0 else (low, high, False, None)
        case QUniform(low, high, q):
            return low, high, False, q
        case Normal(mu, sigma) | QNormal(mu, sigma, _):
            return mu - _SIGMAS * sigma, mu + _SIGMAS * sigma, False, None
        case LogNormal(mu, sigma) | QLogNormal(mu, sigma, _):
            return math.exp(mu - _SIGMAS * sigma), math.exp(mu + _SIGMAS * sigma), True, None
    raise AssertionError(distribution)


def _divides(step: float, low: float, high: float) -> bool:
    count = (high - low) / step
    return abs(count - round(count)) < 1e-9 * max(1.0, abs(count))


def _number(value: Json) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return value


def _text(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)
