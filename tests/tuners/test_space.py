"""Distributions, search spaces, and their flat layout."""

from __future__ import annotations

import itertools
import json
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate_tuners.choices import Choice
from annotate_tuners.dimensions import Dimensions
from annotate_tuners.distributions import LogUniform, Normal, QLogUniform, QNormal, QUniform, RandInt, Uniform
from annotate_tuners.errors import InvalidSpace
from annotate_tuners.exact import exact, number_in_parentheses
from annotate_tuners.space import SearchSpace
from tests.tuners.conformance import MIXED, MUTABLE, NESTED, SMALL

BOUNDS = st.tuples(st.floats(-1e6, 1e6, allow_nan=False), st.floats(-1e6, 1e6, allow_nan=False)).filter(
    lambda pair: pair[0] < pair[1]
)
POSITIVE = st.tuples(st.floats(1e-6, 1e6), st.floats(1e-6, 1e6)).filter(lambda pair: pair[0] < pair[1])
SHARES = st.floats(0, 1, exclude_max=True)
SPACES = [MIXED, NESTED, MUTABLE, SMALL]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


class TestDistributions:
    @given(BOUNDS, SHARES)
    def test_a_uniform_value_lies_in_its_bounds_and_knows_its_share(self, bounds, u):
        d = Uniform(*bounds)
        assert d.contains(d.at(u))
        assert math.isclose(d.position(d.at(u)), u, abs_tol=1e-6) or bounds[1] - bounds[0] < 1e-3

    @given(POSITIVE, SHARES)
    def test_a_loguniform_value_lies_in_its_bounds(self, bounds, u):
        assert LogUniform(*bounds).contains(LogUniform(*bounds).at(u))

    @given(BOUNDS, st.floats(1e-3, 1e3), SHARES)
    def test_a_quantised_value_is_on_the_grid_or_at_a_bound(self, bounds, q, u):
        low, high = bounds
        value = QUniform(low, high, q).at(u)
        assert value in (low, high) or math.isclose(value / q, round(value / q), abs_tol=1e-6)
        assert QUniform(low, high, q).contains(value)

    @given(st.integers(-1000, 1000), st.integers(1, 1000), SHARES)
    def test_a_random_integer_excludes_its_upper_bound(self, low, width, u):
        value = RandInt(low, low + width).at(u)
        assert type(value) is int
        assert low <= value < low + width

    def test_quniform_is_rounded_half_to_even_and_not_offset_by_low(self):
        assert QUniform(2, 10, 5).grid() == (2.0, 5.0, 10.0)
        assert QUniform(0, 10, 5).quantise(2.5) == 0.0
        assert QUniform(0, 10, 5).quantise(7.5) == 10.0

    def test_the_q_normals_are_rounded_and_not_clipped(self):
        assert QNormal(0, 1, 0.5).quantise(9.9) == 10.0
        assert QNormal(0, 1, 0.5).at(0.5) == 0.0

    def test_every_value_of_a_grid_is_contained_and_every_other_is_not(self):
        d = QLogUniform(1, 100, 10)
        assert d.grid() == (1.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 100.0)
        assert all(map(d.contains, d.grid()))
        assert not any(map(d.contains, (11, 101, True, "10", None, math.nan)))

    def test_a_normal_value_at_the_middle_is_its_mean(self):
        assert Normal(3, 2).at(0.5) == 3.0

    @pytest.mark.parametrize(
        ("kind", "value"),
        [
            ("uniform", [1, 1]),
            ("uniform", [2, 1]),
            ("uniform", [True, 2]),
            ("uniform", ["0", 1]),
            ("loguniform", [0, 1]),
            ("quniform", [0, 1, 0]),
            ("randint", [0.5, 3]),
            ("normal", [0, 0]),
            ("uniform", [0, math.inf]),
            ("uniform", [0]),
            ("uniform", {"low": 0}),
            ("choice", []),
            ("unifrom", [0, 1]),
            (["choice"], [0, 1]),
            ("mutable_layer", {"a": {"layer_choice": []}}),
            ("mutable_layer", {"a": {"layer_choice": [1], "optional_inputs": [1], "optional_input_size": 2}}),
            ("choice", [{"_name": "a", "x": 3}]),
        ],
    )
    def test_what_cannot_be_is_refused_with_its_key(self, kind, value):
        with pytest.raises(InvalidSpace, match="train/lr"):
            SearchSpace.from_json({"train/lr": {"_type": kind, "_value": value}})

    def test_a_choice_in_the_source_names_each_option_once(self):
        with pytest.raises(InvalidSpace, match="names the option 1 twice"):
            Choice((1, 1))

    def test_an_unknown_type_is_told_the_nearest(self):
        with pytest.raises(InvalidSpace, match="did you mean 'uniform'"):
            SearchSpace.from_json({"x": {"_type": "unifrom", "_value": [0, 1]}})


class TestExact:
    @given(JSON, JSON)
    def test_two_values_are_the_same_when_their_json_is(self, one, other):
        same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
        assert (exact(one) == exact(other)) is same

    def test_options_differ_by_type(self):
        choice = Choice((1, 1.0, True, "1", None))
        assert [choice.index(v) for v in (1, 1.0, True, "1", None, False)] == [0, 1, 2, 3, 4, None]
        assert Choice((1,)) != Choice((True,))
        assert hash(Choice((1, [2]))) == hash(Choice((1, (2,))))

    def test_nnis_text_for_a_negative_number_is_the_number(self):
        texts = ("(-1)", "(-0.5)", "(-1e-3)", "(1)", "-1", "(-x)", None)
        assert [number_in_parentheses(t) for t in texts] == [-1, -0.5, -0.001, None, None, None, None]
        space = SearchSpace.from_json({"x": {"_type": "choice", "_value": ["(-1)", 1]}})
        assert space["x"] == Choice((-1, 1))
        assert Dimensions.of(space).encode({"x": "(-1)"}) == {"x": 0}


class TestSearchSpace:
    @pytest.mark.parametrize("space", SPACES)
    def test_json_to_space_to_json_is_the_same(self, space):
        assert SearchSpace.from_json(json.loads(json.dumps(space.to_json()))).to_json() == space.to_json()

    @pytest.mark.parametrize("space", SPACES)
    @given(st.integers())
    def test_a_sample_is_a_point_of_the_space_and_survives_the_flat_layout(self, space, seed):
        params = space.sample(random.Random(seed))
        dimensions = Dimensions.of(space)
        assert space.contains(params)
        assert exact(dimensions.decode(dimensions.encode(params))) == exact(params)

    def test_a_point_with_a_key_too_few_or_too_many_is_not_contained(self):
        assert SMALL.contains({"act": "relu", "layers": 2})
        assert not SMALL.contains({"act": "relu"})
        assert not SMALL.contains({"act": "relu", "layers": 2, "x": 1})
        assert not SMALL.contains({"act": "gelu", "layers": 2})

    def test_a_choice_of_dicts_of_which_one_has_no_name_is_a_plain_choice(self):
        space = SearchSpace.from_json(
            {"x": {"_type": "choice", "_value": [{"_name": "a", "k": 1}, {"k": 2}]}}
        )
        assert space.sample(random.Random(0))["x"] in space["x"].options
        assert len(Dimensions.of(space)) == 1

    def test_an_option_that_stands_twice_in_a_file_counts_once_and_is_told(self):
        said = []
        space = SearchSpace.from_json(
            {"lr": {"_type": "choice", "_value": [0.1, 1, 0.1, True, "(-1)", -1]}}, said.append
        )
        assert exact(list(space["lr"].options)) == exact([0.1, 1, True, -1])
        assert said == [
            "lr: the option 0.1 stands twice and counts once",
            "lr: the option -1 stands twice and counts once",
        ]

    def test_an_entry_that_means_nothing_is_told_wherever_it_stands(self):
        said = []
        entry = {"_type": "uniform", "_value": [0, 1], "_condition": {"k": "rbf"}, "note": "mine"}
        nested = {"_type": "choice", "_value": [{"_name": "a", "x": {**entry, "_type": "uniform"}}]}
        assert SearchSpace.from_json({"x": entry, "k": nested}, said.append).to_json().keys() == {"x", "k"}
        assert [line.split(" means")[0] for line in said] == [
            "x: _condition", "x: note", "k, under 'a', x: _condition", "k, under 'a', x: note",
        ]  # fmt: skip
        assert "stands in that option" in said[0]

    def test_a_wrong_number_of_arguments_is_told_with_the_right_one(self):
        with pytest.raises(InvalidSpace, match="x: uniform takes low, high, not 4 arguments"):
            SearchSpace.from_json({"x": {"_type": "uniform", "_value": [0, 1, 2, 3]}})


class TestDimensions:
    def test_the_points_of_a_space_are_as_many_as_its_size(self):
        block = SearchSpace.from_json({"block": MUTABLE.to_json()["block"]})
        for space, size in ((SMALL, 6), (block, 2 * (1 + 3 + 3))):
            dimensions = Dimensions.of(space)
            points = [exact(dimensions.decode(point)) for point in dimensions.points()]
            assert dimensions.size() == len(points) == len(set(points)) == size

    def test_every_selection_of_inputs_has_a_number_of_its_own(self):
        dimensions = Dimensions.of(MUTABLE)
        chosen = [
            tuple(dimensions.decode({**point, "lr": 0.5})["block"]["first"]["chosen_inputs"])
            for point in ({"block/first/chosen_layer": 0, "block/first/chosen_inputs": n} for n in range(7))
        ]
        wanted = [c for size in range(3) for c in itertools.combinations("abc", size)]
        assert chosen == wanted

    def test_what_lies_outside_the_space_is_left_out_of_a_point(self):
        params = {"lr": 5.0, "batch": 50, "act": "gelu", "layers": 3, "unknown": 1}
        assert Dimensions.of(MIXED).encode(params) == {"batch": 50.0, "layers": 3}

    def test_an_option_opens_its_own_dimensions_only(self):
        point = Dimensions.of(NESTED).encode({"layer": {"_name": "Conv", "kernel": 3}, "width": 7})
        assert point == {"layer": 1, "layer/1:Conv/kernel": 2, "width": 7}
