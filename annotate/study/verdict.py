"""How a trial ended: its exit, its reports, its log and who stopped it, judged in one place.

A trial that gave a finite final result has succeeded, whatever happened to it afterwards, unless the user killed it. One that was
stopped for its slowness counts with its last result. Pure: a frozen Ending in, a finished Trial out.

>>> judge(trial, Ending(at=9.0, returncode=0, final=0.9)).state
<TrialState.SUCCEEDED: 'succeeded'>
"""

from __future__ import annotations

import enum
import math
import signal
from dataclasses import dataclass, field

from annotate.study.logs import LogTail
from annotate.trial import STOPPED_WITH_STUDY, FailureReason, Trial, cancel, fail, stop_early, succeed


class Cause(enum.Enum):
    """Who ended a trial that did not end by itself."""

    PRUNER = "pruner"
    TIMEOUT = "timeout"
    USER = "user"
    STUDY = "study"


@dataclass(frozen=True)
class Ending:
    """All that is known when a process has ended.

    `returncode` is negative for a signal, None when the process was lost. `final` is the last final
    result, `last` the last intermediate one; both may be NaN, None means that there was none. `final_further`
    and `last_further` are those of the study's other metrics, `lacking` says which metric the result has not.
    """

    at: float
    returncode: int | None
    final: float | None = None
    final_further: tuple[float, ...] = ()
    last: float | None = None
    last_further: tuple[float, ...] = ()
    lacking: str = ""
    log: LogTail = field(default_factory=LogTail)
    cause: Cause | None = None
    cause_text: str = ""
    kernel_killed: bool = False


def judge(trial: Trial, ending: Ending) -> Trial:
    """The trial in its last state."""
    at, code = ending.at, ending.returncode
    final, last = _result(ending.final, ending.final_further), _result(ending.last, ending.last_further)
    match ending.cause:
        case Cause.USER:
            return cancel(trial, at=at, message=ending.cause_text or "killed")
        case Cause.STUDY if final is None:
            return cancel(trial, at=at, message=STOPPED_WITH_STUDY)
        case Cause.PRUNER if final is None:
            value, further = last or (None, ())
            return stop_early(trial, at=at, value=value, further=further, message=ending.cause_text)
        case Cause.TIMEOUT if final is None:
            if last is not None:
                message = f"{ending.cause_text}, its last result counts"
                return stop_early(trial, at=at, value=last[0], further=last[1], message=message)
            message = f"{ending.cause_text} without a result"
            return fail(trial, at=at, reason=FailureReason.TIMEOUT, message=message, exit_code=code)
    if final is not None:
        return succeed(
            trial, at=at, value=final[0], further=final[1], exit_code=code if code is not None else -1
        )
    if code == 0 and ending.final is None and last is not None and not ending.lacking:
        return succeed(trial, at=at, value=last[0], further=last[1], exit_code=0)
    reason, message = _failure(ending)
    reached = last[0] if last is not None else None
    return fail(trial, at=at, reason=reason, message=message, exit_code=code, value=reached)


def _result(value: float | None, further: tuple[float, ...]) -> tuple[float, tuple[float, ...]] | None:
    """What was reached, None where it is not a number in every metric."""
    return (value, further) if value is not None and all(map(math.isfinite, (value, *further))) else None


def _failure(ending: Ending) -> tuple[FailureReason, str]:
    code, log = ending.returncode, ending.log
    if code is None:
        return FailureReason.LOST, "the process was lost"
    if code != 0 and log.out_of_memory:
        return FailureReason.OOM, log.last_line
    if code in (-signal.SIGKILL, 128 + signal.SIGKILL) and ending.kernel_killed:
        return FailureReason.OOM, "killed by the kernel, which ran out of memory"
    if code < 0:
        return FailureReason.KILLED, f"killed by {_signal_name(-code)}"
    if code != 0:
        return FailureReason.EXCEPTION, log.last_line or f"exited with {code}"
    if ending.lacking:
        return FailureReason.NO_METRIC, ending.lacking
    for reached in ((ending.final, *ending.final_further), (ending.last, *ending.last_further)):
        if reached[0] is not None:
            return FailureReason.NAN, _no_number([value for value in reached if value is not None])
    return FailureReason.NO_METRIC, "it ended without reporting a result"


def _no_number(values: list[float]) -> str:
    """Which of the values is none; the others are left out, so that such trials are told together."""
    if len(values) == 1:
        return f"its result is {values[0]}"
    said = (f"{value} in metric {at}" for at, value in enumerate(values, 1) if not math.isfinite(value))
    return f"its result is {', '.join(said)} of {len(values)}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
