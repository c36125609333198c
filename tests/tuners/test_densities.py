"""The densities of tpe: hyperopt's by dimension, and one over whole points."""

from __future__ import annotations

import random

import numpy as np
import pytest

from annotate_tuners.dimensions import Dimensions
from annotate_tuners.joint import log_density
from annotate_tuners.parzen import Habits, proposals
from annotate_tuners.shares import Rows
from annotate_tuners.space import SearchSpace
from tests.tuners.conformance import MIXED, MUTABLE, NESTED

PLANE = Dimensions.of(
    SearchSpace.from_json(
        {
            "x": {"_type": "uniform", "_value": [0, 1]},
            "act": {"_type": "choice", "_value": ["relu", "gelu", "tanh"]},
        }
    )
)


@pytest.mark.parametrize("space", [MIXED, NESTED, MUTABLE], ids=["mixed", "nested", "mutable"])
def test_a_point_survives_its_row(space):
    dimensions, rng = Dimensions.of(space), random.Random(0)
    rows = Rows(dimensions)
    for _ in range(100):
        point = dimensions.sample(rng)
        row = rows.of([point])[0]
        assert {d.name for d, share in zip(dimensions, row, strict=True) if not np.isnan(share)} == set(point)
        again = rows.point(np.nan_to_num(row))
        assert again == pytest.approx(point, rel=1e-6)


def test_remembered_rows_are_those_of_the_points():
    rows, rng = Rows(PLANE), random.Random(0)
    points = [PLANE.sample(rng) for _ in range(30)]
    rows.remembered(points[:20])
    assert (rows.remembered(points[5:]) == rows.of(points[5:])).all()


def test_a_proposal_is_likelier_among_the_good_than_among_the_bad():
    rows = Rows(PLANE)
    good = rows.of([{"x": 0.2 + n / 100, "act": 1} for n in range(10)])
    bad = rows.of([{"x": 0.6 + n / 100, "act": 2} for n in range(30)])
    made = proposals(PLANE, good, bad, np.random.default_rng(0), count=200, habits=Habits(candidates=4))
    assert ((made[:, 0] >= 0) & (made[:, 0] <= 1)).all()
    assert np.median(made[:, 0]) < 0.4
    assert (made[:, 1] == 1).mean() > 0.8


def test_the_density_of_the_whole_space_is_one():
    rows, rng = Rows(PLANE), random.Random(0)
    known = rows.of([PLANE.sample(rng) for _ in range(12)])
    grid = rows.of([{"x": (n + 0.5) / 500, "act": act} for n in range(500) for act in range(3)])
    assert np.exp(log_density(PLANE, known, grid)).sum() / 500 == pytest.approx(1, abs=0.01)


def test_what_goes_together_is_denser_than_what_does_not():
    rows = Rows(PLANE)
    known = rows.of(
        [{"x": 0.1, "act": 0}, {"x": 0.12, "act": 0}, {"x": 0.9, "act": 1}, {"x": 0.88, "act": 1}]
    )
    together, apart = log_density(PLANE, known, rows.of([{"x": 0.11, "act": 0}, {"x": 0.11, "act": 1}]))
    assert together > apart
