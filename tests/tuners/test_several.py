"""Tuners of several metrics: all that a tuner keeps, and that they look at every metric."""

import dataclasses
import math

import pytest

import annotate_tuners
from annotate_tuners.algorithm import Outcome
from annotate_tuners.errors import OneMetricOnly
from annotate_tuners.space import SearchSpace
from annotate_tuners.tpe_of_several import placed
from annotate_tuners.tuner import Observation
from tests.tuners.conformance import SMALL, SQUARE, Conformance

SEVERAL = ("batch", "grid", "motpe", "nsga2", "qmc", "random", "tpe")


class Doubled:
    """A tuner that is told a second metric beside each value; a NaN in one of them is a failure."""

    def __init__(self, tuner):
        self._tuner = tuner
        self.suggest, self.pending, self.forget = tuner.suggest, tuner.pending, tuner.forget

    def observe(self, observation):
        value = observation.value
        values = () if value is None else (value, math.sin(9 * value) if math.isfinite(value) else value)
        self._tuner.observe(dataclasses.replace(observation, values=values))


class TestTpe(Conformance):
    name = "tpe"

    def make(self, space, *, direction="minimize", **more):
        return Doubled(super().make(space, direction=direction, directions=(direction, direction), **more))

    def test_maximising_mirrors_minimising(self):
        """The second metric is an odd function of the first, so both turn over together."""
        super().test_maximising_mirrors_minimising()


def hypervolume(points, corner=(4.0, 4.0)):
    """The area that points of two losses leave no better point in, up to a corner."""
    area, low = 0.0, corner[1]
    for x, y in sorted(points):
        if x < corner[0] and y < low:
            area += (corner[0] - x) * (low - y)
            low = y
    return area


def shaffer(params):
    """Schaffer's second problem with a dimension more: the front lies between two centres."""
    x, y = params["x"], params["y"]
    return (x - 0.3) ** 2 + (y - 0.5) ** 2, (x - 0.7) ** 2 + (y - 0.5) ** 2


def reached(name, seed, trials=60):
    space = SearchSpace.from_json({k: {"_type": "uniform", "_value": [0, 1]} for k in "xy"})
    tuner = annotate_tuners.make(name, space, direction="minimize", directions=("minimize",) * 2, seed=seed)
    losses = []
    for number in range(trials):
        params = tuner.suggest(number)
        losses.append(shaffer(params))
        tuner.observe(Observation(number, params, losses[-1][0], values=losses[-1]))
    return hypervolume(losses, (0.3, 0.3))


@pytest.mark.parametrize("name", ["tpe", "nsga2", "motpe"])
def test_more_of_the_front_is_found_than_by_chance(name):
    """Over three seeds of 60 trials, by the area that the front leaves below it."""
    assert sum(reached(name, seed) for seed in range(3)) > sum(reached("random", seed) for seed in range(3))


@pytest.mark.parametrize("name", SEVERAL)
def test_those_that_know_several_metrics_take_them(name):
    batch = {"one": {"_type": "choice", "_value": [{"x": 1}, {"x": 2}]}}
    space = SearchSpace.from_json(batch) if name == "batch" else SMALL
    tuner = annotate_tuners.make(
        name, space, direction="maximize", directions=("maximize", "minimize"), seed=1
    )
    params = tuner.suggest(0)
    tuner.observe(Observation(0, params, 0.5, values=(0.5, 3.0)))
    assert tuner.suggest(1) != params


@pytest.mark.parametrize("name", sorted(set(annotate_tuners.names()) - {*SEVERAL}))
def test_those_that_know_one_say_so_and_name_those_that_know_more(name):
    for begin in (annotate_tuners.make, annotate_tuners.try_out):
        more = {"seed": 1} if begin is annotate_tuners.make else {}
        with pytest.raises(
            OneMetricOnly, match=r"knows one metric only; .* batch, grid, motpe, nsga2, qmc, random, tpe"
        ):
            begin(name, SQUARE, direction="maximize", directions=("maximize", "minimize"), **more)


@pytest.mark.parametrize(("name", "knows"), [
    ("optuna:NSGAIIISampler", True), ("optuna:CmaEsSampler", False),
    ("own.py:Several", True), ("own.py:One", False), ("own.py:Theirs", False),
])  # fmt: skip
def test_a_tuner_from_elsewhere_is_asked_before_anything_begins_whether_it_knows_several(
    tmp_path, name, knows
):
    """A user's own tuner says so by taking `directions`; NNI's interface has one value only."""
    (tmp_path / "own.py").write_text(
        "class One:\n"
        "    def __init__(self, space, *, direction, seed): pass\n"
        "    def suggest(self, number): return {}\n"
        "class Several(One):\n"
        "    def __init__(self, space, *, direction, seed, directions=()): assert len(directions) == 2\n"
        "class Theirs:\n"
        "    def update_search_space(self, space): pass\n"
        "    def generate_parameters(self, number): return {}\n"
    )
    name = f"{tmp_path}/{name}" if ".py" in name else name
    both = {"direction": "maximize", "directions": ("maximize", "minimize")}
    if knows:
        annotate_tuners.try_out(name, SQUARE, **both)
    else:
        with pytest.raises(OneMetricOnly, match="knows one metric only"):
            annotate_tuners.try_out(name, SQUARE, **both)


def outcome(number, *losses):
    return Outcome(number, {}, losses[0] if losses else None, {}, losses=losses)


def places(*losses):
    """The numbers of the outcomes from the best place to the worst."""
    found = placed([outcome(number, *each) for number, each in enumerate(losses)])
    return sorted(range(len(losses)), key=lambda number: found[number].loss)


def test_the_first_front_comes_first_and_in_it_what_adds_most_to_the_area():
    """Trial 0 is beaten by 2 and 3; the middle of the front adds most, and what lies next to it almost nothing."""
    assert places((5.0, 5.0), (0.0, 4.0), (2.1, 2.0), (2.0, 2.1), (4.0, 0.0)) == [3, 4, 1, 2, 0]


def test_of_three_metrics_what_is_crowded_comes_last():
    corners = [(0.0, 4.0, 4.0), (4.0, 0.0, 4.0), (4.0, 4.0, 0.0)]
    assert places((2.0, 2.0, 2.1), (2.1, 2.0, 2.0), *corners)[:3] == [2, 3, 4]


def test_a_trial_that_lacks_a_metric_has_no_place():
    assert [each.loss for each in placed([outcome(0), outcome(1, 1.0, 2.0)])] == [None, 0.0]
