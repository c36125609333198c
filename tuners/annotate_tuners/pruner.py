"""The protocol of a pruner: go on with a trial or stop it, from learning curves alone.

A pruner is a frozen value: the same curves give the same verdict. It is asked after every
intermediate result. It knows no process and stops nothing itself.

>>> from annotate_tuners.pruners import Threshold
>>> Threshold("minimize", upper=10.0).decide([], Curve(0, (3.0, 12.0)))
Stop(reason='12 is above the threshold 10')
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annotate_tuners.tuner import Direction


@dataclass(frozen=True)
class Curve:
    """The intermediate results of trial `number`, one for each step from 0.

    `completed` says that the trial ran to its end: not one that runs, failed or was stopped early.
    """

    number: int
    values: tuple[float, ...]
    completed: bool = False

    @property
    def step(self) -> int:
        """The latest step, counted from 0; -1 before the first result."""
        return len(self.values) - 1

    def losses(self, direction: Direction) -> tuple[float, ...]:
        """The values turned so that small is good; what is not finite is infinitely bad."""
        sign = -1.0 if direction == "maximize" else 1.0
        return tuple(sign * value if math.isfinite(value) else math.inf for value in self.values)


@dataclass(frozen=True)
class Continue:
    """Let the trial run."""


@dataclass(frozen=True)
class Stop:
    """End the trial; `reason` is one clause for the user."""

    reason: str


Verdict: TypeAlias = Continue | Stop


class Pruner(Protocol):
    """Decides after every intermediate result."""

    def decide(self, others: Sequence[Curve], curve: Curve) -> Verdict:
        """What to do with the trial of `curve`, which has at least one result; `others` are all the rest."""
