"""Points that fill the space evenly."""

from __future__ import annotations

import itertools

from annotate_tuners.dimensions import Dimensions
from annotate_tuners.quasi_random import even_point
from annotate_tuners.space import SearchSpace
from tests.tuners.conformance import SQUARE, Conformance, bowl


class TestQmc(Conformance):
    name = "qmc"

    def test_sobol_puts_one_point_of_four_into_every_quarter(self):
        points = self.drive(self.make(SQUARE, scramble=False), bowl, 4)
        assert len({(p["x"] < 0, p["y"] < 0) for p in points}) == 4


def test_the_additive_sequence_fills_a_line_without_large_gaps():
    line = Dimensions.of(SearchSpace.from_json({"x": {"_type": "uniform", "_value": [0, 1]}}))
    xs = sorted(even_point(line, number, seed=5)["x"] for number in range(20))
    assert max(b - a for a, b in itertools.pairwise(xs)) < 0.1
