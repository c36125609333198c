"""Points as rows of numbers, for what computes with many at once.

A line is the share in [0, 1] of its dimension's probability at which the value lies, a choice the index of
its option, a dimension that the point does not name NaN.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from annotate_tuners.choices import Choice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annotate_tuners.dimensions import Dimension, Dimensions, Point

Array: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
_BELOW_ONE = 1 - 1e-12


class Rows:
    """Points to rows, and back."""

    def __init__(self, dimensions: Dimensions) -> None:
        self._dimensions = dimensions
        self._kept: dict[
            int, tuple[Point, list[float]]
        ] = {}  # by identity, which holds while the point is kept

    def of(self, points: Sequence[Point]) -> Array:
        """One row for each point."""
        return self._array([self._row(point) for point in points])

    def remembered(self, points: Sequence[Point]) -> Array:
        """The same, but the rows of those that this was last asked for are not made again."""
        kept = self._kept
        self._kept = {id(point): kept.get(id(point)) or (point, self._row(point)) for point in points}
        return self._array([self._kept[id(point)][1] for point in points])

    def _array(self, rows: list[list[float]]) -> Array:
        return np.array(rows, dtype=float).reshape(len(rows), len(self._dimensions))

    def _row(self, point: Point) -> list[float]:
        return [_share(d, point[d.name]) if d.name in point else np.nan for d in self._dimensions]

    def point(self, row: Array) -> dict[str, int | float]:
        """The point of a row that has a number for every dimension, without those that are not active in it."""
        found: dict[str, int | float] = {}
        for dimension, share in zip(self._dimensions, row.tolist(), strict=True):
            if dimension.active(found):
                choice = isinstance(dimension.distribution, Choice)
                found[dimension.name] = int(share) if choice else dimension.at(min(share, _BELOW_ONE))
        return found


def _share(dimension: Dimension, value: float) -> float:
    return value if isinstance(dimension.distribution, Choice) else dimension.position(value)
