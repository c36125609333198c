"""What a screen wants to know of the finished trials, worked out once for as long as none is added.

A study of 10,000 trials changes in its few running ones four times a second and in its finished
ones now and then. `facts` compares the finished trials with those it saw last, by identity where it
can, and gives the same object back, so that whatever is computed from it may be cached on it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from annotate.screen.words import number
from annotate.study.snapshot import StudySnapshot
from annotate.trial import Direction, FailureReason, Measurement, Trial, TrialState

_RECENT = 50  # finished trials whose durations predict the next one's


@dataclass(frozen=True, eq=False)
class Facts:
    """The finished trials, in order of number, and what follows from them alone."""

    finished: tuple[Trial, ...]
    direction: Direction

    @cached_property
    def counts(self) -> Mapping[TrialState, int]:
        return Counter(trial.state for trial in self.finished)

    @cached_property
    def latest(self) -> tuple[Trial, ...]:
        """Those that ended last come first."""
        return tuple(sorted(self.finished, key=lambda t: (-(t.ended or 0.0), -t.number)))

    @cached_property
    def ranked(self) -> tuple[Trial, ...]:
        """Succeeded ones from best to worst, then the others with a value, then those without one."""
        sign = -1.0 if self.direction == "maximize" else 1.0

        def rank(trial: Trial) -> tuple[bool, bool, float, int]:
            known = trial.value is not None and math.isfinite(trial.value)
            return (
                trial.state is not TrialState.SUCCEEDED,
                not known,
                sign * trial.value if known and trial.value is not None else 0.0,
                trial.number,
            )

        return tuple(sorted(self.finished, key=rank))

    @cached_property
    def longest(self) -> tuple[Trial, ...]:
        return tuple(sorted(self.finished, key=lambda t: (-(t.duration or 0.0), t.number)))

    @cached_property
    def best(self) -> Trial | None:
        """The same as the snapshot's."""
        first = self.ranked[0] if self.ranked else None
        return first if first and first.state is TrialState.SUCCEEDED and first.value is not None else None

    @cached_property
    def values(self) -> tuple[float, ...]:
        """Values of the succeeded trials in the order in which they ended."""
        return tuple(
            t.value for t in reversed(self.latest) if t.state is TrialState.SUCCEEDED and t.value is not None
        )

    @cached_property
    def best_so_far(self) -> tuple[float, ...]:
        """The best value up to each of `values`."""
        better = max if self.direction == "maximize" else min
        curve: list[float] = []
        for value in self.values:
            curve.append(better(curve[-1], value) if curve else value)
        return tuple(curve)

    @cached_property
    def failures(self) -> tuple[Trial, ...]:
        return tuple(t for t in self.latest if t.state is TrialState.FAILED)

    @cached_property
    def causes(self) -> Mapping[tuple[FailureReason | None, str], tuple[Trial, ...]]:
        """The failed trials by reason and last line of what they said, the latest first."""
        causes: dict[tuple[FailureReason | None, str], list[Trial]] = {}
        for trial in self.failures:
            said = [line.strip() for line in (trial.message or "").splitlines() if line.strip()]
            causes.setdefault((trial.reason, said[-1] if said else ""), []).append(trial)
        return {cause: tuple(trials) for cause, trials in causes.items()}

    @cached_property
    def typical(self) -> float | None:
        """Mean seconds of the last trials that count; None before the first."""
        counted = (TrialState.SUCCEEDED, TrialState.EARLY_STOPPED)
        recent = [t.duration for t in self.latest if t.state in counted and t.duration is not None][:_RECENT]
        return sum(recent) / len(recent) if recent else None


@dataclass
class _Memory:
    """The facts of the last snapshot: a cache, so no one can tell whether it is there."""

    last: Facts = field(default_factory=lambda: Facts((), "maximize"))


_memory = _Memory()


def facts(snapshot: StudySnapshot) -> Facts:
    """The facts of a snapshot's finished trials; the same object while those are the same."""
    unfinished = (TrialState.QUEUED, TrialState.RUNNING)
    finished = tuple([trial for trial in snapshot.trials if trial.state not in unfinished])
    last = _memory.last
    if last.direction != snapshot.direction or last.finished != finished:
        _memory.last = last = Facts(finished, snapshot.direction)
    return last


@dataclass(frozen=True)
class Gain:
    """How much better than the script's own defaults the best trial is; negative when worse."""

    baseline: float
    absolute: float

    @property
    def relative(self) -> float | None:
        """The gain as a share of the baseline's size, None where that is zero."""
        return self.absolute / abs(self.baseline) if self.baseline else None

    @property
    def amount(self) -> str:
        """`+0.0456 (+5.2 %)`, with the baseline's decimals."""
        share = (
            f" ({100 * self.relative:+.1f} %)"
            if self.relative is not None and abs(self.relative) < 100
            else ""
        )
        return f"{'-' if self.absolute < 0 else '+'}{number(abs(self.absolute), like=self.baseline)}{share}"

    @property
    def word(self) -> str:
        return "better" if self.absolute > 0 else "worse" if self.absolute < 0 else "no better"

    @property
    def text(self) -> str:
        """`+0.0456 (+5.2 %) better`."""
        return f"{self.amount} {self.word}"


def gain(snapshot: StudySnapshot, trial: Trial) -> Gain | None:
    """The gain of a trial over the baseline, None until both have a value."""
    base = snapshot.baseline
    if trial.value is None or base is None or base.value is None or not math.isfinite(base.value):
        return None
    better = trial.value - base.value
    return Gain(base.value, better if snapshot.direction == "maximize" else -better)


def counted(known: Facts) -> int:
    """Trials that used up the budget: a failed one does not."""
    return known.counts[TrialState.SUCCEEDED] + known.counts[TrialState.EARLY_STOPPED]


def running(snapshot: StudySnapshot) -> list[Trial]:
    """The trials that run, in order of number."""
    return [trial for trial in snapshot.trials if trial.state is TrialState.RUNNING]


def elapsed(snapshot: StudySnapshot) -> float:
    """Seconds that the study has run: the time between two sessions of a resumed one does not count."""
    return snapshot.elapsed or snapshot.now - snapshot.started


def seconds_left(snapshot: StudySnapshot, known: Facts) -> float | None:
    """An estimate of the seconds until the study ends; None where nothing tells."""
    limits: list[float] = []
    if snapshot.budget_seconds is not None:
        limits.append(snapshot.budget_seconds - elapsed(snapshot))
    if snapshot.budget_trials is not None and known.typical is not None:
        ages = [snapshot.now - (trial.started or snapshot.now) for trial in running(snapshot)]
        under_way = [max(known.typical - age, 0.1 * known.typical) for age in ages]
        left = max(0, snapshot.budget_trials - counted(known) - len(under_way))
        jobs = max(1, min(snapshot.jobs, left + len(under_way)))
        limits.append(max([(sum(under_way) + left * known.typical) / jobs, *under_way]))
    return max(0.0, min(limits)) if limits else None


def intermediates(trial: Trial) -> list[Measurement]:
    """What a trial reported on its way, without its final result."""
    return [measurement for measurement in trial.measurements if not measurement.final]
