"""What a table of trials does not say: the ranges that its values came from.

>>> ranges([{"lr": 0.1, "act": "relu"}, {"lr": 0.0001, "act": "tanh"}])
{'lr': {'_type': 'loguniform', '_value': [0.0001, 0.1]}, 'act': {'_type': 'choice', '_value': ['relu', 'tanh']}}
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

from annotate.errors import SpaceError
from annotate.trial import Json, Params
from annotate_tuners.exact import exact
from annotate_tuners.space import SearchSpace

_DECADES = 100.0  # a positive range that spans more than this is taken for a logarithmic one


def ranges(points: Sequence[Params]) -> dict[str, Json]:
    """A space as `search_space.json` that holds all the points, by the values that they have."""
    keys = dict.fromkeys(key for point in points for key in point)
    return {key: _range([point[key] for point in points if key in point]) for key in keys}


def _range(values: Sequence[Json]) -> dict[str, Json]:
    plain = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    if plain and min(values) < max(values):
        low, high = min(values), max(values)
        if all(isinstance(value, int) for value in values):
            return {"_type": "randint", "_value": [low, high + 1]}
        logarithmic = low > 0 and high / low > _DECADES
        return {"_type": "loguniform" if logarithmic else "uniform", "_value": [float(low), float(high)]}
    return {"_type": "choice", "_value": list({exact(value): value for value in values}.values())}


def renamed(points: Sequence[Params], space: SearchSpace, names: Mapping[str, str]) -> list[dict[str, Json]]:
    """The points by the keys of a space, where they have them or their short names. Raises SpaceError."""
    keys = {name: key for key, name in names.items()} | {key: key for key in space}
    found = []
    for point in points:
        for name in point:
            if name not in keys:
                near = difflib.get_close_matches(name, keys, 1)
                raise SpaceError(
                    f"the space has no {name!r}",
                    remedy=f"it has {near[0] if near else ', '.join(list(keys)[:5])}",
                )
        found.append({keys[name]: value for name, value in point.items()})
    return found
