"""Asking a pruner, after each report, whether a trial goes on.

A pruner compares with the latest `REMEMBERED` trials that ran to their end or were stopped early, and with those that run:
more would cost more than they tell.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterable

from annotate.study.live import Live
from annotate_tuners.pruner import Curve, Pruner, Stop

REMEMBERED = 500


class Pruning:
    """One pruner and the curves it compares with."""

    def __init__(self, pruner: Pruner) -> None:
        self._pruner = pruner
        self._past: deque[Curve] = deque(maxlen=REMEMBERED)

    def remember(self, number: int, curve: array[float], *, completed: bool) -> None:
        """A trial has ended."""
        if curve:
            self._past.append(Curve(number, tuple(curve), completed))

    def why_stop(self, live: Live, running: Iterable[Live]) -> str | None:
        """Why the trial is stopped now, None when it goes on."""
        if not live.curve:
            return None
        others = [Curve(o.trial.number, tuple(o.curve)) for o in running if o is not live and o.curve]
        verdict = self._pruner.decide([*self._past, *others], Curve(live.trial.number, tuple(live.curve)))
        return verdict.reason if isinstance(verdict, Stop) else None
