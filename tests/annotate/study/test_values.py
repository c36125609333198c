"""What a script gets of a suggestion, what a tuner is told of a default, and what options say."""

import pytest

from annotate.errors import UsageError
from annotate.study import OnFailure, StudyOptions, parse_duration, parse_on_failure
from annotate.study.failures import Failed, why_stop
from annotate.study.values import baseline_point, choices_of, typed
from annotate.trial import FailureReason
from annotate_tuners.space import SearchSpace


@pytest.mark.parametrize(
    ("value", "default", "given"),
    [
        (96.0, 64, 96),
        (96.5, 64, 96.5),
        (3, 1.0, 3.0),
        (0.5, 0.1, 0.5),
        (3, 1, 3),
        (2**53 + 1, 1.0, 2**53 + 1),
        (96.0, True, 96.0),
        (1, False, 1),
        (96.0, "64", 96.0),
        (96.0, None, 96.0),
        ({"_name": "a"}, 3, {"_name": "a"}),
    ],
)
def test_a_value_takes_the_type_of_the_literal_where_nothing_is_lost(value, default, given):
    (result,) = typed({"k": value}, {"k": default}, choices=frozenset()).values()
    assert (result, type(result)) == (given, type(given))


def test_an_option_of_a_choice_stays_that_option():
    space = SearchSpace.from_json(
        {"k": {"_type": "choice", "_value": [1.0, 2]}, "n": {"_type": "randint", "_value": [0, 3]}}
    )
    assert choices_of(space) == {"k"}
    assert typed({"k": 1.0}, {"k": 2}, choices=choices_of(space)) == {"k": 1.0}
    assert isinstance(typed({"k": 1.0}, {"k": 2}, choices=choices_of(space))["k"], float)


@pytest.mark.parametrize(
    ("defaults", "point"),
    [
        ({"lr": 0.1, "act": "relu"}, {"lr": 0.1, "act": "relu"}),
        ({"lr": 5.0, "act": "relu"}, None),
        ({"lr": 0.1, "act": "gelu"}, None),
        ({"lr": 0.1}, None),
    ],
)
def test_the_baseline_is_a_point_only_where_every_default_lies_in_the_space(defaults, point):
    space = SearchSpace.from_json(
        {"lr": {"_type": "uniform", "_value": [0, 1]}, "act": {"_type": "choice", "_value": ["relu", "tanh"]}}
    )
    assert baseline_point(space, defaults) == point


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("10m", 600),
        ("2h", 7200),
        ("1h30m", 5400),
        ("2.5h", 9000),
        ("1d", 86400),
        (" 2 h ", 7200),
        (".5h", 1800),
        ("1h .5m", 3630),
    ],
)
def test_durations(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "h", "2x", "-1h", "1h30", "two", "1e3", "500ms", "h5m", "5."])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(UsageError, match="not a duration"):
        parse_duration(text)


def test_a_duration_without_a_unit_is_refused_since_eight_may_have_been_meant_as_hours():
    with pytest.raises(UsageError, match="the duration 8 has no unit") as refused:
        parse_duration("8")
    assert refused.value.remedy == "write 8s, 8m or 8h"


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ("skip", OnFailure()),
        ("retry:2", OnFailure(retries=2)),
        ("value:-1e3", OnFailure(value=-1000.0)),
        ("stop-after:5", OnFailure(stop_after=5)),
    ],
)
def test_policies_of_failure(text, policy):
    assert parse_on_failure(text) == policy


@pytest.mark.parametrize(
    "text", ["", "skip:1", "retry", "retry:0", "retry:x", "value:nan", "value:", "stop-after:-1", "eval"]
)
def test_what_is_no_policy_is_refused(text):
    with pytest.raises(UsageError, match="not understood"):
        parse_on_failure(text)


def failed(signature, number=0):
    return Failed(number, FailureReason.EXCEPTION, "ValueError: x", signature)


@pytest.mark.parametrize(
    ("outcomes", "stops"),
    [
        ([failed("a")] * 2, False),
        ([failed("a")] * 3, True),
        ([failed("a"), failed("b"), failed("a")], False),
        ([failed(""), failed(""), failed("")], False),
        ([None, *[failed("a")] * 3], False),
        ([None, *[failed("a")] * 10], True),
        ([*[failed("a")] * 9, None], False),
        ([], False),
    ],
)
def test_when_a_study_stops_for_its_failures(outcomes, stops):
    assert (why_stop(OnFailure(), outcomes) is not None) is stops


def test_options_come_back_from_the_database_as_they_were():
    options = StudyOptions(
        trials=None, jobs=3, max_duration=5.0, on_failure=OnFailure(retries=2), at_deadline="finish"
    )
    assert StudyOptions.from_json({**options.to_json(), "of a later version": 1}) == options


@pytest.mark.parametrize(
    "options", [{"trials": 0}, {"jobs": 0}, {"max_duration": -1}, {"trial_timeout": float("nan")}]
)
def test_options_that_make_no_sense_are_refused(options):
    with pytest.raises(UsageError, match="cannot be"):
        StudyOptions(**options)


@pytest.mark.parametrize("changes", [{"baseline": False}, {"jobs": 0}, {"jobs": "many"}, {"x": 1}])
def test_only_budgets_and_jobs_change_while_it_runs(changes):
    with pytest.raises(UsageError):
        StudyOptions().changed(changes)
    assert StudyOptions().changed({"trials": 50}).trials == 50
