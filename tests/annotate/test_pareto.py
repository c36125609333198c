"""Fronts and ranks: by their definition, whatever the number of metrics."""

import itertools
import random

import pytest

from annotate.pareto import best, dominates, front, nearest, ranked, ranks
from annotate.trial import FailureReason, Objective, Trial, fail, start, succeed

ACC, MS = Objective("acc", "maximize", "acc"), Objective("ms", "minimize", "ms")


def ran(number, value, *further):
    return succeed(start(Trial(number, {}), at=1.0), at=2.0, value=value, further=further)


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


def test_no_point_has_no_rank():
    assert ranks([]) == []
    assert front([], [ACC]) == []
    assert best([], [ACC]) is None


def test_the_front_holds_what_none_beats_and_begins_with_the_best_in_the_first_metric():
    trials = [ran(0, 0.9, 10.0), ran(1, 0.95, 30.0), ran(2, 0.9, 12.0), ran(3, 0.5, 1.0), ran(4, 0.9, 10.0)]
    assert [t.number for t in front(trials, [ACC, MS])] == [1, 0, 4, 3]
    assert [t.number for t in ranked(trials, [ACC, MS])] == [1, 0, 4, 3, 2]


def test_the_best_of_a_front_is_nearest_to_the_best_of_each():
    trials = [ran(0, 0.9, 10.0), ran(1, 0.95, 30.0), ran(2, 0.5, 1.0)]
    assert best(trials, [ACC, MS]).number == 0
    assert nearest([(0.0, 1.0), (1.0, 0.0)]) == 0


def test_with_one_metric_the_front_is_the_best_value_and_the_earlier_comes_first():
    trials = [ran(0, 0.5), ran(1, 0.9), ran(2, 0.9)]
    assert [t.number for t in front(trials, [ACC])] == [1, 2]
    assert best(trials, [ACC]).number == 1
    assert [t.number for t in ranked(trials, [MS])] == [0, 1, 2]


def test_only_whole_results_of_trials_that_succeeded_count():
    failed = fail(start(Trial(1, {}), at=1.0), at=2.0, reason=FailureReason.NAN, value=0.99)
    assert [t.number for t in front([ran(0, 0.5, 3.0), failed, ran(2, 0.9)], [ACC, MS])] == [0]


def test_of_very_many_points_the_front_is_told_from_the_rest(monkeypatch):
    monkeypatch.setattr("annotate.pareto.MANY", 3)
    points = [(0.0, 0.0, 2.0), (1.0, 1.0, 1.0), (2.0, 2.0, 2.0), (3.0, 3.0, 3.0)]
    assert ranks(points) == [0, 0, 1, 1]
