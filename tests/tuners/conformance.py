"""What every tuner keeps, whatever its algorithm: a test class for each inherits this one.

class TestRandom(Conformance):
    name = "random"
"""

from __future__ import annotations

import json
import math

import pytest

import annotate_tuners
from annotate_tuners.errors import InvalidArguments, UnsatisfiableConstraint
from annotate_tuners.exact import exact
from annotate_tuners.space import SearchSpace
from annotate_tuners.tuner import Observation, SpaceExhausted

MIXED = SearchSpace.from_json(
    {
        "lr": {"_type": "loguniform", "_value": [1e-4, 1e-1]},
        "momentum": {"_type": "uniform", "_value": [0, 1]},
        "batch": {"_type": "quniform", "_value": [30, 250, 32]},
        "hidden": {"_type": "qloguniform", "_value": [10, 1000, 7]},
        "layers": {"_type": "randint", "_value": [2, 9]},
        "bias": {"_type": "normal", "_value": [1, 2]},
        "shift": {"_type": "qnormal", "_value": [0, 10, 5]},
        "scale": {"_type": "lognormal", "_value": [0, 1]},
        "steps": {"_type": "qlognormal", "_value": [3, 1, 10]},
        "act": {"_type": "choice", "_value": ["relu", 1, 1.0, True, None, [1, 2]]},
    }
)
NESTED = SearchSpace.from_json(
    {
        "layer": {
            "_type": "choice",
            "_value": [
                {"_name": "Empty"},
                {"_name": "Conv", "kernel": {"_type": "choice", "_value": [1, 2, 3, 5]}},
                {
                    "_name": "Pool",
                    "size": {"_type": "uniform", "_value": [1, 2]},
                    "mode": {
                        "_type": "choice",
                        "_value": [
                            {"_name": "max"},
                            {"_name": "mean", "pad": {"_type": "randint", "_value": [0, 3]}},
                        ],
                    },
                },
            ],
        },
        "width": {"_type": "randint", "_value": [1, 100]},
    }
)
MUTABLE = SearchSpace.from_json(
    {
        "block": {
            "_type": "mutable_layer",
            "_value": {
                "first": {
                    "layer_choice": ["conv(3)", "conv(5)"],
                    "optional_inputs": ["a", "b", "c"],
                    "optional_input_size": [0, 2],
                }
            },
        },
        "lr": {"_type": "uniform", "_value": [0, 1]},
    }
)
SMALL = SearchSpace.from_json(
    {
        "act": {"_type": "choice", "_value": ["relu", "tanh"]},
        "layers": {"_type": "randint", "_value": [1, 4]},
    }
)
SQUARE = SearchSpace.from_json(
    {"x": {"_type": "uniform", "_value": [-5, 5]}, "y": {"_type": "uniform", "_value": [-5, 5]}}
)
PLAIN = (dict, list, str, int, float, bool, type(None))


def bowl(params) -> float:
    return (params["x"] - 1) ** 2 + (params["y"] + 2) ** 2


def serial(params) -> float:
    """A number for any point: the same for the same parameters, unlike any other's."""
    return sum(map(ord, exact(params))) % 97 / 97


class Conformance:
    """Set `name`, and what differs: `class_args`, `extras` that are added to the parameters, `seeded`."""

    name: str
    class_args: dict = {}  # noqa: RUF012
    extras: frozenset[str] = frozenset()
    seeded = True  # whether another seed gives other suggestions
    plain = MIXED
    trials = 30  # enough for the algorithm to leave its start-up phase

    def make(self, space, *, direction="minimize", seed=0, **more):
        return annotate_tuners.make(
            self.name, space, direction=direction, seed=seed, **{**self.class_args, **more}
        )

    def stripped(self, params) -> dict:
        return {key: value for key, value in params.items() if key not in self.extras}

    def drive(self, tuner, objective, trials, *, parallel=1, first=0) -> list[dict]:
        """Run `trials` trials, `parallel` at a time; every suggestion in order."""
        suggested, running = [], []
        for number in range(first, first + trials):
            params = tuner.suggest(number)
            suggested.append(params)
            running.append((number, params))
            if len(running) == parallel:
                done, point = running.pop(0)
                tuner.observe(Observation(done, point, objective(self.stripped(point))))
        for done, point in running:
            tuner.observe(Observation(done, point, objective(self.stripped(point))))
        return suggested

    @pytest.mark.parametrize("parallel", [1, 4])
    @pytest.mark.parametrize("space", [MIXED, NESTED, MUTABLE], ids=["mixed", "nested", "mutable"])
    def test_every_suggestion_is_a_point_of_the_space(self, space, parallel):
        for params in self.drive(self.make(space), serial, self.trials, parallel=parallel):
            assert space.contains(self.stripped(params)), params
            assert self.extras <= params.keys()

    def test_values_are_plain_python_values_that_json_carries(self):
        def check(value):
            assert type(value) in PLAIN, value
            for inner in (
                value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
            ):
                check(inner)

        for space in (MIXED, NESTED):
            for params in self.drive(self.make(space), serial, self.trials):
                check(params)
                assert exact(json.loads(json.dumps(params))) == exact(params)

    def test_a_nested_choice_delivers_only_what_is_active(self):
        keys = {"Empty": {"_name"}, "Conv": {"_name", "kernel"}, "Pool": {"_name", "size", "mode"}}
        for params in self.drive(self.make(NESTED), serial, self.trials):
            assert params["layer"].keys() == keys[params["layer"]["_name"]]

    def test_the_same_seed_and_history_give_the_same_suggestions(self):
        once = self.drive(self.make(MIXED, seed=3), serial, self.trials, parallel=2)
        assert self.drive(self.make(MIXED, seed=3), serial, self.trials, parallel=2) == once

    def test_another_seed_gives_other_suggestions(self):
        if self.seeded:
            once = self.drive(self.make(MIXED, seed=3), serial, 3)
            assert self.drive(self.make(MIXED, seed=4), serial, 3) != once

    @pytest.mark.parametrize("backwards", [False, True])
    def test_a_tuner_rebuilt_from_history_goes_on_as_the_first_would_have(self, backwards):
        first = self.make(MIXED)
        points = self.drive(first, serial, self.trials)
        history = [Observation(n, p, serial(self.stripped(p))) for n, p in enumerate(points)]
        second = self.make(MIXED)
        for observation in reversed(history) if backwards else history:
            second.observe(observation)
        assert [second.suggest(n) for n in range(100, 103)] == [first.suggest(n) for n in range(100, 103)]

    def test_a_tuner_rebuilt_after_trials_that_read_not_all_goes_on_as_the_first_would_have(self):
        first, second = self.make(MIXED), self.make(MIXED)
        history = []
        for number in range(self.trials):
            given = first.suggest(number)
            unread = ("act",) if number % 2 else ()
            read = {key: value for key, value in given.items() if key not in unread}
            value = serial(self.stripped(read))
            history.append(Observation(number, read, value, inactive=unread, given=given))
            first.observe(history[-1])
        for observation in history:
            second.observe(observation)
        assert [second.suggest(n) for n in range(100, 103)] == [first.suggest(n) for n in range(100, 103)]

    def test_pending_points_are_not_repeated(self):
        tuner = self.make(MIXED)
        points = [exact(tuner.suggest(number)) for number in range(12)]
        assert len(set(points)) == 12

    def test_a_point_that_another_runs_is_not_suggested(self):
        tuner = self.make(SMALL)
        params = dict(self.make(SMALL).suggest(0))
        tuner.pending(0, params)
        assert exact(params) not in {exact(tuner.suggest(n)) for n in range(1, 5)}

    def test_failed_trials_are_learned_and_not_repeated(self):
        tuner = self.make(SMALL)
        points = set()
        for number in range(4):
            params = tuner.suggest(number)
            points.add(exact(params))
            tuner.observe(Observation(number, params, None))
        assert len(points) == 4

    @pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf])
    def test_where_every_trial_fails_suggestions_go_on(self, value):
        tuner = self.make(MIXED)
        for number in range(self.trials):
            params = tuner.suggest(number)
            assert MIXED.contains(self.stripped(params))
            tuner.observe(Observation(number, params, value))

    def test_a_forgotten_point_may_come_again(self):
        tuner = self.make(SMALL)
        size = len(self.all_of(tuner, SMALL, first=0, observe=False))
        for number in range(size):
            tuner.forget(number)
        assert len(self.all_of(tuner, SMALL, first=1000, observe=False)) == size

    def all_of(self, tuner, space, *, first, observe=True) -> list[dict]:
        found = []
        for number in range(first, first + 100):
            try:
                params = tuner.suggest(number)
            except SpaceExhausted:
                break
            found.append(self.stripped(params))
            if observe:
                tuner.observe(Observation(number, params, serial(self.stripped(params))))
        return found

    def test_a_small_space_is_tried_whole_and_then_exhausted(self):
        if self.extras:
            return
        found = self.all_of(self.make(SMALL), SMALL, first=0)
        assert len(found) == 6
        assert len({exact(params) for params in found}) == 6

    def test_repeats_allows_every_point_so_often(self):
        if self.extras:
            return
        found = self.all_of(self.make(SMALL, repeats=2), SMALL, first=0)
        assert sorted(map(exact, found)) == sorted(
            2 * [exact(p) for p in self.all_of(self.make(SMALL), SMALL, first=0)]
        )

    def test_a_value_that_was_never_read_makes_no_new_point(self):
        if self.extras:
            return
        tuner = self.make(SMALL)
        tuner.observe(Observation(0, {"act": "relu"}, 1.0, inactive=("layers",)))
        found = self.all_of(tuner, SMALL, first=1)
        assert {params["act"] for params in found} == {"tanh"}
        assert len(found) == 3

    def test_maximising_mirrors_minimising(self):
        up = self.drive(self.make(SQUARE, direction="maximize"), lambda p: -bowl(p), self.trials)
        down = self.drive(self.make(SQUARE, direction="minimize"), bowl, self.trials)
        assert up == down

    def test_a_baseline_outside_the_space_is_borne(self):
        tuner = self.make(MIXED)
        tuner.pending(0, {"lr": 5.0, "batch": 50, "act": "gelu", "layers": 2.5})
        tuner.observe(Observation(0, {"lr": 5.0, "batch": 50, "act": "gelu", "layers": 2.5}, 0.1))
        tuner.observe(Observation(-1, {}, 0.2))
        for params in self.drive(tuner, serial, self.trials, first=1):
            assert MIXED.contains(self.stripped(params))

    def test_history_from_elsewhere_is_observed_the_same_way(self):
        points = self.drive(self.make(SMALL, seed=7), serial, 3)
        tuner = self.make(SMALL)
        for number, params in enumerate(points):
            tuner.observe(Observation(-1 - number, params, serial(self.stripped(params))))
        fresh = {exact(tuner.suggest(number)) for number in range(3)}
        assert fresh.isdisjoint(map(exact, points))

    def test_no_point_breaks_the_constraint(self):
        tuner = self.make(SQUARE, constraint=lambda p: p["x"] <= p["y"])
        for params in self.drive(tuner, bowl, self.trials, parallel=2):
            assert params["x"] <= params["y"]

    def test_a_constraint_no_point_keeps_is_an_error_at_once(self):
        with pytest.raises(UnsatisfiableConstraint, match="no point"):
            self.make(SMALL, constraint=lambda p: p["layers"] > 9)

    def test_an_unknown_class_argument_is_an_error_that_names_it(self):
        with pytest.raises(InvalidArguments, match="no_such_argument"):
            self.make(SMALL, no_such_argument=1)
