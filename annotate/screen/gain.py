"""What tuning gained: a trial against the script's own defaults, whichever way is better."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from annotate.screen.words import number
from annotate.study.snapshot import StudySnapshot
from annotate.trial import Objective, Trial


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
    """The gain of a trial over the baseline in the first metric, None until both have a value."""
    base = snapshot.baseline
    if trial.value is None or base is None or base.value is None or not math.isfinite(base.value):
        return None
    return gained(snapshot.objectives[0], trial.value, base.value)


def gained(objective: Objective, value: float, baseline: float) -> Gain:
    """The gain of a value over the baseline's."""
    return Gain(baseline, objective.loss(baseline) - objective.loss(value))


def gains(objectives: Sequence[Objective], trial: Trial, base: Trial | None) -> list[Gain]:
    """The gain of a trial over the baseline in each metric; none until both have a value of each."""
    if base is None or not len(base.values) == len(trial.values) == len(objectives):
        return []
    pairs = zip(objectives, trial.values, base.values, strict=True)
    return [gained(objective, value, before) for objective, value, before in pairs]
