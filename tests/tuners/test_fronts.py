"""Fronts and ranks of points: by their definition, whatever the number of losses."""

import itertools
import math
import random

import pytest

from annotate_tuners.fronts import by_area, crowding, dominates, nearest, ranks


def peeled(points):
    """The ranks by their definition: front after front is taken away."""
    left, rank, found = list(points), 0, {}
    while left:
        top = [p for p in left if not any(dominates(other, p) for other in left)]
        found.update(dict.fromkeys(top, rank))
        left, rank = [p for p in left if p not in found], rank + 1
    return [found[p] for p in points]


@pytest.mark.parametrize(("metrics", "seed"), list(itertools.product([1, 2, 3, 4], range(15))))
def test_ranks_are_those_of_fronts_taken_away_one_by_one(metrics, seed):
    """Small whole numbers, so that many points are equal in something."""
    rng = random.Random(seed)
    points = [tuple(float(rng.randrange(6)) for _ in range(metrics)) for _ in range(rng.randrange(1, 40))]
    assert ranks(points) == peeled(points)


def test_of_very_many_points_the_front_is_told_from_the_rest(monkeypatch):
    monkeypatch.setattr("annotate_tuners.fronts.MANY", 3)
    points = [(0.0, 0.0, 2.0), (1.0, 1.0, 1.0), (2.0, 2.0, 2.0), (3.0, 3.0, 3.0)]
    assert ranks(points) == [0, 0, 1, 1]


def test_the_ends_of_a_front_are_never_crowded_and_neighbours_are():
    points = [(0.0, 10.0), (4.0, 5.0), (5.0, 4.0), (10.0, 0.0)]
    assert crowding(points) == [math.inf, 0.5 + 0.6, 0.6 + 0.5, math.inf]
    assert crowding([]) == []


def test_the_middle_of_a_front_is_nearest_to_the_best_of_each():
    assert nearest([(0.0, 1.0), (0.2, 0.2), (1.0, 0.0)]) == 1
    assert nearest([(0.0, 1.0), (1.0, 0.0)]) == 0


def area(points, corner):
    """By counting cells of a grid of whole numbers."""
    return sum(
        any(x >= p[0] and y >= p[1] for p in points)
        for x in range(int(corner[0]))
        for y in range(int(corner[1]))
    )


@pytest.mark.parametrize("seed", range(10))
def test_each_point_that_is_picked_adds_most_to_the_area(seed):
    """Against the area counted cell by cell, and never less than before."""
    rng = random.Random(seed)
    xs, ys = sorted(rng.sample(range(20), 6)), sorted(rng.sample(range(20), 6), reverse=True)
    front = [(float(x), float(y)) for x, y in zip(xs, ys, strict=True)]
    rng.shuffle(front)
    order, corner = by_area(front, (20.0, 20.0), 6), (20.0, 20.0)
    assert sorted(order) == list(range(6))
    for count in range(1, 6):
        before = [front[at] for at in order[: count - 1]]
        gained = [area([*before, front[at]], corner) for at in order[count - 1 :]]
        assert gained[0] == max(gained)


def test_no_more_are_picked_than_asked_for_and_equal_points_are_picked_last():
    front = [(1.0, 1.0), (1.0, 1.0), (0.0, 2.0)]
    assert by_area(front, (4.0, 4.0), 2) == [0, 2]
    assert by_area(front, (4.0, 4.0), 9) == [0, 2, 1]
