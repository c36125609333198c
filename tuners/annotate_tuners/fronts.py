"""Which points are best in several losses at once: those that no other beats in all of them.

One point dominates another where it is no worse in any loss and better in one. The front is what none
dominates, rank 0; without it the next front is rank 1, and so on. With one loss a rank is a place.

>>> ranks([(1.0, 9.0), (2.0, 3.0), (2.0, 9.0)])
[0, 0, 1]

With two losses ranking takes n log n steps; with more it is the efficient non-dominated sort of Zhang, Tian,
Cheng and Jin, IEEE Transactions on Evolutionary Computation 19(2), 2015, and of more than `MANY` points only
the front is told from the rest.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right, insort
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

MANY = 1000
Losses: TypeAlias = tuple[float, ...]


def dominates(one: Losses, other: Losses) -> bool:
    """Whether one is no worse than the other in anything, and better in something."""
    return one != other and all(a <= b for a, b in zip(one, other, strict=True))


def nearest(points: Sequence[Losses]) -> int:
    """Which of these is nearest to the best of each metric, each metric taken from its best 0 to its worst 1."""
    lows = [min(values) for values in zip(*points, strict=True)]
    spans = [max(values) - min(values) or 1.0 for values in zip(*points, strict=True)]

    def distance(at: int) -> float:
        return math.hypot(*((x - low) / span for x, low, span in zip(points[at], lows, spans, strict=True)))

    return min(range(len(points)), key=lambda at: (distance(at), at))


def ranks(points: Sequence[Losses]) -> list[int]:
    """The rank of each point; equal points have equal ranks."""
    ordered = sorted(set(points))
    metrics = len(ordered[0]) if ordered else 1
    if metrics == 1:
        rank = {point: at for at, point in enumerate(ordered)}
    elif metrics == 2:
        rank = _ranks_of_two(ordered)
    elif len(ordered) <= MANY:
        rank = _ranks_of_many(ordered)
    else:
        rank = dict.fromkeys(ordered, 1) | dict.fromkeys(first_front(ordered), 0)
    return [rank[point] for point in points]


def first_front(ordered: Sequence[Losses]) -> list[Losses]:
    """Those that none dominates; in order, none is dominated by a later one."""
    found: list[Losses] = []
    for point in ordered:
        if not any(dominates(other, point) for other in reversed(found)):
            found.append(point)
    return found


def _ranks_of_two(ordered: Sequence[Losses]) -> dict[Losses, int]:
    least: list[float] = []  # of each front, its smallest second loss; it grows from front to front
    rank: dict[Losses, int] = {}
    for point in ordered:
        at = rank[point] = bisect_right(least, point[1])
        least[at : at + 1] = [point[1]]
    return rank


def _ranks_of_many(ordered: Sequence[Losses]) -> dict[Losses, int]:
    fronts: list[list[Losses]] = []
    rank = {}
    for point in ordered:
        low, high = 0, len(fronts)
        while low < high:  # what a front dominates, all fronts before it dominate
            middle = (low + high) // 2
            if any(dominates(other, point) for other in reversed(fronts[middle])):
                low = middle + 1
            else:
                high = middle
        rank[point] = low
        fronts[low:low] = [[]] if low == len(fronts) else []
        fronts[low].append(point)
    return rank


def by_area(front: Sequence[Losses], corner: Losses, count: int) -> list[int]:
    """Places in a front of two losses: each the one that adds most to the area up to `corner`, `count` of them.

    The area that points leave no better point in is their hypervolume.
    """
    order = sorted(range(len(front)), key=lambda at: front[at])
    chosen: list[int] = []  # places in `order`, ascending: to the right x grows and y falls
    picked: list[int] = []

    def added(place: int) -> float:
        at = bisect_left(chosen, place)
        right = front[order[chosen[at]]][0] if at < len(chosen) else corner[0]
        above = front[order[chosen[at - 1]]][1] if at else corner[1]
        x, y = front[order[place]]
        return (right - x) * (above - y)

    left = list(range(len(order)))
    while left and len(picked) < count:
        best = max(left, key=lambda place: (added(place), -place))
        left.remove(best)
        insort(chosen, best)
        picked.append(order[best])
    return picked


def crowding(points: Sequence[Losses]) -> list[float]:
    """How far each point of a front lies from its neighbours, as NSGA-II has it; endless for its ends.

    Deb et al., A Fast and Elitist Multiobjective Genetic Algorithm: NSGA-II, 2002.
    """
    room = [0.0] * len(points)
    for metric in range(len(points[0]) if points else 0):
        order = sorted(range(len(points)), key=lambda at: points[at][metric])
        span = points[order[-1]][metric] - points[order[0]][metric] or 1.0
        for before, at, after in zip([None, *order], order, [*order[1:], None], strict=False):
            if before is None or after is None:
                room[at] = math.inf
            else:
                room[at] += (points[after][metric] - points[before][metric]) / span
    return room
