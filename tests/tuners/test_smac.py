"""SMAC, by SMAC3's own parts."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from annotate_tuners.errors import InvalidArguments
from tests.tuners.conformance import SMALL, SQUARE, Conformance, bowl

SUGGESTED = """
import annotate_tuners
from annotate_tuners.tuner import Observation
from tests.tuners.conformance import NESTED, serial
tuner = annotate_tuners.make("smac", NESTED, direction="minimize", seed=0, startup=4, challengers=20, walks=2)
for number in range(8):
    params = tuner.suggest(number)
    tuner.observe(Observation(number, params, serial(params)))
    print(params)
"""


class TestSmac(Conformance):
    name = "SMAC"
    class_args = {"startup": 5, "challengers": 20, "walks": 1, "n_trees": 3}  # noqa: RUF012
    trials = 7

    def test_its_later_points_are_better_than_chance(self):
        tuner = self.make(SQUARE, startup=8, challengers=100, walks=2, n_trees=10)
        values = [bowl(params) for params in self.drive(tuner, bowl, 24)]
        assert sum(values[-8:]) < sum(values[:8]) / 3

    def test_another_process_suggests_the_same(self):
        outputs = [
            subprocess.run(
                [sys.executable, "-c", SUGGESTED],
                env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
                capture_output=True,
                text=True,
                check=True,
            ).stdout
            for seed in ("1", "2")
        ]
        assert outputs[0] == outputs[1]
        assert outputs[0].count("\n") == 8

    @pytest.mark.parametrize("wrong", [{"startup": 1}, {"walks": 0}, {"random_probability": 1.0}])
    def test_impossible_arguments_are_refused(self, wrong):
        with pytest.raises(InvalidArguments, match="smac needs"):
            self.make(SMALL, **wrong)
