"""Grid search and batch."""

from __future__ import annotations

import re

import pytest

import annotate_tuners
from annotate_tuners.dimensions import Dimensions
from annotate_tuners.errors import InvalidSpace
from annotate_tuners.grid import Grid, extent
from annotate_tuners.space import SearchSpace
from annotate_tuners.tuner import SpaceExhausted
from tests.tuners.conformance import NESTED, SMALL, SQUARE, Conformance


def grid(space, **more):
    return annotate_tuners.make("GridSearch", space, direction="minimize", seed=0, **more)


class TestGrid(Conformance):
    name = "GridSearch"
    seeded = False
    trials = 20

    def test_the_last_key_runs_fastest_and_the_end_is_the_size(self):
        tuner, size = grid(SMALL), Dimensions.of(SMALL).size()
        points = [tuple(tuner.suggest(number).values()) for number in range(size)]
        assert points == [(a, n) for a in ("relu", "tanh") for n in (1, 2, 3)]
        with pytest.raises(SpaceExhausted):
            tuner.suggest(size)

    def test_stepped_values_are_enumerated_as_nni_rounds_them(self):
        space = SearchSpace.from_json({"q": {"_type": "quniform", "_value": [2, 10, 5]}})
        tuner = grid(space)
        assert [tuner.suggest(number)["q"] for number in range(3)] == [2.0, 5.0, 10.0]

    def test_continuous_values_are_halved_level_by_level(self):
        tuner = grid(SearchSpace.from_json({"x": {"_type": "uniform", "_value": [0, 8]}}))
        assert [tuner.suggest(number)["x"] for number in range(7)] == [4, 2, 6, 1, 3, 5, 7]

    def test_a_second_level_holds_only_what_the_first_does_not(self):
        tuner = grid(SQUARE)
        points = {tuple(tuner.suggest(number).values()) for number in range(9)}
        assert points == {(x, y) for x in (-2.5, 0, 2.5) for y in (-2.5, 0, 2.5)}

    def test_a_constraint_leaves_out_what_breaks_it_in_order(self):
        tuner = grid(SMALL, constraint=lambda p: p["layers"] != 1)
        assert [tuner.suggest(n)["layers"] for n in range(4)] == [2, 3, 2, 3]

    def test_a_nested_space_is_counted_branch_by_branch(self):
        space = SearchSpace.from_json({"layer": NESTED.to_json()["layer"]})
        assert Dimensions.of(space).size() is None
        options = space["layer"].options[:2]
        small = SearchSpace.from_json({"layer": {"_type": "choice", "_value": list(options)}})
        assert Dimensions.of(small).size() == 5
        tuner = grid(small)
        assert len({str(tuner.suggest(number)) for number in range(5)}) == 5


@pytest.mark.parametrize("space", [NESTED, SQUARE, SMALL], ids=["nested", "square", "small"])
def test_it_says_how_many_points_it_has(space):
    dimensions = Dimensions.of(space)
    levels = [sum(1 for _ in Grid(dimensions)._level(level)) for level in range(3)]
    said = [int(number.replace(",", "")) for number in re.findall(r"[\d,]*\d", extent(dimensions))]
    assert said == (levels if dimensions.size() is None else [dimensions.size()])


class TestBatch:
    SPACE = SearchSpace.from_json(
        {"combine_params": {"_type": "choice", "_value": [{"lr": 0.1}, {"lr": 0.3, "act": "relu"}]}}
    )

    def test_the_configurations_come_in_their_order_and_then_end(self):
        tuner = annotate_tuners.make("BatchTuner", self.SPACE, direction="minimize", seed=0)
        assert [tuner.suggest(number) for number in range(2)] == [{"lr": 0.1}, {"lr": 0.3, "act": "relu"}]
        with pytest.raises(SpaceExhausted):
            tuner.suggest(2)

    def test_any_other_space_is_refused(self):
        with pytest.raises(InvalidSpace, match="one choice"):
            annotate_tuners.make("batch", SMALL, direction="minimize", seed=0)
