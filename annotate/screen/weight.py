"""Which parameters stand first where there is no room for all: those that move the result.

A number counts by its rank correlation with the result or by how the quarters of its range differ, anything else
by how its options do: the share of the results' spread that lies between them, beyond chance. Before there are eight results: numbers that span more than a decade, then named options, then what
varies at all. The order is looked at again when the number of results has doubled, so columns do not dance.

>>> ordered(("lr", "seed"), [({"lr": 0.1, "seed": 1}, 0.9), ...])
('lr', 'seed')
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from itertools import islice

from annotate.screen.facts import facts
from annotate.study.snapshot import StudySnapshot
from annotate.trial import Json, Params, TrialState

ENOUGH = 8  # results from which on a correlation says something
_PARTS = 4  # of a range, by which the best value is also found in its middle
_MOST = 512  # results that are looked at: more do not change the order


_orders: dict[
    tuple[str, str, tuple[str, ...], int], tuple[str, ...]
] = {}  # a cache: what is in it follows from its key


def parameter_keys(snapshot: StudySnapshot) -> tuple[str, ...]:
    """The parameters, those that matter most first."""
    known, keys = facts(snapshot), tuple(snapshot.names)
    count = _step(len(known.values))
    cached = (snapshot.study, snapshot.direction, keys, count)
    if cached not in _orders:
        ended = (t for t in reversed(known.latest) if t.state is TrialState.SUCCEEDED and t.value is not None)
        first = list(islice(ended, count))
        _orders[cached] = ordered(keys, [(t.active, t.value or 0.0) for t in first if not t.baseline])
    return _orders[cached]


def ordered(keys: Sequence[str], results: Sequence[tuple[Params, float]]) -> tuple[str, ...]:
    """The keys by what the results say of them; those of which they say the same stay in their order."""
    weigh = _matters if len(results) >= ENOUGH else _varies
    weights = dict.fromkeys(keys, 0.0)
    for key in keys:
        pairs = [(point[key], value) for point, value in results if key in point]
        # What most trials never ask for explains little, however much it matters to the few that do.
        weights[key] = weigh(pairs) * len(pairs) / len(results) if pairs else 0.0
    return tuple(sorted(keys, key=lambda key: -weights[key]))


def _step(count: int) -> int:
    """The largest power of two up to `count`."""
    return min(_MOST, 1 << (count.bit_length() - 1)) if count else 0


def _matters(pairs: Sequence[tuple[Json, float]]) -> float:
    """From 0, no bearing on the result, to 1."""
    if len(pairs) < ENOUGH // 2:
        return 0.0
    ranks = _ranks([value for _, value in pairs])
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value, _ in pairs):
        return _between([json.dumps(value, sort_keys=True, default=str) for value, _ in pairs], ranks)
    places = _ranks([value for value, _ in pairs])
    parts = [int(place * _PARTS / len(places)) for place in places]
    return max(abs(_correlation(places, ranks)), _between(parts, ranks))


def _between(groups: Sequence[str | int], ranks: Sequence[float]) -> float:
    """The root of the share of the spread of `ranks` that lies between the groups, less what chance gives it."""
    members: dict[str | int, list[float]] = defaultdict(list)
    for group, rank in zip(groups, ranks, strict=True):
        members[group].append(rank)
    mean = sum(ranks) / len(ranks)
    total = sum((rank - mean) ** 2 for rank in ranks)
    between = sum(len(each) * (sum(each) / len(each) - mean) ** 2 for each in members.values())
    if not total or len(members) < 2:
        return 0.0
    chance = (len(members) - 1) / (len(ranks) - 1)
    return max(0.0, (between / total - chance) / (1 - chance)) ** 0.5 if chance < 1 else 0.0


def _varies(pairs: Sequence[tuple[Json, float]]) -> float:
    values = [value for value, _ in pairs]
    if len({json.dumps(value, sort_keys=True, default=str) for value in values}) < 2:
        return 0.0
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    if len(numbers) < len(values):
        return 2.0
    return 3.0 if min(numbers) > 0 and max(numbers) >= 30 * min(numbers) else 1.0


def _ranks(values: Sequence[float]) -> list[float]:
    """The rank of each value, equal ones sharing theirs."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and values[order[end + 1]] == values[order[start]]:
            end += 1
        for place in range(start, end + 1):
            ranks[order[place]] = (start + end) / 2
        start = end + 1
    return ranks


def _correlation(one: Sequence[float], other: Sequence[float]) -> float:
    mean = (len(one) - 1) / 2
    product = sum((x - mean) * (y - mean) for x, y in zip(one, other, strict=True))
    spread = sum((x - mean) ** 2 for x in one) * sum((y - mean) ** 2 for y in other)
    return product / spread**0.5 if spread else 0.0
