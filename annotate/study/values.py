"""From what a tuner suggests to what a script gets, and from what a script has to what a tuner is told.

>>> typed({"train/bs/quniform": 96.0}, {"train/bs/quniform": 64}, choices=frozenset())
{'train/bs/quniform': 96}
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from annotate.trial import Json, Params
from annotate_tuners.space import Choice, SearchSpace


def typed(params: Params, defaults: Mapping[str, Json], *, choices: AbstractSet[str]) -> dict[str, Json]:
    """Give each value the type of the literal it replaces, where nothing is lost.

    An option of a choice is that option exactly, so `choices` are left alone.
    """
    return {
        key: value if key in choices or key not in defaults else _as(value, defaults[key])
        for key, value in params.items()
    }


def choices_of(space: SearchSpace) -> frozenset[str]:
    """The keys whose values are options."""
    return frozenset(key for key, distribution in space.items() if isinstance(distribution, Choice))


def baseline_point(space: SearchSpace, defaults: Mapping[str, Json]) -> dict[str, Json] | None:
    """The script's own defaults as a point of the space; None when one is no literal or lies outside."""
    point = {}
    for key, distribution in space.items():
        if key not in defaults or not distribution.contains(defaults[key]):
            return None
        point[key] = defaults[key]
    return point


def _as(value: Json, default: Json) -> Json:
    if isinstance(value, bool) or isinstance(default, bool):
        return value
    if isinstance(default, int) and isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(default, float) and isinstance(value, int) and int(float(value)) == value:
        return float(value)
    return value
