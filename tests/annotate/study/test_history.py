"""What a tuner is told: of every metric, and of trials that did not come to their end what they reported."""

import dataclasses

import pytest

from annotate.study.failures import OnFailure
from annotate.study.history import LONGEST, History
from annotate.trial import FailureReason, Taken, Trial, fail, start, stop_early, succeed
from annotate_tuners.space import SearchSpace

SPACE = SearchSpace.from_json({"k": {"_type": "uniform", "_value": [0, 1]}})


class Told:
    """A tuner that keeps its observations."""

    def __init__(self):
        self.seen = []

    def observe(self, observation):
        self.seen.append(observation)


@pytest.fixture
def told():
    return Told()


def history(told):
    return History(SPACE, {}, {}, lambda call: call(told))


def ended(how, **facts):
    return how(start(Trial(1, {"k": 0.5}), at=1.0), at=2.0, **facts)


def test_every_metric_is_told(told):
    history(told).ended(ended(succeed, value=0.5, further=(3.0,)), policy=OnFailure(), curve=[0.25])
    (seen,) = told.seen
    assert (seen.value, seen.values, seen.curve) == (0.5, (0.5, 3.0), ())


def test_a_trial_that_was_stopped_early_or_failed_tells_its_curve(told):
    history(told).ended(ended(stop_early, value=0.5), policy=OnFailure(), curve=[0.25, 0.5])
    failed = ended(fail, reason=FailureReason.OOM, value=0.5)
    history(told).ended(failed, policy=OnFailure(), curve=[0.5])
    assert [(seen.value, seen.curve) for seen in told.seen] == [(0.5, (0.25, 0.5)), (None, (0.5,))]


def test_a_long_curve_is_told_in_few_points_the_last_one_among_them(told):
    history(told).ended(ended(stop_early, value=0.5), policy=OnFailure(), curve=range(1_000_000))
    (seen,) = told.seen
    assert len(seen.curve) == LONGEST
    assert seen.curve[:2] + seen.curve[-1:] == (9999, 19999, 999_999)


def test_what_another_study_found_out_has_a_number_below_zero(told):
    taken = Taken("other", 7, {"k": 0.5}, 0.9, further=(3.0,), inactive=("j",))
    history(told).learned(-4, taken)
    (seen,) = told.seen
    assert (seen.number, seen.params, seen.value, seen.values, seen.inactive) == (
        -4,
        {"k": 0.5},
        0.9,
        (0.9, 3.0),
        ("j",),
    )


def test_a_failure_has_the_value_that_the_user_gives_it(told):
    trial = dataclasses.replace(ended(fail, reason=FailureReason.OOM), further=(1.0,))
    history(told).ended(trial, policy=OnFailure(value=-1.0))
    assert [(seen.value, seen.values) for seen in told.seen] == [(-1.0, ())]
