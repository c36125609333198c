"""Population based training."""

from __future__ import annotations

from annotate_tuners.pbt import LOAD, SAVE
from annotate_tuners.tuner import Observation
from tests.tuners.conformance import SQUARE, Conformance, bowl


class TestPbt(Conformance):
    name = "PBT"
    class_args = {"population_size": 5, "all_checkpoint_dir": "/ckpt"}  # noqa: RUF012
    extras = frozenset({LOAD, SAVE})

    def test_a_first_turn_saves_into_a_directory_of_its_own(self):
        tuner = self.make(SQUARE)
        saves = [tuner.suggest(number)[SAVE] for number in range(5)]
        assert saves == [f"/ckpt/0/{member}" for member in range(5)]

    def test_the_best_goes_on_with_its_own_parameters_and_checkpoint(self):
        tuner = self.make(SQUARE)
        first = self.drive(tuner, bowl, 5)
        best = min(range(5), key=lambda member: bowl(first[member]))
        second = self.drive(tuner, bowl, 5, first=5)
        assert self.stripped(second[best]) == self.stripped(first[best])
        assert (second[best][LOAD], second[best][SAVE]) == (f"/ckpt/0/{best}", f"/ckpt/1/{best}")

    def test_the_worst_takes_over_a_checkpoint_of_the_best_with_changed_parameters(self):
        tuner = self.make(SQUARE)
        first = [tuner.suggest(number) for number in range(5)]
        for number, point in enumerate(first):
            tuner.observe(Observation(number, point, float(number == 0)))
        again = tuner.suggest(5)
        assert (again[LOAD], again[SAVE]) == ("/ckpt/0/1", "/ckpt/1/0")
        assert self.stripped(again) != self.stripped(first[1])

    def test_where_all_members_run_another_begins(self):
        tuner = self.make(SQUARE)
        assert [tuner.suggest(number)[SAVE] for number in range(6)][-1] == "/ckpt/0/5"
