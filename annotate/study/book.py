"""The book of a study: every trial by its number, which are queued, how many count towards the budget.

>>> book = Book()
>>> book.enqueue(Trial(book.number(), {}, baseline=True))
>>> book.left(20, running=0)
19
"""

from __future__ import annotations

import math
from collections import deque

from annotate.trial import Trial, TrialState

COUNTS = (TrialState.SUCCEEDED, TrialState.EARLY_STOPPED)  # what uses up the budget


class Book:
    """Trials as they were when last heard of, in order of number; a running one is known better elsewhere."""

    def __init__(self) -> None:
        self.trials: dict[int, Trial] = {}
        self.queue: deque[int] = deque()
        self.done = 0
        """How many have used up the budget."""
        self._next = 0

    def number(self) -> int:
        """A number that no trial has."""
        self._next += 1
        return self._next - 1

    def put(self, trial: Trial) -> None:
        """Write down a trial as it now is."""
        self.trials[trial.number] = trial
        self._next = max(self._next, trial.number + 1)

    def enqueue(self, trial: Trial) -> None:
        """Have a trial wait for its slot."""
        self.put(trial)
        self.queue.append(trial.number)

    def conclude(self, trial: Trial) -> None:
        """A trial is in its last state."""
        self.put(trial)
        self.done += trial.state in COUNTS

    def left(self, budget: int | None, *, running: int) -> float:
        """How many more trials a budget allows than are done, running or queued."""
        return math.inf if budget is None else budget - self.done - running - len(self.queue)
