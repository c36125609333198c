"""Which trial runs next, and in which slot: points of the user's first, then what the tuner suggests.

A trial that has to wait for its slot is at the head of the queue until it has one; nothing overtakes it.

>>> feeder = Feeder(store, book, ahead, history, slots, supervisor, emit)
>>> await feeder.fill(options, goes_on=lambda: True)
>>> feeder.waiting
{7: 'GPU 2: pid 4711, python, 31.2 GB of 40'}
"""

from __future__ import annotations

import time
from collections.abc import Callable

from annotate.storage import StudyStore
from annotate.study.ahead import Ahead
from annotate.study.book import Book
from annotate.study.events import StudyEvent, TrialWaiting
from annotate.study.history import History
from annotate.study.options import StudyOptions
from annotate.study.ports import Slots, Waiting
from annotate.study.supervisor import Supervisor
from annotate.trial import Trial

WORTH_TELLING = 2.0  # seconds


class Feeder:
    """Starts trials where there is room. `waiting` maps the number of a queued trial to what it waits for."""

    def __init__(
        self,
        store: StudyStore,
        book: Book,
        ahead: Ahead,
        history: History,
        slots: Slots,
        supervisor: Supervisor,
        emit: Callable[[StudyEvent], None],
    ) -> None:
        self._store = store
        self._book = book
        self._ahead = ahead
        self._history = history
        self._slots = slots
        self._supervisor = supervisor
        self._emit = emit
        self._refused_first: tuple[int, float] | None = None  # the trial that waits, and since when
        self._told: set[int] = set()
        self.waiting: dict[int, str] = {}

    def admit(self, trial: Trial) -> None:
        """Queue a trial that the tuner did not suggest just now."""
        self._book.enqueue(trial)
        self._history.pending(trial)

    async def fill(self, options: StudyOptions, *, goes_on: Callable[[], bool]) -> None:
        """Start trials until the jobs, the slots, the budget or the suggestions are used up.

        `goes_on` is asked again after every wait, in which the study may have been stopped or paused.
        """
        self.waiting = {}
        book = self._book
        while goes_on() and len(self._supervisor.tasks) < options.jobs:
            if not book.queue:
                self._queue_suggestion(options)
            if not book.queue:
                break
            trial = book.trials[book.queue[0]]
            slot = await self._slots.acquire(trial, options.jobs)
            if isinstance(slot, Waiting):
                self._store.save(trial)
                self.waiting = dict.fromkeys(book.queue, slot.why)
                self._refused(trial.number, slot.why)
                break
            if not goes_on() or trial.number not in book.queue:  # stopped, paused or killed meanwhile
                self._store.save(book.trials[trial.number])
                await self._slots.release(slot)
                break
            book.queue.remove(trial.number)
            self._supervisor.start(trial, slot)
        self._ask_ahead(options)

    def why_done(self, options: StudyOptions) -> str | None:
        """Why nothing is left to be run, None while something is."""
        if self._supervisor.tasks or self._book.queue:
            return None
        if self._left(options) <= 0:
            return f"all {options.trials} trials are done"
        if self._ahead.ready or self._ahead.outstanding:
            return None
        return self._ahead.exhausted

    def _refused(self, number: int, why: str) -> None:
        """Tell of a wait once, and only of one that lasts: the last trial may just be leaving."""
        if self._refused_first is None or self._refused_first[0] != number:
            self._refused_first = (number, time.monotonic())
        elif number not in self._told and time.monotonic() - self._refused_first[1] >= WORTH_TELLING:
            self._told.add(number)
            self._emit(TrialWaiting(number, why))

    def _queue_suggestion(self, options: StudyOptions) -> None:
        """Make a queued trial of the next suggestion, if there is one and the budget allows it.

        It is written down when it starts, or when it has to wait.
        """
        if self._ahead.ready and self._left(options) > 0:
            number, suggested = self._ahead.ready.popleft()
            self._book.enqueue(Trial(number, self._history.params(suggested)))

    def _ask_ahead(self, options: StudyOptions) -> None:
        """Have the next points suggested while the trials run: once the last of them has started, where all slots are taken."""
        started = [live.process is not None for live in self._supervisor.live.values()]
        free = max(0, options.jobs - len(self._supervisor.tasks))
        if not self._ahead.started:
            if (self._book.queue or self._supervisor.tasks) and not any(started):
                return
            self._ahead.start()
        elif free == 0 and not all(started):
            return
        self._ahead.keep_ready(self._left(options), jobs=options.jobs, free=free, number=self._book.number)

    def _left(self, options: StudyOptions) -> float:
        return self._book.left(options.trials, running=len(self._supervisor.live))
