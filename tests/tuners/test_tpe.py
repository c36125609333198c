"""The tree-structured Parzen estimator."""

from __future__ import annotations

import itertools
import subprocess
import sys

from tests.tuners.conformance import SQUARE, Conformance, bowl

IMPORTED = """
import sys, annotate_tuners
from annotate_tuners.space import SearchSpace
space = SearchSpace.from_json({"x": {"_type": "uniform", "_value": [0, 1]}})
tuner = annotate_tuners.make("tpe", space, direction="minimize", seed=0)
[tuner.suggest(n) for n in range(5)]
print(sorted({"hyperopt", "numpy", "scipy", "optuna"} & sys.modules.keys()))
"""


class TestTpe(Conformance):
    name = "TPE"
    class_args = {"startup": 8, "proposals": 3}  # noqa: RUF012
    trials = 16

    def test_it_comes_closer_than_chance(self):
        def best(seed, **more):
            tuner = self.make(SQUARE, seed=seed, **more)
            return min(bowl(params) for params in self.drive(tuner, bowl, 50))

        model = sum(best(seed, startup=10) for seed in range(3))
        chance = sum(best(seed, startup=1000) for seed in range(3))
        assert model < chance / 2

    def test_its_first_points_fill_the_space_evenly(self):
        points = self.drive(self.make(SQUARE, startup=16), bowl, 16)
        xs = sorted(params["x"] for params in points)
        assert max(b - a for a, b in itertools.pairwise(xs)) < 10 / 16 * 3

    def test_parallel_suggestions_keep_apart(self):
        tuner = self.make(SQUARE)
        self.drive(tuner, bowl, 20)
        xs = sorted(tuner.suggest(number)["x"] for number in range(100, 108))
        assert xs[-1] - xs[0] > 0.5

    def test_the_first_suggestions_do_not_wait_for_hyperopt(self):
        shown = subprocess.run([sys.executable, "-c", IMPORTED], capture_output=True, text=True, check=True)
        assert shown.stdout == "[]\n"
