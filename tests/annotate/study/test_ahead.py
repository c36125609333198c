"""How many points are prepared: as few as may be, for the later ones know more."""

import itertools

import pytest

from annotate.study.ahead import Ahead


def prepared(seconds, *, jobs, free=0, wanted=1000.0):
    ahead = Ahead(lambda: pytest.fail("no tuner is needed"), lambda: None)
    ahead.seconds = seconds
    ahead.keep_ready(wanted, jobs=jobs, free=free, number=itertools.count().__next__)
    return ahead.outstanding


@pytest.mark.parametrize(
    ("seconds", "jobs", "points"), [(0.0, 8, 1), (0.001, 8, 1), (0.004, 16, 14), (1.0, 4, 4), (1.0, 1, 1)]
)
def test_as_many_points_are_ready_as_keep_every_slots_wait_short(seconds, jobs, points):
    """All slots may become free at once; what is not ready then takes its time, one after the other."""
    assert prepared(seconds, jobs=jobs) == points
    assert (jobs - points) * seconds <= 0.01


def test_no_more_is_prepared_than_the_budget_allows_and_never_less_than_is_free():
    """A point for a trial that never runs is a point wasted."""
    assert prepared(1.0, jobs=8, wanted=3) == 3
    assert prepared(0.0, jobs=8, free=5) == 5
