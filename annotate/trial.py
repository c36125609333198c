"""A trial and what it reported: frozen values, and one function per legal change of state.

    QUEUED ──start──▶ RUNNING ──succeed────▶ SUCCEEDED
       │                 ├──────stop_early─▶ EARLY_STOPPED
       │                 ├──────fail───────▶ FAILED(reason)
       └────cancel───────┴──────cancel─────▶ CANCELLED
    RUNNING, FAILED, CANCELLED ──requeue──▶ QUEUED    (its host died, or it is run again)

Times are seconds since the epoch. Any other change raises `IllegalTransition`.

>>> trial = start(Trial(number=0, params={"train/lr/loguniform": 0.01}), at=10.0)
>>> succeed(trial, at=12.5, value=0.9).duration
2.5
"""

from __future__ import annotations

import dataclasses
import enum
import math
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

STOPPED_WITH_STUDY = "stopped with the study"
"""The message of a cancelled trial that a resumed study runs again."""

Json: TypeAlias = Any  # None | bool | int | float | str | list[Json] | dict[str, Json]
Params: TypeAlias = Mapping[str, Json]
Direction: TypeAlias = Literal["maximize", "minimize"]
PLAIN_NUMBER = "default"
"""The key under which a report holds its number where it is no dictionary."""


@dataclass(frozen=True)
class Objective:
    """A metric that a study is to make good: its key in what a trial reports, and what it is called."""

    key: str
    direction: Direction
    name: str

    def loss(self, value: float) -> float:
        """The value turned so that small is good."""
        return -value if self.direction == "maximize" else value


class TrialState(str, enum.Enum):
    """Where a trial stands. The value is what the database and `export` hold."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    EARLY_STOPPED = "early-stopped"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def finished(self) -> bool:
        return self not in (TrialState.QUEUED, TrialState.RUNNING)


class FailureReason(str, enum.Enum):
    """Why a trial failed."""

    EXCEPTION = "exception"
    OOM = "oom"
    NAN = "nan"
    TIMEOUT = "timeout"
    KILLED = "killed"
    NO_METRIC = "no-metric"
    LOST = "lost"


class IllegalTransition(RuntimeError):
    """A change of state that the diagram above does not have: our own fault, never the user's."""


@dataclass(frozen=True)
class Measurement:
    """One report of a trial. `step` counts from 0; `values` holds `default` and any other key."""

    step: int
    time: float
    values: Mapping[str, float]
    final: bool = False


@dataclass(frozen=True)
class Trial:
    """One run of the script.

    `params` is what the tuner chose; empty in the baseline, which runs the script's own defaults.
    `unread` are parameters that it finished without ever asking for: they were not active in it.
    `value` is the objective: the final result, or the last intermediate one of a trial stopped early;
    `further` are those of the study's other metrics, where it has several and all of them are known.
    `attempt` counts from 1, one more each time it is run again; an `alone` trial shares no GPU and no
    memory with another, because it ran out of memory before.
    """

    number: int
    params: Params
    state: TrialState = TrialState.QUEUED
    baseline: bool = False
    value: float | None = None
    further: tuple[float, ...] = ()
    measurements: tuple[Measurement, ...] = field(default=(), repr=False)
    started: float | None = None
    ended: float | None = None
    reason: FailureReason | None = None
    message: str | None = None
    exit_code: int | None = None
    gpus: tuple[str, ...] = ()
    pid: int | None = None
    unread: frozenset[str] = frozenset()
    attempt: int = 1
    alone: bool = False

    @property
    def active(self) -> Params:
        """Its parameters without those that it never asked for."""
        if not self.unread:
            return self.params
        return {key: value for key, value in self.params.items() if key not in self.unread}

    @property
    def values(self) -> tuple[float, ...]:
        """What it reached of each metric, in the study's order; empty where it reached nothing."""
        return () if self.value is None else (self.value, *self.further)

    @property
    def duration(self) -> float | None:
        """Seconds from start to end, None while there is no end."""
        return None if self.started is None or self.ended is None else self.ended - self.started


@dataclass(frozen=True)
class Taken:
    """What a trial of another study found out, in the keys of this one; `inactive` it never read."""

    study: str
    trial: int
    params: Params
    value: float
    further: tuple[float, ...] = ()
    inactive: tuple[str, ...] = ()


def with_reads(trial: Trial, reads: AbstractSet[str]) -> Trial:
    """A trial that knows what it never asked for, where that is certain: it ran to its end, and it did ask."""
    if trial.state is not TrialState.SUCCEEDED or trial.baseline or not reads:
        return trial
    return dataclasses.replace(trial, unread=frozenset(trial.params) - reads)


def start(trial: Trial, *, at: float, pid: int | None = None, gpus: tuple[str, ...] = ()) -> Trial:
    """QUEUED to RUNNING."""
    return _change(trial, {TrialState.QUEUED}, TrialState.RUNNING, started=at, pid=pid, gpus=gpus)


def succeed(
    trial: Trial, *, at: float, value: float, further: tuple[float, ...] = (), exit_code: int = 0
) -> Trial:
    """RUNNING to SUCCEEDED with its objectives, which are finite numbers."""
    if not all(map(math.isfinite, (value, *further))):
        raise IllegalTransition(f"trial {trial.number} cannot succeed with {(value, *further)}")
    return _change(
        trial,
        {TrialState.RUNNING},
        TrialState.SUCCEEDED,
        ended=at,
        value=value,
        further=further,
        exit_code=exit_code,
    )


def stop_early(
    trial: Trial,
    *,
    at: float,
    value: float | None,
    further: tuple[float, ...] = (),
    message: str | None = None,
) -> Trial:
    """RUNNING to EARLY_STOPPED: a pruner ended it; its last result is its value."""
    return _change(
        trial,
        {TrialState.RUNNING},
        TrialState.EARLY_STOPPED,
        ended=at,
        value=value,
        further=further,
        message=message,
    )


def fail(
    trial: Trial,
    *,
    at: float,
    reason: FailureReason,
    message: str | None = None,
    exit_code: int | None = None,
    value: float | None = None,
) -> Trial:
    """RUNNING to FAILED, saying why; `value` is what it reached, if it reached anything."""
    return _change(
        trial,
        {TrialState.RUNNING},
        TrialState.FAILED,
        ended=at,
        reason=reason,
        message=message,
        exit_code=exit_code,
        value=value,
    )


def cancel(trial: Trial, *, at: float, message: str | None = None) -> Trial:
    """QUEUED or RUNNING to CANCELLED: the user ended it, or the study that it belongs to."""
    return _change(
        trial, {TrialState.QUEUED, TrialState.RUNNING}, TrialState.CANCELLED, ended=at, message=message
    )


def requeue(trial: Trial, *, alone: bool = False) -> Trial:
    """RUNNING, FAILED or CANCELLED back to QUEUED: the same parameters, a clean sheet, one attempt more."""
    return _change(
        trial,
        {TrialState.RUNNING, TrialState.FAILED, TrialState.CANCELLED},
        TrialState.QUEUED,
        attempt=trial.attempt + 1,
        alone=alone or trial.alone,
        value=None,
        further=(),
        started=None,
        ended=None,
        reason=None,
        message=None,
        exit_code=None,
        pid=None,
        gpus=(),
        measurements=(),
    )


def _change(trial: Trial, legal: set[TrialState], to: TrialState, **changes: Any) -> Trial:
    if trial.state not in legal:
        raise IllegalTransition(f"trial {trial.number}: {trial.state.value} cannot become {to.value}")
    return dataclasses.replace(trial, state=to, **changes)
