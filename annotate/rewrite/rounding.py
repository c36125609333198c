"""A point with fewer digits: only floats are rounded, and never out of their range.

>>> round_to(0.031234, 3)
0.0312
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from annotate.trial import Json, Params
from annotate_tuners.space import Choice, SearchSpace


def rounded(params: Params, space: SearchSpace, digits: int) -> dict[str, Json]:
    """The values to so many significant digits; an option stays what it is, and so does what would leave its range."""
    return {key: _rounded(value, key, space, digits) for key, value in params.items()}


def round_to(value: float, digits: int) -> float:
    """A float to so many significant digits."""
    return float(f"{value:.{digits}g}")


def same_point(a: Mapping[str, Json], b: Mapping[str, Json]) -> bool:
    """Whether two points have the same keys and values; 1 and 1.0 are the same here."""
    return a.keys() == b.keys() and all(a[key] == b[key] for key in a)


def _rounded(value: Json, key: str, space: SearchSpace, digits: int) -> Json:
    if not isinstance(value, float) or not value or key not in space or isinstance(space[key], Choice):
        return value
    unit = 10.0 ** (math.floor(math.log10(abs(value))) + 1 - digits)
    for candidate in (
        round_to(value, digits),
        round_to(value - unit, digits),
        round_to(value + unit, digits),
    ):
        if space[key].contains(candidate):
            return candidate
    return value
