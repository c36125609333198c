"""Hyperband and BOHB."""

from __future__ import annotations

import pytest

import annotate_tuners
from annotate_tuners.budgets import KEY
from annotate_tuners.errors import InvalidArguments
from annotate_tuners.tuner import Observation
from tests.tuners.conformance import SQUARE, Conformance, bowl


class _Budgets(Conformance):
    extras = frozenset({KEY})

    def test_the_first_configurations_have_the_smallest_budget(self):
        tuner = self.make(SQUARE)
        assert {tuner.suggest(number)[KEY] for number in range(3)} == {1}

    def test_budgets_are_whole_numbers_between_the_bounds(self):
        points = self.drive(self.make(SQUARE), bowl, 60)
        assert {type(p[KEY]) for p in points} == {int}
        assert {p[KEY] for p in points} == {1, 3, 9}


class TestHyperband(_Budgets):
    name = "Hyperband"
    class_args = {"R": 9}  # noqa: RUF012

    def test_the_best_third_of_a_rung_goes_on_with_three_times_the_budget(self):
        tuner = self.make(SQUARE)
        first = self.drive(tuner, bowl, 9)
        second = self.drive(tuner, bowl, 3, first=9)
        third = self.drive(tuner, bowl, 1, first=12)
        best = sorted(first, key=lambda p: bowl(self.stripped(p)))
        assert [{**p, KEY: 3} for p in best[:3]] == second
        assert third == [{**best[0], KEY: 9}]

    def test_where_a_rung_waits_the_next_bracket_begins(self):
        tuner = self.make(SQUARE)
        budgets = [tuner.suggest(number)[KEY] for number in range(18)]
        assert budgets == [1] * 9 + [3] * 5 + [9] * 3 + [1]

    def test_a_forgotten_trial_is_replaced_in_its_rung(self):
        tuner = self.make(SQUARE)
        for number in range(9):
            tuner.suggest(number)
        tuner.forget(4)
        assert tuner.suggest(20)[KEY] == 1

    def test_a_failed_trial_is_not_promoted_and_holds_nobody_up(self):
        tuner = self.make(SQUARE)
        points = [tuner.suggest(number) for number in range(9)]
        for number, point in enumerate(points):
            tuner.observe(Observation(number, point, None if number < 6 else float(number)))
        assert [tuner.suggest(n) for n in range(9, 12)] == [{**p, KEY: 3} for p in points[6:]]

    @pytest.mark.parametrize("wrong", [{"R": 0}, {"eta": 1}, {"exec_mode": "x"}])
    def test_impossible_arguments_are_refused(self, wrong):
        with pytest.raises(InvalidArguments):
            annotate_tuners.make("hyperband", SQUARE, direction="minimize", seed=0, **wrong)


class TestBohb(_Budgets):
    name = "BOHB"
    class_args = {"min_budget": 1, "max_budget": 9}  # noqa: RUF012
    trials = 14

    def test_its_new_configurations_are_better_than_chance(self):
        def fresh(name, **args):
            tuner = annotate_tuners.make(name, SQUARE, direction="minimize", seed=1, **args)
            points = self.drive(tuner, bowl, 120)
            new = list({(p["x"], p["y"]): bowl(self.stripped(p)) for p in points}.values())
            return sum(sorted(new[-20:])[:10])

        assert fresh("bohb", **self.class_args) < fresh("hyperband", R=9) / 2
