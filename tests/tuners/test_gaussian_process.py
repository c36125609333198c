"""The Gaussian process."""

from __future__ import annotations

from tests.tuners.conformance import SQUARE, Conformance, bowl


class TestGp(Conformance):
    name = "GPTuner"
    class_args = {"cold_start_num": 5, "candidates": 80}  # noqa: RUF012
    trials = 9

    def test_it_finds_the_bottom_of_a_bowl(self):
        points = self.drive(self.make(SQUARE, candidates=300), bowl, 20)
        assert min(map(bowl, points)) < 0.2
