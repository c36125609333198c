"""A trial's state changes at one door, and only along the arrows of the diagram."""

import math

import pytest

from annotate.trial import (
    FailureReason,
    IllegalTransition,
    Measurement,
    Trial,
    TrialState,
    cancel,
    fail,
    requeue,
    start,
    stop_early,
    succeed,
    with_reads,
)

CHANGES = {
    TrialState.RUNNING: lambda t: start(t, at=1.0),
    TrialState.SUCCEEDED: lambda t: succeed(t, at=2.0, value=0.5),
    TrialState.EARLY_STOPPED: lambda t: stop_early(t, at=2.0, value=0.5),
    TrialState.FAILED: lambda t: fail(t, at=2.0, reason=FailureReason.NAN),
    TrialState.CANCELLED: lambda t: cancel(t, at=2.0),
    TrialState.QUEUED: requeue,
}
LEGAL = {
    TrialState.QUEUED: {TrialState.RUNNING, TrialState.CANCELLED},
    TrialState.RUNNING: {*TrialState} - {TrialState.RUNNING},
    TrialState.SUCCEEDED: set(),
    TrialState.EARLY_STOPPED: set(),
    TrialState.FAILED: {TrialState.QUEUED},
    TrialState.CANCELLED: {TrialState.QUEUED},
}


def in_state(state):
    queued = Trial(7, {"k": 1})
    running = CHANGES[TrialState.RUNNING](queued)
    return {TrialState.QUEUED: queued, TrialState.RUNNING: running}.get(state) or CHANGES[state](running)


@pytest.mark.parametrize("to", TrialState)
@pytest.mark.parametrize("state", TrialState)
def test_only_the_arrows_of_the_diagram_are_legal(state, to):
    if to in LEGAL[state]:
        assert CHANGES[to](in_state(state)).state is to
    else:
        with pytest.raises(IllegalTransition, match=f"trial 7: {state.value} cannot become {to.value}"):
            CHANGES[to](in_state(state))


def test_a_trial_that_runs_again_keeps_its_parameters_and_nothing_else():
    reported = (Measurement(0, 1.0, {}),)
    trial = start(Trial(7, {"k": 1}, baseline=True, measurements=reported), at=1.0, pid=3, gpus=("0",))
    again = requeue(
        fail(trial, at=2.0, reason=FailureReason.OOM, message="m", exit_code=1, value=1.0), alone=True
    )
    assert again == Trial(7, {"k": 1}, baseline=True, attempt=2, alone=True)
    assert requeue(start(again, at=3.0)).alone


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_no_trial_succeeds_with_what_is_no_number(value):
    with pytest.raises(IllegalTransition):
        succeed(in_state(TrialState.RUNNING), at=2.0, value=value)


def test_a_duration_needs_a_start_and_an_end():
    assert Trial(7, {}).duration is None
    assert in_state(TrialState.RUNNING).duration is None
    assert in_state(TrialState.SUCCEEDED).duration == 1.0


def test_what_a_finished_trial_never_asked_for_was_not_active_in_it():
    """Only a trial that ran to its end, and asked for something, tells which parameters count."""
    given = start(Trial(number=1, params={"model": "ridge", "depth": 3}), at=1.0)
    done = succeed(given, at=2.0, value=0.5)
    assert with_reads(done, {"model"}).active == {"model": "ridge"}
    assert with_reads(done, set()).active == done.params
    assert with_reads(given, {"model"}).active == given.params
