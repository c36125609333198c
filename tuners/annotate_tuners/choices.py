"""The two distributions that are no line: one of several options, and NNI's blocks of layers.

>>> Choice((1, True, "1")).index(True)
1
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from annotate_tuners.errors import InvalidSpace
from annotate_tuners.exact import exact, number_in_parentheses

if TYPE_CHECKING:
    from collections.abc import Mapping

Json: TypeAlias = Any


@dataclass(frozen=True)
class Choice:
    """One of `options`, each a JSON value, in their order; 1, 1.0, True and "1" are four options."""

    kind: ClassVar[str] = "choice"
    options: tuple[Json, ...]

    def __post_init__(self) -> None:
        if not self.options:
            raise InvalidSpace("choice needs at least one option")
        seen: set[str] = set()
        for option in self.options:
            if exact(option) in seen:
                raise InvalidSpace(f"choice names the option {option!r} twice")
            seen.add(exact(option))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Choice) and exact(list(self.options)) == exact(list(other.options))

    def __hash__(self) -> int:
        return hash(exact(list(self.options)))

    @property
    def nested(self) -> bool:
        """Whether every option opens a space of its own, NNI's `_name` form."""
        return all(isinstance(option, dict) and "_name" in option for option in self.options)

    def index(self, value: Json) -> int | None:
        """Which option `value` is, None where it is none of them; NNI's "(-1)" stands for -1."""
        wanted = exact(value)
        for number, option in enumerate(self.options):
            if exact(option) == wanted:
                return number
        plain = number_in_parentheses(value)
        return None if plain is None else self.index(plain)

    def contains(self, value: Json) -> bool:
        """Whether a trial may be given `value`."""
        if self.nested:
            return isinstance(value, dict) and any(value.get("_name") == o["_name"] for o in self.options)
        return self.index(value) is not None


@dataclass(frozen=True)
class MutableLayer:
    """One of `layers`, and from `sizes[0]` to `sizes[1]` of the `inputs`, in their order."""

    layers: tuple[Json, ...]
    inputs: tuple[Json, ...]
    sizes: tuple[int, int]


@dataclass(frozen=True)
class MutableLayers:
    """NNI's `mutable_layer`: a block of layers by name, each chosen with its optional inputs."""

    kind: ClassVar[str] = "mutable_layer"
    layers: Mapping[str, MutableLayer]

    def __hash__(self) -> int:
        return hash(tuple(self.layers.items()))

    def contains(self, value: Json) -> bool:
        """Whether a trial may be given `value`."""
        return (
            isinstance(value, dict)
            and value.keys() == self.layers.keys()
            and all(_is_layer(value[name], layer) for name, layer in self.layers.items())
        )


def _is_layer(value: Json, layer: MutableLayer) -> bool:
    if not isinstance(value, dict) or value.keys() != {"chosen_layer", "chosen_inputs"}:
        return False
    inputs = value["chosen_inputs"]
    low, high = layer.sizes
    return (
        value["chosen_layer"] in layer.layers
        and isinstance(inputs, list)
        and low <= len(inputs) <= high
        and all(each in layer.inputs for each in inputs)
    )
