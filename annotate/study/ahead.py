"""Suggestions computed ahead, off the loop: a slot that becomes free finds its next point ready.

One thread owns the tuner and carries out its calls in the order they were posted, so at one job a study
with a seed is the same each time. It is woken once for all that was posted since it was last asked for a
point: each time it wakes, the loop waits for the interpreter. The tuner is built in that thread as well: `start` it when the first
trial runs, because building it may import hyperopt.
"""

from __future__ import annotations

import asyncio
import math
import queue
import threading
import time
from collections import deque
from collections.abc import Callable

from annotate.trial import Params
from annotate_tuners.tuner import SpaceExhausted, Tuner

Call = Callable[[Tuner], None]

LONGEST_WAIT = 0.01  # seconds until the last of all slots has its point, where all become free at once


class Ahead:
    """The tuner's thread. `wake` is called on the loop whenever something has changed."""

    def __init__(self, make_tuner: Callable[[], Tuner], wake: Callable[[], None]) -> None:
        self._make_tuner = make_tuner
        self._wake = wake
        self._calls: queue.SimpleQueue[list[Call] | None] = queue.SimpleQueue()
        self._posted: list[Call] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self.ready: deque[tuple[int, Params]] = deque()
        self.outstanding = 0
        self.exhausted: str | None = None
        self.fault: BaseException | None = None
        self.built = False
        """Whether there is a tuner: a fault before is one of its options, a fault after it its own."""
        self.seconds = 0.0
        """How long the last suggestion took."""

    @property
    def started(self) -> bool:
        return self._thread is not None

    def start(self) -> None:
        """Begin to build the tuner and to carry out what was posted."""
        if self._thread is None:
            self._loop = asyncio.get_running_loop()
            self._thread = threading.Thread(target=self._work, name="annotate-tuner", daemon=True)
            self._thread.start()

    def post(self, call: Call) -> None:
        """Have the tuner told something, before it is asked for its next point."""
        self._posted.append(call)

    def keep_ready(self, wanted: float, *, jobs: int, free: int, number: Callable[[], int]) -> None:
        """Have as many points suggested as may be needed next, `wanted` at most; they appear in `ready`."""
        if self.exhausted is None and self.fault is None:
            depth = max(1, math.ceil(jobs - LONGEST_WAIT / self.seconds)) if self.seconds else 1
            for _ in range(int(min(wanted, max(depth, free))) - len(self.ready) - self.outstanding):
                self.outstanding += 1
                self._request(number())
        self._hand_over()

    async def close(self) -> None:
        """End the thread; one that is busy for longer than a second is left to die with the process."""
        if self._thread is None:
            return
        self._hand_over()
        self._calls.put(None)
        deadline = time.monotonic() + 1.0
        while self._thread.is_alive() and time.monotonic() < deadline:  # noqa: ASYNC110 - a thread sets no event
            await asyncio.sleep(0.001)
        self._loop = None

    def _request(self, number: int) -> None:
        self.post(lambda tuner: self._suggest(tuner, number))

    def _hand_over(self) -> None:
        if self._posted:
            self._calls.put(self._posted)
            self._posted = []

    def _work(self) -> None:
        try:
            tuner = self._make_tuner()
            self.built = True
            while (calls := self._calls.get()) is not None:
                for call in calls:
                    call(tuner)
        except BaseException as error:  # noqa: BLE001 - carried to the loop, which raises it
            self._tell(self._set_fault, error)

    def _suggest(self, tuner: Tuner, number: int) -> None:
        began = time.perf_counter()
        try:
            params = tuner.suggest(number)
        except SpaceExhausted as error:
            self._tell(self._set_exhausted, str(error))
        else:
            self._tell(self._add, number, params, time.perf_counter() - began)

    def _tell(self, function: Callable[..., None], *arguments: object) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(function, *arguments)

    def _add(self, number: int, params: Params, seconds: float) -> None:
        self.outstanding -= 1
        self.seconds = seconds
        self.ready.append((number, params))
        self._wake()

    def _set_exhausted(self, why: str) -> None:
        self.outstanding -= 1
        self.exhausted = why or "every point of the search space has been tried"
        self._wake()

    def _set_fault(self, error: BaseException) -> None:
        self.fault = error
        self._wake()
