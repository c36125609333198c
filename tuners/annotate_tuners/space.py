"""The search space: distributions by key, to and from NNI's `search_space.json`.

Choices whose options all carry `_name` open a space of their own under each option; they stay as
they are written, and `annotate_tuners.dimensions` lays them out flat. A number that NNI wrote as
the text "(-1)" is read as the number.

>>> space = SearchSpace.from_json({"lr": {"_type": "loguniform", "_value": [1e-4, 1e-1]}})
>>> space["lr"]
LogUniform(low=0.0001, high=0.1)
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from annotate_tuners.choices import Choice, Json, MutableLayer, MutableLayers
from annotate_tuners.distributions import (
    Distribution,
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
from annotate_tuners.errors import InvalidSpace
from annotate_tuners.exact import exact, number_in_parentheses

if TYPE_CHECKING:
    import random

__all__ = [
    "KINDS", "Choice", "Distribution", "InvalidSpace", "Json", "LogNormal", "LogUniform", "MutableLayer",
    "MutableLayers", "Normal", "Params", "QLogNormal", "QLogUniform", "QNormal", "QUniform", "RandInt",
    "SearchSpace", "Uniform", "branch",
]  # fmt: skip

Params: TypeAlias = Mapping[str, Json]
Warn: TypeAlias = Callable[[str], None]

KINDS: Mapping[str, type[Any]] = {
    kind.kind: kind
    for kind in (
        Choice, MutableLayers, RandInt, Uniform, QUniform, LogUniform, QLogUniform,
        Normal, QNormal, LogNormal, QLogNormal,
    )
}  # fmt: skip


@dataclass(frozen=True)
class SearchSpace(Mapping[str, Distribution]):
    """Distributions by key, in the order of the source."""

    distributions: Mapping[str, Distribution]

    def __getitem__(self, key: str) -> Distribution:
        return self.distributions[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.distributions)

    def __len__(self) -> int:
        return len(self.distributions)

    @classmethod
    def from_json(cls, document: Json, warn: Warn = lambda _: None) -> SearchSpace:
        """Read NNI's form: `{KEY: {"_type": T, "_value": [...]}}`. Raises InvalidSpace.

        `warn` is told one sentence of what NNI took without a word and is not what it may have been meant
        for: an option that stands twice, an entry that means nothing.
        """
        if not isinstance(document, dict):
            raise InvalidSpace(f"a search space is an object of keys, not {type(document).__name__}")
        return cls({str(key): _distribution(str(key), entry, warn) for key, entry in document.items()})

    def to_json(self) -> dict[str, Json]:
        """Write NNI's form."""
        return {key: {"_type": d.kind, "_value": _arguments(d)} for key, d in self.items()}

    def sample(self, rng: random.Random) -> dict[str, Json]:
        """A random point: one value for each key."""
        from annotate_tuners.dimensions import Dimensions  # noqa: PLC0415 - it stands on this module

        dimensions = Dimensions.of(self)
        return dimensions.decode(dimensions.sample(rng))

    def contains(self, params: Params) -> bool:
        """Whether `params` is a point of this space: every key, each with a value it may take."""
        return params.keys() == self.keys() and all(d.contains(params[key]) for key, d in self.items())


def branch(option: Mapping[str, Json], warn: Warn = lambda _: None) -> SearchSpace:
    """The space that an option with `_name` opens."""
    return SearchSpace.from_json({key: entry for key, entry in option.items() if key != "_name"}, warn)


def _distribution(key: str, entry: Json, warn: Warn) -> Distribution:
    if not isinstance(entry, dict) or "_type" not in entry or "_value" not in entry:
        raise InvalidSpace(f'{key}: expected {{"_type": ..., "_value": [...]}}')
    name, value = entry["_type"], entry["_value"]
    for idle in (each for each in entry if each not in ("_type", "_value")):
        means = "; what is active under one option only stands in that option" if idle == "_condition" else ""
        warn(f"{key}: {idle} means nothing in a search space and is left out{means}")
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        near = difflib.get_close_matches(str(name), KINDS, 1)
        raise InvalidSpace(f"{key}: unknown type {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
    if kind is MutableLayers:
        return _mutable_layers(key, value)
    if not isinstance(value, list):
        raise InvalidSpace(f"{key}: _value of {name} is a list")
    try:
        return _choice(key, value, warn) if kind is Choice else kind(*value)
    except TypeError as error:
        takes = ", ".join(field.name for field in dataclasses.fields(kind))
        raise InvalidSpace(f"{key}: {name} takes {takes}, not {len(value)} arguments") from error
    except InvalidSpace as error:
        raise InvalidSpace(f"{key}: {error}") from error


def _choice(key: str, options: list[Json], warn: Warn) -> Choice:
    found: dict[str, Json] = {}
    for option in options:
        number = number_in_parentheses(option)
        plain = option if number is None else number
        if exact(plain) in found:
            warn(f"{key}: the option {plain!r} stands twice and counts once")
        found.setdefault(exact(plain), plain)
    choice = Choice(tuple(found.values()))
    if choice.nested:
        for option in choice.options:
            try:
                branch(option, partial(_under, warn, f"{key}, under {option['_name']!r}, "))
            except InvalidSpace as error:
                raise InvalidSpace(f"in option {option['_name']!r}, {error}") from error
    return choice


def _under(warn: Warn, where: str, said: str) -> None:
    warn(where + said)


def _mutable_layers(key: str, value: Json) -> MutableLayers:
    if not isinstance(value, dict) or not value:
        raise InvalidSpace(f"{key}: _value of mutable_layer is an object of layers")
    return MutableLayers({str(name): _mutable_layer(f"{key}/{name}", layer) for name, layer in value.items()})


def _mutable_layer(key: str, entry: Json) -> MutableLayer:
    layers = entry.get("layer_choice") if isinstance(entry, dict) else None
    if not isinstance(layers, list) or not layers:
        raise InvalidSpace(f"{key}: layer_choice is a list of at least one layer")
    inputs = entry.get("optional_inputs") or []
    size = entry.get("optional_input_size", 1 if inputs else 0)
    sizes = size if isinstance(size, list) else [size, size]
    if (
        not isinstance(inputs, list)
        or len(sizes) != 2
        or not all(isinstance(n, int) and not isinstance(n, bool) for n in sizes)
        or not 0 <= sizes[0] <= sizes[1] <= len(inputs)
    ):
        raise InvalidSpace(f"{key}: optional_input_size is n or [a, b] with 0 <= a <= b <= {len(inputs)}")
    return MutableLayer(tuple(layers), tuple(inputs), (sizes[0], sizes[1]))


def _arguments(distribution: Distribution) -> Json:
    if isinstance(distribution, Choice):
        return list(distribution.options)
    if isinstance(distribution, MutableLayers):
        return {
            name: {
                "layer_choice": list(layer.layers),
                "optional_inputs": list(layer.inputs),
                "optional_input_size": layer.sizes[0]
                if layer.sizes[0] == layer.sizes[1]
                else list(layer.sizes),
            }
            for name, layer in distribution.layers.items()
        }
    return [getattr(distribution, field.name) for field in dataclasses.fields(distribution)]
