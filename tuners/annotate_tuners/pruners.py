"""Pruners: median, percentile, asha, threshold, plateau and nan.

None stops a trial for what it cannot compare: with too few others, or before its first step, it
continues. Results that are not finite count as infinitely bad. Steps are counted from 0 in
`start_step`, as NNI does, and from 1 in what is shown.

>>> others = [Curve(n, (0.8, 0.9), completed=True) for n in range(4)]
>>> Median("maximize").decide(others, Curve(9, (0.3,)))
Stop(reason='its best so far, 0.3, is worse than the median 0.8 of 4 trials at step 1')
"""

from __future__ import annotations

import itertools
import math
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

from annotate_tuners.errors import InvalidArguments
from annotate_tuners.pruner import Continue, Curve, Stop, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annotate_tuners.tuner import Direction


@dataclass(frozen=True)
class Median:
    """Stop when the best so far is worse than the median of the others' running averages at this step.

    The others are completed trials, at least `startup_trials` of them. NNI's Medianstop; Golovin et
    al., Google Vizier, KDD 2017.
    """

    direction: Direction
    start_step: int = 0
    startup_trials: int = 4

    def decide(self, others: Sequence[Curve], curve: Curve) -> Verdict:
        averages = [
            statistics.fmean(losses[: curve.step + 1])
            for other in others
            if other.completed and (losses := other.losses(self.direction)) and len(losses) > curve.step
        ]
        if curve.step < self.start_step or len(averages) < max(1, self.startup_trials):
            return Continue()
        best, median = min(curve.losses(self.direction)), statistics.median(averages)
        if best <= median:
            return Continue()
        return Stop(
            f"its best so far, {_shown(best, self.direction)}, is worse than the median "
            f"{_shown(median, self.direction)} of {len(averages)} trials at step {curve.step + 1}"
        )


@dataclass(frozen=True)
class Percentile:
    """Stop when the best so far is not among the best `percentile` per cent at this step.

    The others are compared by their best so far too, whether or not they completed.
    """

    direction: Direction
    percentile: float = 50.0
    start_step: int = 0
    startup_trials: int = 4

    def __post_init__(self) -> None:
        if not 0 < self.percentile < 100:
            raise InvalidArguments(f"percentile lies between 0 and 100, not {self.percentile}")

    def decide(self, others: Sequence[Curve], curve: Curve) -> Verdict:
        bests = sorted(
            min(other.losses(self.direction)[: curve.step + 1])
            for other in others
            if other.step >= curve.step
        )
        if curve.step < self.start_step or len(bests) < max(1, self.startup_trials):
            return Continue()
        best = min(curve.losses(self.direction))
        bound = bests[max(0, math.ceil(len(bests) * self.percentile / 100) - 1)]
        if best <= bound:
            return Continue()
        return Stop(
            f"its best so far, {_shown(best, self.direction)}, is not among the best "
            f"{self.percentile:g} % of {len(bests)} trials at step {curve.step + 1}"
        )


@dataclass(frozen=True)
class Asha:
    """Asynchronous successive halving: at each rung only the best `1 / eta` go on.

    The rungs are after `min_steps`, `min_steps * eta`, `min_steps * eta ** 2`, ... results. A trial that
    comes to a rung before `eta` trials were there goes on. Li et al., A System for Massively Parallel
    Hyperparameter Tuning, MLSys 2020 (the variant that stops).
    """

    direction: Direction
    eta: int = 3
    min_steps: int = 1

    def __post_init__(self) -> None:
        if self.eta < 2 or self.min_steps < 1:
            raise InvalidArguments("asha needs eta >= 2 and min_steps >= 1")

    def decide(self, others: Sequence[Curve], curve: Curve) -> Verdict:
        results = curve.step + 1
        rungs = itertools.takewhile(
            lambda rung: rung <= results, (self.min_steps * self.eta**k for k in itertools.count())
        )
        if results not in rungs:
            return Continue()
        mine = min(curve.losses(self.direction))
        there = sorted(min(o.losses(self.direction)[:results]) for o in others if o.step + 1 >= results)
        if len(there) + 1 < self.eta:
            return Continue()
        places = (len(there) + 1) // self.eta
        if sum(loss < mine for loss in there) < places:
            return Continue()
        return Stop(
            f"{_shown(mine, self.direction)} after {results} results is not among the best {places} "
            f"of {len(there) + 1} at this rung"
        )


@dataclass(frozen=True)
class Threshold:
    """Stop when a result leaves `[lower, upper]` at or after `start_step`."""

    direction: Direction
    lower: float | None = None
    upper: float | None = None
    start_step: int = 0

    def __post_init__(self) -> None:
        if self.lower is None and self.upper is None:
            raise InvalidArguments("threshold needs lower, upper or both")

    def decide(self, others: Sequence[Curve], curve: Curve) -> Verdict:
        value = curve.values[-1]
        if curve.step < self.start_step:
            return Continue()
        if math.isnan(value):
            return Stop("its result is not a number")
        if self.lower is not None and value < self.lower:
            return Stop(f"{value:g} is below the threshold {self.lower:g}")
        if self.upper is not None and value > self.upper:
            return Stop(f"{value:g} is above the threshold {self.upper:g}")
        return Continue()


@dataclass(frozen=True)
class Plateau:
    """Stop when the latest `patience` results bettered what came before by no more than `min_delta`."""

    direction: Direction
    patience: int = 10
    min_delta: float = 0.0
    start_step: int = 0

    def __post_init__(self) -> None:
        if self.patience < 1 or self.min_delta < 0:
            raise InvalidArguments("plateau needs patience >= 1 and min_delta >= 0")

    def decide(self, others: Sequence[Curve], curve: Curve) -> Verdict:
        losses = curve.losses(self.direction)
        if curve.step < self.start_step or len(losses) <= self.patience:
            return Continue()
        before, latest = min(losses[: -self.patience]), min(losses[-self.patience :])
        if latest < before - self.min_delta:
            return Continue()
        return Stop(f"its last {self.patience} results are no better than {_shown(before, self.direction)}")


@dataclass(frozen=True)
class Nan:
    """Stop at a result that is no finite number."""

    direction: Direction

    def decide(self, others: Sequence[Curve], curve: Curve) -> Verdict:
        value = curve.values[-1]
        return Continue() if math.isfinite(value) else Stop(f"its result is {value}")


def _shown(loss: float, direction: Direction) -> str:
    return f"{-loss if direction == 'maximize' and math.isfinite(loss) else loss:.4g}"
