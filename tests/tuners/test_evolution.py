"""Evolution, naive and regularized."""

from __future__ import annotations

import pytest

from annotate_tuners.errors import InvalidArguments
from annotate_tuners.exact import exact
from annotate_tuners.space import SearchSpace
from tests.tuners.conformance import MIXED, NESTED, SQUARE, Conformance, serial

ONES = SearchSpace.from_json({f"b{n}": {"_type": "choice", "_value": [0, 1]} for n in range(16)})


class _Evolves(Conformance):
    def test_a_child_differs_from_some_parent_in_one_parameter(self):
        points = self.drive(self.make(MIXED), serial, 30)
        for number, child in enumerate(points[10:], start=10):
            assert min(sum(exact(p[k]) != exact(v) for k, v in child.items()) for p in points[:number]) == 1

    def test_it_climbs_a_hill_of_many_small_choices(self):
        points = self.drive(self.make(ONES), lambda p: -sum(p.values()), 60)
        assert (
            sum(sum(p.values()) for p in points[-15:]) > sum(sum(p.values()) for p in points[:15]) + 15 * 1.5
        )

    def test_a_changed_nested_choice_brings_its_own_parameters(self):
        for params in self.drive(self.make(NESTED), serial, 40):
            assert NESTED.contains(params)

    def test_a_population_of_one_is_refused(self):
        with pytest.raises(InvalidArguments, match="population_size is at least 2, not 1"):
            self.make(SQUARE, population_size=1)


class TestEvolution(_Evolves):
    name = "Evolution"
    class_args = {"population_size": 8}  # noqa: RUF012


class TestRegularizedEvolution(_Evolves):
    name = "RegularizedEvolution"
    class_args = {"population_size": 8, "sample_size": 4}  # noqa: RUF012
