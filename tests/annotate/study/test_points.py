"""Points that the user names: found by any name, whole, inside, allowed; or refused with the remedy."""

import pytest

from annotate.errors import UsageError
from annotate.study.matching import matched, resolve
from annotate.study.points import Given, Here, distinct, settle
from annotate_tuners.space import SearchSpace

SPACE = SearchSpace.from_json({
    "train/lr/loguniform": {"_type": "loguniform", "_value": [1e-4, 1.0]},
    "train/batch/quniform": {"_type": "quniform", "_value": [32, 128, 32]},
    "train/act/choice": {"_type": "choice", "_value": ["relu", "tanh", "16"]},
    "train/n/choice": {"_type": "choice", "_value": [16, 32]},
})  # fmt: skip
NAMES = {key: key.split("/")[1] for key in SPACE}
DEFAULTS = {"train/lr/loguniform": 0.1, "train/batch/quniform": 64, "train/act/choice": "relu"}


def here(**facts):
    return Here(**{"space": SPACE, "names": NAMES, "defaults": DEFAULTS, **facts})


def point(**values):
    return Given(", ".join(values), values, typed_in=True)


def test_what_is_not_named_has_the_default_and_what_has_none_is_drawn_and_told():
    settled = settle(point(lr="0.01"), here())
    assert settled.params | {"train/n/choice": 0} == {
        **DEFAULTS,
        "train/lr/loguniform": 0.01,
        "train/n/choice": 0,
    }
    assert settled.params["train/n/choice"] in (16, 32)
    assert settled.drawn == ("n",)


def test_what_is_drawn_is_the_same_with_the_same_seed():
    assert settle(point(lr="0.01"), here(seed=5)) == settle(point(lr="0.01"), here(seed=5))


@pytest.mark.parametrize(("words", "key", "value"), [
    ({"act": "tanh"}, "train/act/choice", "tanh"),
    ({"act": "16"}, "train/act/choice", "16"),
    ({"act": '"tanh"'}, "train/act/choice", "tanh"),
    ({"n": "16"}, "train/n/choice", 16),
    ({"train/lr/loguniform": "1"}, "train/lr/loguniform", 1.0),
    ({"batch": "96"}, "train/batch/quniform", 96),
])  # fmt: skip
def test_a_typed_value_is_what_the_parameter_can_take(words, key, value):
    """JSON where that fits, else the text; and of the type of the literal in the source."""
    got = settle(Given("x", words, typed_in=True), here()).params[key]
    assert (got, type(got)) == (value, type(value))


@pytest.mark.parametrize(("words", "said", "remedy"), [
    ({"lrr": "1"}, "no parameter is called 'lrr'", "did you mean lr?"),
    ({"momentum": "1"}, "no parameter is called 'momentum'", "there are lr, batch, act, n"),
    ({"lr": "7"}, "7 lies outside lr's loguniform(0.0001, 1.0)", "widen the range"),
    ({"lr": "fast"}, '"fast" lies outside lr', "widen the range"),
    ({"batch": "100"}, "100 lies outside batch's quniform(32, 128, 32)", "contains"),
    ({"act": "tan"}, 'act has no option "tan"', "did you mean tanh?"),
    ({"n": "64"}, "n has no option 64", "its options are 16, 32"),
])  # fmt: skip
def test_what_cannot_be_is_refused_with_the_remedy(words, said, remedy):
    with pytest.raises(UsageError) as refused:
        settle(Given("it", words, typed_in=True), here())
    assert refused.value.message.startswith("--init it: ")
    assert said in refused.value.message
    assert remedy in refused.value.remedy


def test_a_point_that_breaks_the_constraint_is_refused_and_what_is_drawn_keeps_it():
    """Only n=32 is allowed: it is drawn where n is open, and n=16 is an error that quotes the constraint."""
    allowed = here(allowed=lambda params: params["train/n/choice"] == 32, constraint="n > 16")
    assert {settle(point(lr=f"0.{i}"), allowed).params["train/n/choice"] for i in range(1, 9)} == {32}
    with pytest.raises(UsageError, match=r"n=16 breaks the constraint n > 16"):
        settle(point(n="16"), allowed)


def test_of_a_foreign_point_only_what_has_a_counterpart_is_taken():
    """A kind that has changed is no matter; what is gone is told, not refused."""
    given = Given("x", {"train/lr/uniform": 0.5, "train/n/choice": 16, "old/gone/choice": 1}, foreign=True)
    settled = settle(given, here())
    assert (settled.params["train/lr/loguniform"], settled.left_out) == (0.5, ("old/gone/choice",))


def test_a_foreign_point_that_has_nothing_to_do_with_this_space_is_refused():
    with pytest.raises(UsageError, match="nothing here is called as its parameters are: old/gone/choice"):
        settle(Given("x", {"old/gone/choice": 1}, foreign=True), here())
    assert settle(Given("x", {}, foreign=True), here()).drawn == ("n",)


def test_half_an_option_of_a_nested_choice_is_refused():
    options = [{"_name": "sgd", "m": {"_type": "uniform", "_value": [0, 1]}}, {"_name": "adam"}]
    space = SearchSpace.from_json({"opt": {"_type": "choice", "_value": options}})
    nested = here(space=space, names={"opt": "opt"}, defaults={})
    assert settle(Given("x", {"opt": {"_name": "adam"}}), nested).params == {"opt": {"_name": "adam"}}
    with pytest.raises(UsageError, match="no value"):
        settle(Given("x", {"opt": {"_name": "sgd"}}), nested)


def test_a_point_runs_as_often_as_repeats_allow_the_baseline_among_them():
    same = [settle(point(n="16"), here()) for _ in range(3)]
    other = settle(point(n="32"), here())
    kept, dropped = distinct([*same, other], repeats=2, baseline=same[0].params)
    assert (kept, dropped) == ([same[0], other], same[1:])


def test_a_name_means_the_key_that_is_nearest_to_it():
    names = {"a/lr/uniform": "a/lr", "b/lr/uniform": "b/lr", "a/n/choice": "n"}
    assert resolve("a/lr/uniform", names) == "a/lr/uniform"
    assert resolve("b/lr", names) == "b/lr/uniform"
    assert resolve("b/lr/loguniform", names) == "b/lr/uniform"
    assert resolve("elsewhere/n/randint", names) == "a/n/choice"
    assert resolve("lr", names) is None
    assert resolve("m", names) is None


def test_two_keys_of_there_that_mean_one_key_of_here_mean_none():
    names = {"train/lr/uniform": "lr"}
    assert matched(["a/lr/uniform", "b/lr/uniform"], names) == {}
    assert matched(["train/lr/uniform", "b/lr/uniform"], names) == {"train/lr/uniform": "train/lr/uniform"}
