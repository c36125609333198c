"""Annealing."""

from __future__ import annotations

from tests.tuners.conformance import SQUARE, Conformance, bowl


class TestAnneal(Conformance):
    name = "Anneal"
    trials = 12

    def test_it_narrows_towards_the_best(self):
        points = self.drive(self.make(SQUARE), bowl, 40)
        assert sum(map(bowl, points[-10:])) < sum(map(bowl, points[:10])) / 2
