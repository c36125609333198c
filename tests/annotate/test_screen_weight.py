"""The order of the parameters: what moves the result first, and no dancing."""

import dataclasses
import math
import random

from annotate.screen.weight import ordered, parameter_keys
from annotate.trial import Trial, TrialState
from tests.annotate.screen_studies import study


def points(count, seed=0):
    """The result hangs on `lr`, less on `act`, on nothing else."""
    dice = random.Random(seed)
    for _ in range(count):
        lr, act = 10 ** dice.uniform(-4, -1), dice.choice("ab")
        point = {"one": 3, "noise": 1 + dice.random(), "act": act, "lr": lr}
        yield point, -abs(lr - 1e-4) + 0.01 * (act == "a")


def test_what_moves_the_result_stands_first():
    """A number by its rank correlation, an option by what lies between the options; a constant last."""
    assert ordered(["one", "noise", "act", "lr"], list(points(100)))[:2] == ("lr", "act")
    assert ordered(["one", "noise", "act", "lr"], list(points(100)))[-1] == "one"


def test_a_hump_counts_like_a_slope():
    """The best learning rate lies in the middle of its range."""
    dice = random.Random(1)
    rates = [10 ** dice.uniform(-4, -1) for _ in range(32)]
    results = [({"noise": dice.random(), "lr": lr}, -abs(math.log10(lr) + 2.5)) for lr in rates]
    assert ordered(["noise", "lr"], results) == ("lr", "noise")


def test_before_results_tell_what_spans_a_wide_range_stands_first():
    """Then named options, then what varies at all, then the rest."""
    assert ordered(["one", "noise", "act", "lr"], list(points(4))) == ("lr", "act", "noise", "one")


def test_many_options_do_not_win_by_their_number():
    """A name of its own for every trial explains everything and says nothing."""
    results = [({"id": f"run {n}", **point}, value) for n, (point, value) in enumerate(points(40))]
    assert ordered(["id", "lr"], results) == ("lr", "id")


def test_without_results_the_order_is_the_sources():
    """Nothing is known yet."""
    snapshot = study(finished=0)
    assert parameter_keys(snapshot) == tuple(snapshot.names)


def test_the_order_changes_only_when_the_results_have_doubled():
    """Between 8 and 15 results it stays, whatever they are."""
    snapshot = dataclasses.replace(study(finished=0, jobs=0, waiting=0), study="still")
    trials = [
        Trial(n, {key: random.Random(n * 7 + m).random() for m, key in enumerate(snapshot.names)},
              state=TrialState.SUCCEEDED, value=random.Random(n).random(), started=n, ended=n + 1)
        for n in range(16)
    ]  # fmt: skip
    seen = [
        parameter_keys(dataclasses.replace(snapshot, trials=tuple(trials[:count]))) for count in range(8, 16)
    ]
    assert set(seen) == {seen[0]}


def test_values_of_every_kind_have_a_place():
    """Lists, None, NaN, booleans, one value only, and results all alike."""
    odd = [[1, 2], None, float("nan"), True, "x", {"a": 1}, 10**400, -1.5]
    results = [({"odd": value, "same": 1}, 0.5) for value in odd]
    assert set(ordered(["odd", "same"], results)) == {"odd", "same"}
    assert set(ordered(["odd", "same"], results[:3])) == {"odd", "same"}


def test_what_few_trials_ask_for_stands_behind_what_all_do():
    """A parameter of a model that is hardly chosen would be a column of dashes."""
    results = [
        ({"rare": n, "act": "ab"[n % 2]} if n < 6 else {"act": "ab"[n % 2]}, n + 20.0 * (n % 2))
        for n in range(24)
    ]
    assert ordered(["rare", "act"], results) == ("act", "rare")
