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
