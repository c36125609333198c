"""All that is known of a study and its trials, as every export sees it.

>>> record = StudyRecord(meta, tuple(trials))
>>> record.values_of(trial), record.flat(trial)
({'train/layer/choice': {'_name': 'conv', 'size': 3}}, {'layer': 'conv', 'layer.conv.size': 3})
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from annotate.annotations.names import variable_of
from annotate.storage import StudyMeta
from annotate.trial import Json, Params, Trial, TrialState
from annotate_tuners.choices import Choice, MutableLayers
from annotate_tuners.space import Distribution, SearchSpace, branch

Progress = Callable[[int, int], None]
"""Is told how many trials of how many are written."""


def nobody(_done: int, _total: int) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True)
class StudyRecord:
    """A study; `trials` carry their measurements."""

    meta: StudyMeta
    trials: tuple[Trial, ...]

    @cached_property
    def space(self) -> SearchSpace:
        return SearchSpace.from_json(dict(self.meta.space))

    @property
    def begun(self) -> tuple[Trial, ...]:
        """The trials that have begun: one that waits has nothing to show."""
        waits = (TrialState.QUEUED, TrialState.CANCELLED)
        return tuple(t for t in self.trials if t.started is not None or t.state not in waits)

    def start_of(self, trial: Trial) -> float:
        """When a trial began; where that is not known, as of one from NNI, when the study did."""
        return self.meta.created if trial.started is None else trial.started

    def end_of(self, trial: Trial) -> float:
        """When a trial ended; of one that runs, or whose end is not known, when it was last heard of."""
        if trial.ended is not None:
            return trial.ended
        return max([self.start_of(trial), *(m.time for m in trial.measurements)])

    def values_of(self, trial: Trial) -> Params:
        """What a trial ran with, by key."""
        return values_of(trial, self.meta)

    def flat(self, trial: Trial) -> dict[str, Json]:
        """The same as plain values by their short names: what stands under an option has a name of its own."""
        values = self.values_of(trial)
        return {
            name: value
            for key, distribution in self.space.items()
            if key in values
            for name, _, value in _leaves(self.name_of(key), distribution, values[key])
        }

    def name_of(self, key: str) -> str:
        """What a parameter is called."""
        return self.meta.names.get(key, key)

    @cached_property
    def flat_space(self) -> Mapping[str, Distribution | None]:
        """The distribution of every name that `flat` may give; None where values are known by their text."""
        return dict(
            pair
            for key, distribution in self.space.items()
            for pair in _names(self.name_of(key), distribution)
        )

    @cached_property
    def metric_names(self) -> Mapping[str, str]:
        """What each number of a report is called, by its key: an objective by its name."""
        keys = [objective.key for objective in self.meta.objectives]
        keys += [
            key for trial in self.trials for measurement in trial.measurements for key in measurement.values
        ]
        wanted = {objective.key: objective.name for objective in self.meta.objectives}
        names: dict[str, str] = {}
        for key in dict.fromkeys(keys):
            name = wanted.get(key, key)
            taken = name in names.values() or (name != key and name in keys)
            names[key] = key if taken else name
        return names

    def results(self, trial: Trial) -> dict[str, float]:
        """What a trial reached, by the name of the metric."""
        names = [self.metric_names[objective.key] for objective in self.meta.objectives]
        return dict(zip(names, trial.values, strict=False))


def values_of(trial: Trial, meta: StudyMeta) -> Params:
    """What a trial ran with, by key; the baseline ran with the literals of the source.

    A variable that has got another sampler since has another key, and its earlier values come under that.
    """
    if trial.baseline:
        values = meta.defaults if meta.baseline_defaults is None else meta.baseline_defaults
    else:
        values = trial.active
    if values.keys() <= meta.space.keys():
        return values
    now = {variable_of(key): key for key in meta.space if key not in values}
    return {
        key if key in meta.space else now.get(variable_of(key), key): value for key, value in values.items()
    }


def scalar(value: Json) -> bool | int | float | str | None:
    """A value for a tool that knows no lists and objects: those are written as JSON."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _leaves(
    name: str, distribution: Distribution, value: Json
) -> Iterator[tuple[str, Distribution | None, Json]]:
    if isinstance(distribution, MutableLayers) and isinstance(value, dict):
        for layer, chosen in value.items():
            for part, what in chosen.items() if isinstance(chosen, dict) else ():
                yield f"{name}.{layer}.{part}", None, scalar(what)
    elif isinstance(distribution, Choice) and distribution.nested and isinstance(value, dict):
        yield name, None, value.get("_name")
        for option in distribution.options:
            for key, inner in branch(option).items() if option["_name"] == value.get("_name") else ():
                if key in value:
                    yield from _leaves(f"{name}.{option['_name']}.{key}", inner, value[key])
    else:
        yield name, distribution, scalar(value)


def _names(name: str, distribution: Distribution) -> Iterator[tuple[str, Distribution | None]]:
    if isinstance(distribution, MutableLayers):
        for layer in distribution.layers:
            yield f"{name}.{layer}.chosen_layer", None
            yield f"{name}.{layer}.chosen_inputs", None
    elif isinstance(distribution, Choice) and distribution.nested:
        yield name, None
        for option in distribution.options:
            for key, inner in branch(option).items():
                yield from _names(f"{name}.{option['_name']}.{key}", inner)
    else:
        yield name, distribution
