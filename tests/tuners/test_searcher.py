"""The rules that hold for every algorithm."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import annotate_tuners
from annotate_tuners.algorithm import History, Outcome, Proposal
from annotate_tuners.dimensions import Dimensions
from annotate_tuners.outcomes import Outcomes
from annotate_tuners.searcher import Searcher
from annotate_tuners.space import SearchSpace
from annotate_tuners.tuner import Observation, SpaceExhausted
from tests.tuners.conformance import SMALL


class Stubborn:
    """Proposes one point only, and notes the history it is shown."""

    def __init__(self, dimensions):
        self.point = next(dimensions.points())
        self.shown = []

    def propose(self, history, number, rng):
        self.shown.append(history)
        while True:
            yield Proposal(self.point)


@pytest.fixture
def searcher():
    dimensions = Dimensions.of(SMALL)
    return Searcher(dimensions, Stubborn(dimensions), direction="maximize", seed=0)


def test_where_an_algorithm_insists_on_one_point_the_others_are_found_without_it(searcher):
    points = [tuple(searcher.suggest(number).values()) for number in range(6)]
    assert len(set(points)) == 6
    with pytest.raises(SpaceExhausted, match="every point"):
        searcher.suggest(6)


def test_an_algorithm_is_shown_losses_in_order_of_number(searcher):
    searcher.observe(Observation(3, {"act": "relu", "layers": 1}, 0.5, curve=(0.1, 0.5)))
    searcher.observe(Observation(1, {"act": "tanh", "layers": 1}, None))
    searcher.pending(2, {"act": "tanh", "layers": 3})
    history = searcher.history
    assert [(o.number, o.loss, o.curve) for o in history.finished] == [(1, None, ()), (3, -0.5, (-0.1, -0.5))]
    assert {number: dict(p.point) for number, p in history.pending.items()} == {2: {"act": 1, "layers": 3}}


def test_an_observation_ends_what_was_pending(searcher):
    params = searcher.suggest(0)
    searcher.observe(Observation(0, params, 1.0))
    assert not searcher.history.pending
    searcher.forget(0)
    assert len(searcher.history.finished) == 1


def test_a_key_that_was_given_and_never_read_is_taken_from_the_point(searcher):
    params = searcher.suggest(0)
    searcher.observe(Observation(0, {"act": params["act"]}, 1.0))
    (outcome,) = searcher.history.finished
    assert outcome.point.keys() == {"act"}
    assert outcome.given.keys() == {"act", "layers"}


def test_a_baseline_that_knows_few_of_its_values_rules_nothing_out():
    tuner = annotate_tuners.make("random", SMALL, direction="minimize", seed=0)
    tuner.pending(0, {"act": "relu"})
    tuner.observe(Observation(0, {"act": "relu"}, 1.0))
    assert len({tuple(tuner.suggest(number).values()) for number in range(1, 7)}) == 6


def test_a_number_that_took_the_type_of_its_default_is_the_same_point():
    tuner = annotate_tuners.make("random", SMALL, direction="minimize", seed=0)
    params = dict(tuner.suggest(0))
    tuner.observe(Observation(0, {**params, "layers": float(params["layers"])}, 1.0))
    rest = [tuner.suggest(number) for number in range(1, 6)]
    assert params not in rest


@given(st.lists(st.tuples(st.integers(-5, 20), st.none() | st.integers(-3, 3))))
def test_outcomes_are_in_order_and_ranked_however_they_come(pairs):
    outcomes = Outcomes()
    for number, loss in pairs:
        outcomes.add(Outcome(number, {}, loss, {}))
    latest = dict(pairs)
    assert [(o.number, o.loss) for o in outcomes] == sorted(latest.items())
    assert [outcomes[i] for i in range(len(outcomes))] == list(outcomes)
    ranked = sorted((loss, number) for number, loss in latest.items() if loss is not None)
    assert [(o.loss, o.number) for o in outcomes.ranked] == ranked
    assert [(o.loss, o.number) for o in History(tuple(outcomes)).ranked] == ranked


@pytest.mark.parametrize("name", ["grid", "random"])
def test_what_may_turn_out_to_be_a_repeat_of_a_running_trial_is_put_off(name):
    options = {"n": range(6), "opt": ["sgd", "adam"], "momentum": [0.0, 0.5, 0.9]}
    space = SearchSpace.from_json({k: {"_type": "choice", "_value": list(v)} for k, v in options.items()})
    tuner = annotate_tuners.make(name, space, direction="maximize", seed=0)
    running, ran = [], []
    for number in range(24):
        running.append((number, tuner.suggest(number)))
        if len(running) == 4:
            first, params = running.pop(0)
            inactive = ("momentum",) if params["opt"] == "adam" else ()
            active = {key: value for key, value in params.items() if key not in inactive}
            ran.append(tuple(active.values()))
            tuner.observe(Observation(first, active, 0.0, inactive=inactive))
    # Two at most: those that began before the first had ended and was known to read no momentum.
    assert len(ran) - len(set(ran)) <= 2
