"""How a trial ended: every combination of exit, result and cause that matters."""

import math

import pytest

from annotate.study.logs import LogTail
from annotate.study.verdict import Cause, Ending, judge
from annotate.trial import STOPPED_WITH_STUDY, FailureReason, Trial, TrialState, start

S, E, F, C = TrialState.SUCCEEDED, TrialState.EARLY_STOPPED, TrialState.FAILED, TrialState.CANCELLED


def judged(returncode, **known):
    trial = judge(start(Trial(3, {}), at=1.0), Ending(at=9.0, returncode=returncode, **known))
    assert trial.ended == 9.0
    return trial


@pytest.mark.parametrize(
    ("returncode", "known", "state", "value"),
    [
        (0, {"final": 0.9}, S, 0.9),
        (0, {"final": 0.9, "last": math.nan}, S, 0.9),
        (0, {"last": 0.4}, S, 0.4),
        (1, {"final": 0.9}, S, 0.9),
        (-9, {"final": 0.9, "cause": Cause.STUDY}, S, 0.9),
        (-15, {"final": 0.9, "last": 0.1, "cause": Cause.PRUNER}, S, 0.9),
        (-15, {"last": 0.1, "cause": Cause.PRUNER}, E, 0.1),
        (-15, {"last": math.nan, "cause": Cause.PRUNER}, E, None),
        (-15, {"last": 0.1, "cause": Cause.TIMEOUT}, E, 0.1),
        (-15, {"cause": Cause.TIMEOUT}, F, None),
        (0, {"final": 0.9, "cause": Cause.USER}, C, None),
        (-15, {"last": 0.1, "cause": Cause.STUDY}, C, None),
        (1, {"last": 0.1}, F, 0.1),
        (0, {}, F, None),
    ],
)
def test_the_state_and_what_it_is_worth(returncode, known, state, value):
    trial = judged(returncode, **known)
    assert (trial.state, trial.value) == (state, value)


@pytest.mark.parametrize(
    ("returncode", "known", "reason"),
    [
        (1, {}, FailureReason.EXCEPTION),
        (1, {"log": LogTail("x", out_of_memory=True)}, FailureReason.OOM),
        (-9, {"kernel_killed": True}, FailureReason.OOM),
        (137, {"kernel_killed": True}, FailureReason.OOM),
        (-9, {}, FailureReason.KILLED),
        (-11, {}, FailureReason.KILLED),
        (-6, {"log": LogTail("std::bad_alloc", out_of_memory=True)}, FailureReason.OOM),
        (None, {}, FailureReason.LOST),
        (0, {"final": math.nan, "last": 0.3}, FailureReason.NAN),
        (0, {"last": math.inf}, FailureReason.NAN),
        (0, {}, FailureReason.NO_METRIC),
        (0, {"log": LogTail("x", out_of_memory=True)}, FailureReason.NO_METRIC),
        (-15, {"cause": Cause.TIMEOUT}, FailureReason.TIMEOUT),
    ],
)
def test_why_it_failed(returncode, known, reason):
    assert judged(returncode, **known).reason is reason


def test_a_trial_that_ended_with_the_study_is_known_for_a_resume():
    assert judged(-15, cause=Cause.STUDY).message == STOPPED_WITH_STUDY


def test_an_exit_without_a_word_still_says_something():
    assert judged(3).message == "exited with 3"
    assert judged(-99).message == "killed by signal 99"


def test_a_result_of_several_metrics_is_a_result_when_all_are_numbers():
    """A final result with a NaN in any of them fails, and says all of them."""
    good = judged(0, final=0.9, final_further=(3.0,))
    assert (good.state, good.values) == (TrialState.SUCCEEDED, (0.9, 3.0))
    bad = judged(0, final=0.9, final_further=(math.nan,))
    assert (bad.reason, bad.message) == (FailureReason.NAN, "its result is nan in metric 2 of 2")


def test_a_result_that_lacks_a_metric_is_none_and_says_which():
    """Not even the last intermediate result stands for it; an exception is told before it."""
    lacking = "its final result has no ms; it has acc"
    ended = judged(0, last=0.5, last_further=(1.0,), lacking=lacking)
    assert (ended.reason, ended.message) == (FailureReason.NO_METRIC, lacking)
    crashed = judged(1, lacking=lacking)
    assert crashed.reason is FailureReason.EXCEPTION


def test_a_trial_that_is_stopped_early_keeps_what_it_reached_of_each_metric():
    ended = judged(-15, last=0.5, last_further=(1.0,), cause=Cause.PRUNER, cause_text="slow")
    assert (ended.state, ended.values) == (TrialState.EARLY_STOPPED, (0.5, 1.0))
