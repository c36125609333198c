"""What a screen wants to know of the finished trials, worked out once for as long as none is added.

A study of 10,000 trials changes in its few running ones four times a second and in its finished
ones now and then. `facts` compares the finished trials with those it saw last, by identity where it
can, and gives the same object back, so that whatever is computed from it may be cached on it.
"""

from __future__ import annotations

import math
from bisect import insort
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import compress, islice
from operator import attrgetter, not_

from annotate import pareto
from annotate.study.alike import likeness, said
from annotate.study.snapshot import StudySnapshot
from annotate.trial import PLAIN_NUMBER, Direction, FailureReason, Measurement, Objective, Trial, TrialState

_FEW = 100  # added trials that are sorted in among the others
_RECENT = 50  # finished trials whose durations predict the next one's

_state = attrgetter("state")


def _recency(trial: Trial) -> tuple[float, int]:
    return -(trial.ended or 0.0), -trial.number


@dataclass(frozen=True, eq=False)
class Facts:
    """The finished trials, in order of number, and what follows from them alone."""

    finished: tuple[Trial, ...]
    direction: Direction
    metrics: tuple[Objective, ...] = ()

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """As the snapshot's."""
        return self.metrics or (Objective(PLAIN_NUMBER, self.direction, ""),)

    @property
    def several(self) -> bool:
        """Whether there is a front instead of one best trial."""
        return len(self.metrics) > 1

    @cached_property
    def counts(self) -> Counter[TrialState]:
        return Counter(trial.state for trial in self.finished)

    @cached_property
    def latest(self) -> tuple[Trial, ...]:
        """Those that ended last come first."""
        return tuple(sorted(self.finished, key=_recency))

    @cached_property
    def ranked(self) -> tuple[Trial, ...]:
        """Succeeded ones from best to worst, then the others with a value, then those without one."""
        if not self.several:
            return tuple(sorted(self.finished, key=self._rank))
        known = {number for _, number, _ in self.placed}
        others = (trial for trial in self.finished if trial.number not in known)
        return (*pareto.by_rank(self.placed), *sorted(others, key=self._rank))

    @cached_property
    def front(self) -> tuple[Trial, ...]:
        """The trials that none beats in every metric; with one metric, those with the best value."""
        return tuple(pareto.front(self.finished, self.objectives))

    @cached_property
    def on_front(self) -> frozenset[int]:
        """The numbers of the front's trials; with one metric, that of the best trial."""
        best = [self.best] if self.best else []
        return frozenset(trial.number for trial in (self.front if self.several else best))

    @cached_property
    def placed(self) -> tuple[pareto.Placed, ...]:
        """The succeeded trials that have every metric, with their losses and numbers."""
        return tuple(pareto.placed(self.finished, self.objectives))

    @cached_property
    def longest(self) -> tuple[Trial, ...]:
        return tuple(sorted(self.finished, key=lambda t: (-(t.duration or 0.0), t.number)))

    def _rank(self, trial: Trial) -> tuple[bool, bool, float, int]:
        known = trial.value is not None and math.isfinite(trial.value)
        value = trial.value if known and trial.value is not None else 0.0
        ordered = -value if self.direction == "maximize" else value
        return trial.state is not TrialState.SUCCEEDED, not known, ordered, trial.number

    def learn(self, last: Facts, added: Sequence[Trial]) -> None:
        """Take over the orders of `last`, which knows all trials but the `added` ones."""
        latest = list(last.latest)
        for trial in added:
            insort(latest, trial, key=_recency)
        counts = last.counts + Counter(trial.state for trial in added)
        self.__dict__.update(latest=tuple(latest), counts=counts)
        if self.several:
            placed = list(last.placed)
            for entry in pareto.placed(added, self.metrics):
                insort(placed, entry)
            front = pareto.front((*last.front, *added), self.metrics)
            self.__dict__.update(placed=tuple(placed), front=tuple(front))
            return
        ranked = list(last.ranked)
        for trial in added:
            insort(ranked, trial, key=self._rank)
        self.__dict__.update(ranked=tuple(ranked))

    @cached_property
    def best(self) -> Trial | None:
        """The same as the snapshot's."""
        if self.several:
            return pareto.best(self.front, self.metrics)
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
        """The failed trials by reason and last line of what the latest of those that failed alike said, it first."""
        causes: dict[tuple[FailureReason | None, str], list[Trial]] = {}
        for trial in self.failures:
            causes.setdefault(likeness(trial), []).append(trial)
        return {(trials[0].reason, said(trials[0])): tuple(trials) for trials in causes.values()}

    @cached_property
    def typical(self) -> float | None:
        """Mean seconds of the last trials that count; None before the first."""
        counted = (TrialState.SUCCEEDED, TrialState.EARLY_STOPPED)
        spans = (t.duration for t in self.latest if t.state in counted and t.duration is not None)
        recent = list(islice(spans, _RECENT))
        return sum(recent) / len(recent) if recent else None


@dataclass(frozen=True)
class _Split:
    """A snapshot's trials by what may still become of them."""

    snapshot: StudySnapshot
    known: Facts
    running: list[Trial]
    queued: list[Trial]


_last: list[_Split] = []  # the last snapshot's: a cache, so no one can tell whether it is there


def facts(snapshot: StudySnapshot) -> Facts:
    """The facts of a snapshot's finished trials; the same object while those are the same."""
    return _split(snapshot).known


def running(snapshot: StudySnapshot) -> list[Trial]:
    """The trials that run, in order of number."""
    return _split(snapshot).running


def queued(snapshot: StudySnapshot) -> list[Trial]:
    """The trials that wait, in order of number."""
    return _split(snapshot).queued


def _split(snapshot: StudySnapshot) -> _Split:
    if _last and _last[0].snapshot is snapshot:
        return _last[0]
    active, waiting = TrialState.RUNNING, TrialState.QUEUED
    # There may be ten thousand trials, four times a second: all but one of these passes are in C.
    over = [state is not active and state is not waiting for state in map(_state, snapshot.trials)]
    finished = tuple(compress(snapshot.trials, over))
    rest = list(compress(snapshot.trials, map(not_, over)))
    last = _last[0].known if _last else Facts((), snapshot.direction, snapshot.metrics)
    known = _following(last, finished, snapshot)
    split = _Split(
        snapshot, known, [t for t in rest if t.state is active], [t for t in rest if t.state is waiting]
    )
    _last[:] = [split]
    return split


def _following(last: Facts, finished: tuple[Trial, ...], snapshot: StudySnapshot) -> Facts:
    """The facts of `finished`, made from the last ones where only a few trials have been added."""
    known = Facts(finished, snapshot.direction, snapshot.metrics)
    if (last.direction, last.metrics) != (known.direction, known.metrics):
        return known
    if last.finished == finished:
        return last
    more = len(finished) - len(last.finished)
    if 0 < more <= _FEW:
        seen = set(map(id, last.finished))
        added = [trial for trial in finished if id(trial) not in seen]
        if len(added) == more:
            known.learn(last, added)
    return known


def intermediates(trial: Trial) -> list[Measurement]:
    """What a trial reported on its way, without its final result."""
    return [measurement for measurement in trial.measurements if not measurement.final]
