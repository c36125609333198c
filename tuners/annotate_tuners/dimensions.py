"""A search space laid out flat: what every algorithm works on.

A *dimension* is one line or one plain choice; one that stands under an option of a nested choice is
active only where that option is chosen. A *point* maps the names of active dimensions to numbers:
the value itself, and for a choice the index of the option. `encode` takes the parameters of a trial
to a point, leaving out what lies outside the space (a default that no distribution contains);
`decode` takes a point to parameters that JSON can carry.

>>> space = SearchSpace.from_json({"act": {"_type": "choice", "_value": ["relu", "tanh"]}})
>>> Dimensions.of(space).decode({"act": 1})
{'act': 'tanh'}
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from annotate_tuners.choices import Choice, Json, MutableLayer, MutableLayers
from annotate_tuners.distributions import Line, RandInt
from annotate_tuners.space import Params, SearchSpace, branch

if TYPE_CHECKING:
    import random

Point: TypeAlias = Mapping[str, int | float]
FEW = 64  # up to so many selections of inputs are options of a choice, more are a line


@dataclass(frozen=True)
class Dimension:
    """One line or choice of the variable `key`; `parent` and `option` say where it is active."""

    key: str
    name: str
    distribution: Choice | Line
    parent: str | None = None
    option: int = 0

    def active(self, point: Point) -> bool:
        """Whether this dimension counts in `point`, whose parents are already set."""
        return self.parent is None or point.get(self.parent) == self.option

    def at(self, u: float) -> int | float:
        """The value at the share `u` in `[0, 1)`; of a choice, the index of the option."""
        if isinstance(self.distribution, Choice):
            return min(int(u * len(self.distribution.options)), len(self.distribution.options) - 1)
        return self.distribution.at(u)

    def position(self, value: float) -> float:
        """The share in `[0, 1]` at which `value` lies."""
        if isinstance(self.distribution, Choice):
            return (value + 0.5) / len(self.distribution.options)
        return self.distribution.position(value)

    def grid(self) -> tuple[int | float, ...] | None:
        """Every value in order, None where there are too many to count."""
        if isinstance(self.distribution, Choice):
            return tuple(range(len(self.distribution.options)))
        return self.distribution.grid()


@dataclass(frozen=True)
class Dimensions:
    """The dimensions of `space`, a parent always before its children."""

    space: SearchSpace
    dimensions: tuple[Dimension, ...]

    @classmethod
    def of(cls, space: SearchSpace) -> Dimensions:
        """Lay `space` out flat. Raises InvalidSpace."""
        return cls(space, tuple(_flatten(space)))

    def __iter__(self) -> Iterator[Dimension]:
        return iter(self.dimensions)

    def __len__(self) -> int:
        return len(self.dimensions)

    def build(self, us: Mapping[str, float]) -> dict[str, int | float]:
        """The point at these shares of each dimension, in `[0, 1)`."""
        point: dict[str, int | float] = {}
        for dimension in self.dimensions:
            if dimension.active(point):
                point[dimension.name] = dimension.at(us[dimension.name])
        return point

    def sample(self, rng: random.Random) -> dict[str, int | float]:
        """A random point."""
        return self.build({dimension.name: rng.random() for dimension in self.dimensions})

    def completed(self, point: Point) -> dict[str, int | float]:
        """`point`, with the middle of every active dimension that it does not name."""
        whole: dict[str, int | float] = {}
        for dimension in self.dimensions:
            if dimension.active(whole):
                known = dimension.name in point
                whole[dimension.name] = point[dimension.name] if known else dimension.at(0.5)
        return whole

    def size(self) -> int | None:
        """How many points there are, None where there are too many to count."""
        return _size(self.space)

    def points(self) -> Iterator[dict[str, int | float]]:
        """Every point, the last dimension running fastest; only where `size()` is a number."""
        return self.product(lambda dimension: dimension.grid() or ())

    def product(
        self, values: Callable[[Dimension], Iterable[int | float]]
    ) -> Iterator[dict[str, int | float]]:
        """Every combination of these values of the active dimensions, the last one running fastest."""
        return self._product(values, {}, 0)

    def _product(
        self,
        values: Callable[[Dimension], Iterable[int | float]],
        prefix: dict[str, int | float],
        start: int,
    ) -> Iterator[dict[str, int | float]]:
        if start == len(self.dimensions):
            yield dict(prefix)
            return
        dimension = self.dimensions[start]
        if not dimension.active(prefix):
            yield from self._product(values, prefix, start + 1)
            return
        for value in values(dimension):
            yield from self._product(values, {**prefix, dimension.name: value}, start + 1)

    def encode(self, params: Params) -> dict[str, int | float]:
        """The point that `params` are, without the dimensions it does not have or cannot have."""
        point: dict[str, int | float] = {}
        _encode(self.space, params, "", point)
        return point

    def beside(self, params: Params) -> dict[str, Json]:
        """What `params` holds besides the space: a budget, a checkpoint directory."""
        return {key: value for key, value in params.items() if key not in self.space}

    def decode(self, point: Point) -> dict[str, Json]:
        """The parameters of `point`, which names every active dimension."""
        return _decode(self.space, point, "")


def _flatten(
    space: SearchSpace, prefix: str = "", root: str | None = None, parent: str | None = None, option: int = 0
) -> Iterator[Dimension]:
    for key, distribution in space.items():
        name, top = prefix + key, root or key
        if isinstance(distribution, MutableLayers):
            for layer_name, layer in distribution.layers.items():
                chosen, inputs = _layer_names(name, layer_name)
                yield Dimension(top, chosen, Choice(tuple(range(len(layer.layers)))), parent, option)
                yield Dimension(top, inputs, _selections(layer), parent, option)
            continue
        yield Dimension(top, name, distribution, parent, option)
        if isinstance(distribution, Choice) and distribution.nested:
            for number, each in enumerate(distribution.options):
                yield from _flatten(branch(each), _under(name, number, each), top, name, number)


def _encode(space: SearchSpace, params: Params, prefix: str, point: dict[str, int | float]) -> None:
    for key, distribution in space.items():
        if key not in params:
            continue
        name, value = prefix + key, params[key]
        if isinstance(distribution, MutableLayers):
            if distribution.contains(value):
                for layer_name, layer in distribution.layers.items():
                    chosen, inputs = _layer_names(name, layer_name)
                    point[chosen] = layer.layers.index(value[layer_name]["chosen_layer"])
                    point[inputs] = _rank(layer, value[layer_name]["chosen_inputs"])
        elif isinstance(distribution, Choice):
            if not distribution.nested:
                number = distribution.index(value)
                if number is not None:
                    point[name] = number
            elif distribution.contains(value):
                number = [o["_name"] for o in distribution.options].index(value["_name"])
                point[name] = number
                each = distribution.options[number]
                _encode(branch(each), value, _under(name, number, each), point)
        elif _near(distribution, value):
            point[name] = int(value) if isinstance(distribution, RandInt) else float(value)


def _decode(space: SearchSpace, point: Point, prefix: str) -> dict[str, Json]:
    params: dict[str, Json] = {}
    for key, distribution in space.items():
        name = prefix + key
        if isinstance(distribution, MutableLayers):
            params[key] = {}
            for layer_name, layer in distribution.layers.items():
                chosen, inputs = _layer_names(name, layer_name)
                params[key][layer_name] = {
                    "chosen_layer": layer.layers[int(point[chosen])],
                    "chosen_inputs": _unrank(layer, int(point[inputs])),
                }
        elif isinstance(distribution, Choice):
            number = int(point[name])
            option = distribution.options[number]
            if distribution.nested:
                inner = _decode(branch(option), point, _under(name, number, option))
                params[key] = {"_name": option["_name"], **inner}
            else:
                params[key] = option
        else:
            value = point[name]
            params[key] = int(value) if isinstance(distribution, RandInt) else float(value)
    return params


def _near(distribution: Line, value: Json) -> bool:
    """Whether a line contains `value`, or would but for the step of its grid."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return False
    if isinstance(distribution, RandInt):
        return distribution.contains(value)
    low, high = getattr(distribution, "low", -math.inf), getattr(distribution, "high", math.inf)
    return bool(low <= value <= high) and (distribution.contains(value) or hasattr(distribution, "q"))


def _size(space: SearchSpace) -> int | None:
    total = 1
    for distribution in space.values():
        count: int | None
        if isinstance(distribution, MutableLayers):
            count = math.prod(len(la.layers) * _count(la) for la in distribution.layers.values())
        elif isinstance(distribution, Choice) and distribution.nested:
            sizes = [_size(branch(option)) for option in distribution.options]
            count = None if None in sizes else sum(size for size in sizes if size is not None)
        elif isinstance(distribution, Choice):
            count = len(distribution.options)
        else:
            grid = distribution.grid()
            count = None if grid is None else len(grid)
        if count is None:
            return None
        total *= count
    return total


def _under(name: str, number: int, option: Mapping[str, Json]) -> str:
    return f"{name}/{number}:{option['_name']}/"


def _layer_names(name: str, layer: str) -> tuple[str, str]:
    return f"{name}/{layer}/chosen_layer", f"{name}/{layer}/chosen_inputs"


def _selections(layer: MutableLayer) -> Choice | RandInt:
    count = _count(layer)
    return Choice(tuple(range(count))) if count <= FEW else RandInt(0, count)


def _count(layer: MutableLayer) -> int:
    low, high = layer.sizes
    return sum(math.comb(len(layer.inputs), size) for size in range(low, high + 1))


def _unrank(layer: MutableLayer, rank: int) -> list[Json]:
    """The selection of inputs with this number: smaller ones first, then in the order of the inputs."""
    total = len(layer.inputs)
    low, high = layer.sizes
    for size in range(low, high + 1):
        if rank < math.comb(total, size):
            break
        rank -= math.comb(total, size)
    chosen: list[Json] = []
    for position in range(total):
        with_it = math.comb(total - position - 1, size - 1 - len(chosen)) if len(chosen) < size else 0
        if rank < with_it:
            chosen.append(layer.inputs[position])
        else:
            rank -= with_it
    return chosen


def _rank(layer: MutableLayer, chosen: list[Json]) -> int:
    total, size = len(layer.inputs), len(chosen)
    picked = sorted(layer.inputs.index(each) for each in chosen)
    rank = sum(math.comb(total, smaller) for smaller in range(layer.sizes[0], size))
    for order, (before, position) in enumerate(itertools.pairwise([-1, *picked])):
        rank += sum(
            math.comb(total - skipped - 1, size - 1 - order) for skipped in range(before + 1, position)
        )
    return rank
