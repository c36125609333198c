"""What becomes of a trial that failed, and when a study had better stop.

    skip            it is marked, another one takes its place (the default)
    retry:N         it is run again up to N times, with the same parameters
    value:X         the tuner is told X instead of "failed"
    stop-after:K    as skip, but the study stops after K failures in a row

>>> parse_on_failure("retry:2")
OnFailure(retries=2, value=None, stop_after=10)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from annotate.errors import UsageError
from annotate.trial import FailureReason, Trial, TrialState, requeue

STOP_AFTER = 10
SAME = 3
LOST_ATTEMPTS = 3  # a trial that was lost is no fault of the user's and runs again, up to so often


@dataclass(frozen=True)
class OnFailure:
    """The user's policy; `stop_after` failures in a row stop the study."""

    retries: int = 0
    value: float | None = None
    stop_after: int = STOP_AFTER


def parse_on_failure(text: str) -> OnFailure:
    """Read `--on-failure`. Raises UsageError."""
    word, _, argument = text.partition(":")
    try:
        match word:
            case "skip" if not argument:
                return OnFailure()
            case "retry" if int(argument) > 0:
                return OnFailure(retries=int(argument))
            case "value" if math.isfinite(float(argument)):
                return OnFailure(value=float(argument))
            case "stop-after" if int(argument) > 0:
                return OnFailure(stop_after=int(argument))
    except ValueError:
        pass
    raise UsageError(
        f"--on-failure {text!r} is not understood",
        remedy="write retry:2, skip, value:0.0 or stop-after:5",
    )


def run_again(policy: OnFailure, ended: Trial) -> Trial | None:
    """The trial queued once more, with the same parameters; None when what it came to is its last state.

    One that ran out of memory runs again alone before that is held against its parameters.
    """
    if ended.state is not TrialState.FAILED:
        return None
    if ended.reason is FailureReason.OOM and not ended.alone:
        return requeue(ended, alone=True)
    if ended.reason is FailureReason.LOST and ended.attempt < LOST_ATTEMPTS:
        return requeue(ended)
    return requeue(ended) if ended.attempt <= policy.retries else None


@dataclass(frozen=True)
class Failed:
    """What is remembered of a failed trial. `signature` is where and how it raised, "" when unknown."""

    number: int
    reason: FailureReason
    message: str
    signature: str


def why_stop(policy: OnFailure, outcomes: Sequence[Failed | None]) -> str | None:
    """Why the study stops now, None when it goes on. `outcomes` are in order of ending; None is no failure."""
    first = outcomes[:SAME]
    signatures = {f.signature if f is not None else "" for f in first}
    if len(outcomes) == SAME and len(signatures) == 1 and first[0] is not None and first[0].signature:
        return f"the first {SAME} trials all failed in the same way: {first[0].message}"
    row = 0
    for outcome in reversed(outcomes):
        if outcome is None:
            break
        row += 1
    if row >= policy.stop_after:
        last = outcomes[-1]
        assert last is not None
        return f"{row} trials in a row failed, the last with: {last.message}"
    return None
