"""The tree-structured Parzen estimator."""

from __future__ import annotations

import itertools
import subprocess
import sys

import pytest

from annotate_tuners.tuner import Observation
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

    def test_a_pending_trial_may_be_taken_for_a_good_one(self):
        def spread(liar):
            tuner = self.make(SQUARE, proposals=8, tpe_args={"constant_liar_type": liar})
            self.drive(tuner, bowl, 20)
            xs = [tuner.suggest(number)["x"] for number in range(100, 108)]
            return max(xs) - min(xs)

        assert spread("best") < spread("worst")

    @pytest.mark.parametrize(
        "tpe_args", [{"gamma": 2.0}, {"prior_weight": 9.0}, {"n_ei_candidates": 60}, {"linear_forgetting": 1}]
    )
    def test_each_of_nnis_arguments_makes_a_difference(self, tpe_args):
        def suggested(**more):
            tuner = self.make(SQUARE, **more)
            self.drive(tuner, bowl, 40)
            return [tuner.suggest(number) for number in range(100, 104)]

        assert suggested(tpe_args=tpe_args) != suggested()

    def test_it_keeps_away_from_where_trials_fail(self):
        tuner = self.make(SQUARE, startup=10, proposals=8)

        def half(params):
            return None if params["x"] > 0 else (params["x"] + 0.1) ** 2

        points = self.drive(tuner, half, 60)
        assert sum(params["x"] > 0 for params in points[-20:]) < 8

    def test_of_a_long_history_it_looks_at_the_good_and_the_latest(self):
        tuner = self.make(SQUARE, proposals=8)
        for number in range(3000):
            point = {"x": number / 3000, "y": 4.0} if number else {"x": -3.0, "y": -3.0}
            tuner.observe(Observation(number, point, float(number > 0)))
        algorithm, history = tuner._algorithm, tuner.history
        good, bad = algorithm._split(history)
        assert good[0] == {"x": -3.0, "y": -3.0}
        assert (len(good), len(bad)) == (25, 1000)
        assert min(point["x"] for point in bad) > 0.6

    def test_the_first_suggestions_do_not_wait_for_hyperopt(self):
        shown = subprocess.run([sys.executable, "-c", IMPORTED], capture_output=True, text=True, check=True)
        assert shown.stdout == "[]\n"
