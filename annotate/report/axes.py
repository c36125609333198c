"""The parameters of a search space as axes to draw on: linear, logarithmic, or one place for each option.

A choice of NNI's `_name` form and a block of layers become several axes. A trial has no place on the axis of a
parameter that it never asked for, or that belongs to another option. A value outside the range, as a script's
default may be, widens the axis.

>>> axes = make_axes(SearchSpace.from_json({"lr": {"_type": "loguniform", "_value": [1e-4, 1e-1]}}), {}, [{"lr": 0.01}])
>>> axes[0].kind, axes[0].places
('log', (0.01,))
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from typing_extensions import assert_never

from annotate.report.words import parameter
from annotate.trial import Json, Params
from annotate_tuners.exact import exact
from annotate_tuners.space import (
    Choice,
    Distribution,
    LogNormal,
    LogUniform,
    MutableLayers,
    Normal,
    QLogNormal,
    QLogUniform,
    QNormal,
    QUniform,
    RandInt,
    SearchSpace,
    Uniform,
    branch,
)

_LOG = (LogUniform, QLogUniform, LogNormal, QLogNormal)
_NOTHING: Any = object()
Find = Callable[[Params], Json]


@dataclass(frozen=True)
class Axis:
    """One axis and where each trial stands on it.

    `places` has one entry for each trial: the value, of a choice the index of its label in `options`, None where
    the parameter played no part. `low` and `high` bound the axis.
    """

    name: str
    kind: Literal["linear", "log", "choice"]
    low: float
    high: float
    places: tuple[float | None, ...]
    options: tuple[str, ...] = ()
    whole: bool = False

    def share(self, place: float) -> float:
        """Where in [0, 1] a place lies, as the axis is drawn."""
        if self.high <= self.low:
            return 0.5
        if self.kind == "log":
            return (math.log(place) - math.log(self.low)) / (math.log(self.high) - math.log(self.low))
        return (place - self.low) / (self.high - self.low)


def make_axes(space: SearchSpace, names: Mapping[str, str], points: Sequence[Params]) -> tuple[Axis, ...]:
    """An axis for each parameter, in the order of the source, with the places of these points."""
    found = list(_parameters(space, names))
    return tuple(
        _axis(name, distribution, [find(point) for point in points]) for name, distribution, find in found
    )


def _parameters(space: SearchSpace, names: Mapping[str, str]) -> Iterator[tuple[str, Distribution, Find]]:
    for key, distribution in space.items():
        yield from _under(names.get(key, key), distribution, _at(key))


def _under(name: str, distribution: Distribution, find: Find) -> Iterator[tuple[str, Distribution, Find]]:
    match distribution:
        case MutableLayers(layers):
            for layer, block in layers.items():
                yield f"{name}/{layer}", Choice(block.layers), _inside(find, layer, "chosen_layer")
                if block.inputs:
                    inputs = _inside(find, layer, "chosen_inputs")
                    yield f"{name}/{layer} inputs", Choice(([],)), inputs
        case Choice(options) if distribution.nested:
            chosen = tuple(option["_name"] for option in options)
            yield name, Choice(chosen), _inside(find, "_name")
            for option in options:
                for key, inner in branch(option).items():
                    yield from _under(f"{name}/{option['_name']}/{key}", inner, _of_option(find, option, key))
        case _:
            yield name, distribution, find


def _at(key: str) -> Find:
    return lambda params: params.get(key, _NOTHING)


def _inside(find: Find, *path: str) -> Find:
    def found(params: Params) -> Json:
        value = find(params)
        for word in path:
            value = value.get(word, _NOTHING) if isinstance(value, Mapping) else _NOTHING
        return value

    return found


def _of_option(find: Find, option: Mapping[str, Json], key: str) -> Find:
    def found(params: Params) -> Json:
        value = find(params)
        if not isinstance(value, Mapping) or value.get("_name") != option["_name"]:
            return _NOTHING
        return value.get(key, _NOTHING)

    return found


def _axis(name: str, distribution: Distribution, values: Sequence[Json]) -> Axis:
    if isinstance(distribution, Choice):
        return _choice(name, distribution, values)
    places = tuple(float(value) if _number(value) else None for value in values)
    known = [place for place in places if place is not None]
    low, high = _bounds(distribution)
    low, high = min([low, *known]), max([high, *known])
    log = isinstance(distribution, _LOG) and low > 0
    return Axis(name, "log" if log else "linear", low, high, places, whole=isinstance(distribution, RandInt))


def _choice(name: str, distribution: Choice, values: Sequence[Json]) -> Axis:
    """Options that only the trials know, such as a default that is none, stand behind the others."""
    order = {exact(option): number for number, option in enumerate(distribution.options)}
    labels = [parameter(option) for option in distribution.options]
    places: list[float | None] = []
    for value in values:
        if value is _NOTHING:
            places.append(None)
            continue
        index = distribution.index(value)
        if index is None:
            index = order.get(exact(value))
        if index is None:
            index = order[exact(value)] = len(labels)
            labels.append(parameter(value))
        places.append(index)
    return Axis(name, "choice", 0, max(0, len(labels) - 1), tuple(places), _told_apart(labels, list(order)))


def _told_apart(labels: list[str], written: list[str]) -> tuple[str, ...]:
    """The options 1 and "1" do not share a label."""
    return tuple(label if labels.count(label) == 1 else written[i] for i, label in enumerate(labels))


def _bounds(distribution: Distribution) -> tuple[float, float]:
    """The range of a distribution; of a bell, the middle 95 %."""
    match distribution:
        case RandInt(low, high):
            return low, high - 1
        case Choice() | MutableLayers():
            return 0, 0
        case Uniform(low, high) | QUniform(low, high) | LogUniform(low, high) | QLogUniform(low, high):
            return low, high
        case Normal() | QNormal() | LogNormal() | QLogNormal():
            return distribution.at(0.025), distribution.at(0.975)
        case _:
            assert_never(distribution)


def _number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
