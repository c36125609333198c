"""Grid search: every combination in order, continuous dimensions refined by bisection.

Choices, integers and stepped dimensions are enumerated. A continuous one starts at its middle and
is halved from level to level: shares 1/2; 1/4, 3/4; 1/8, ... of its probability. A level is finished
before the next begins. A space without a continuous dimension ends after `Dimensions.size()` points.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from annotate_tuners.algorithm import History, Proposal

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from annotate_tuners.dimensions import Dimension, Dimensions, Point


class Grid:
    """Where it is follows from what has been tried."""

    patience: int | None = None  # it is asked until it ends: chance has no part in it

    def __init__(self, dimensions: Dimensions) -> None:
        self._dimensions = dimensions
        self._continuous = [dimension for dimension in dimensions if dimension.grid() is None]

    def propose(self, history: History, number: int, rng: random.Random) -> Iterator[Proposal]:
        for level in itertools.count() if self._continuous else range(1):
            yield from map(Proposal, self._level(level))

    def _level(self, level: int) -> Iterator[Point]:
        values = {d.name: d.grid() or _halved(d, level) for d in self._dimensions}
        known = {d.name: set(_halved(d, level - 1)) for d in self._continuous if level}
        for point in self._dimensions.product(lambda dimension: values[dimension.name]):
            if not level or any(point[name] not in old for name, old in known.items() if name in point):
                yield point


def extent(dimensions: Dimensions) -> str:
    """One line for the user: how many points there are, or how many each of the first levels adds."""
    size = dimensions.size()
    if size is not None:
        return f"grid has {size:,} point{'s' * (size != 1)} and ends when all have been tried"
    first, second, third = (_count(dimensions, level, None, 0) for level in range(3))
    return (
        f"grid has {first:,} point{'s' * (first != 1)}, then {second - first:,} more, then {third - second:,} more: "
        "each time it halves the steps of what is continuous"
    )


def _count(dimensions: Dimensions, level: int, parent: str | None, option: int) -> int:
    """How many points there are at a level and those before it, of what is active under an option."""
    total = 1
    for dimension in dimensions:
        if (dimension.parent, dimension.option) == (parent, option):
            values = dimension.grid() or _halved(dimension, level)
            under = {d.option for d in dimensions if d.parent == dimension.name}
            inner = (
                _count(dimensions, level, dimension.name, n) if n in under else 1 for n in range(len(values))
            )
            total *= sum(inner)
    return total


def _halved(dimension: Dimension, level: int) -> tuple[int | float, ...]:
    parts = 2 ** (level + 1)
    return tuple(dict.fromkeys(dimension.at(part / parts) for part in range(1, parts)))
