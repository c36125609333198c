"""The loop of a study: suggest, launch, observe, until its budget is used up.

One thread, one asyncio loop. A trial is committed before anybody hears of it. The loop never waits for
the tuner (`annotate.study.ahead`), and a slot's next trial starts on the exit of its last, not on a timer.
`stop` ends it cleanly, `abort` at once; whoever runs it again with the same store resumes it.

>>> study = Study(store, make_tuner=..., launch=launcher, slots=slots, options=StudyOptions(trials=20))
>>> ended = await study.run()
>>> study.snapshot().best
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import math
import os
import socket
import time
from collections import deque
from collections.abc import Callable, Mapping

from annotate.errors import SpaceError, StorageError, UsageError
from annotate.storage import StudyStore
from annotate.study.ahead import Ahead
from annotate.study.events import Listener, Notice, StudyEnded, TrialEnded, TrialRetried
from annotate.study.failures import Failed, why_stop
from annotate.study.history import History
from annotate.study.live import Live
from annotate.study.logs import LogTail
from annotate.study.machine import MachineSampler
from annotate.study.options import StudyOptions
from annotate.study.ports import Launch, Slots, Waiting
from annotate.study.pruning import Pruning
from annotate.study.snapshot import StudySnapshot
from annotate.study.supervisor import Supervisor
from annotate.study.verdict import Cause
from annotate.trial import (
    STOPPED_WITH_STUDY,
    FailureReason,
    Json,
    Params,
    Trial,
    TrialState,
    cancel,
    requeue,
    with_reads,
)
from annotate_tuners.errors import TunerError
from annotate_tuners.pruner import Pruner
from annotate_tuners.space import SearchSpace
from annotate_tuners.tuner import Tuner

POLL = 0.1  # seconds between two looks at what running trials reported
SAVE_SESSION = 10.0  # seconds between two notes of how long the session has run
RETRY_SLOT = 1.0  # seconds until a slot is asked for again that another program holds
LOST_ATTEMPTS = 3  # a trial that was lost is no fault of the user's and runs again, up to so often
QUICK = 0.005  # seconds; a tuner that is slower prepares one point for each job


class Study:
    """One study, run by this process."""

    def __init__(
        self,
        store: StudyStore,
        *,
        make_tuner: Callable[[], Tuner],
        launch: Launch,
        slots: Slots,
        options: StudyOptions,
        pruner: Pruner | None = None,
        listener: Listener = lambda _: None,
        stopping: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.options = options
        self.phase = "running"
        self._store = store
        self._meta = store.meta()
        self._slots = slots
        self._emit = listener
        self._stopping = stopping
        self._clock = clock
        self._pruning = Pruning(pruner) if pruner is not None else None
        self._wake = asyncio.Event()
        self._ahead = Ahead(make_tuner, self._wake.set)
        ran_with = self._meta.baseline_defaults
        self._history = History(
            SearchSpace.from_json(self._meta.space),
            self._meta.defaults,
            self._meta.defaults if ran_with is None else ran_with,
            self._ahead.post,
        )
        self._supervisor = Supervisor(
            store,
            launch,
            slots,
            emit=listener,
            now=lambda: self.now,
            concluded=self._conclude,
            reported=self._prune,
            failed=self._fail,
            wake=self._wake.set,
        )
        self._machine = MachineSampler(slots)
        self._sampling: asyncio.Task[None] | None = None
        self._trials: dict[int, Trial] = {}
        self._next_number = 0
        self._done = 0  # trials that use up the budget
        self._queue: deque[int] = deque()
        self._waiting: dict[int, str] = {}
        self._outcomes: list[Failed | None] = []
        self._notices: list[str] = []
        self._ended: StudyEnded | None = None
        self._fault: BaseException | None = None
        self._began: tuple[float, float] | None = None  # wall clock and monotonic, of the session's start
        self._seconds_before = store.seconds_run()
        self._last_ended = self._take_in()

    # What others may ask and tell, on the loop's own thread.

    @property
    def now(self) -> float:
        """Seconds since the epoch by the session's start and the steady clock: it never runs back."""
        if self._began is None:
            return self._clock()
        wall, steady = self._began
        return wall + (time.monotonic() - steady)

    @property
    def elapsed(self) -> float:
        """For how many seconds hosts have run the study, earlier sessions included."""
        return self._seconds_before + (time.monotonic() - self._began[1] if self._began else 0.0)

    def notice(self, text: str) -> None:
        """Tell the user one line; the same line is told once."""
        if text not in self._notices:
            self._notices.append(text)
            self._emit(Notice(text))

    def stop(self, why: str = "you stopped it") -> None:
        """Launch nothing more, end the running trials, keep every result."""
        self._end(StudyEnded("stopped", why))
        self._stop_all(self.options.grace)

    def abort(self, why: str = "you stopped it at once") -> None:
        """As `stop`, but running trials are killed at once."""
        self._end(StudyEnded("stopped", why))
        self._stop_all(0.0)

    def pause(self) -> None:
        """Launch nothing more for now."""
        if self.phase == "running":
            self.phase = "paused"

    def unpause(self) -> None:
        """Launch again."""
        if self.phase == "paused":
            self.phase = "running"
            self._wake.set()

    def kill(self, number: int) -> None:
        """End one trial; another takes its place. Raises UsageError."""
        live, trial = self._supervisor.live.get(number), self._trials.get(number)
        if live is not None:
            self._supervisor.stop(live, Cause.USER, "killed by you", grace=self.options.grace)
        elif trial is not None and number in self._queue:
            self._queue.remove(number)
            self._finish(cancel(trial, at=self.now, message="killed by you"))
            self._wake.set()
        else:
            is_what = "does not exist" if trial is None else f"is {trial.state.value}"
            raise UsageError(f"trial {number} {is_what}", remedy="`annotate show` lists the trials that run")

    def update(self, changes: Mapping[str, Json]) -> None:
        """Change budgets or jobs while it runs. Raises UsageError."""
        self.options = self.options.changed(changes)
        self._meta = dataclasses.replace(self._meta, options=self.options.to_json())
        self._store.write_meta(self._meta)
        self._wake.set()

    def enqueue(self, *points: Params) -> list[int]:
        """Have these points run before any that the tuner suggests; returns their numbers."""
        trials = [Trial(self._number(), dict(point)) for point in points]
        self._store.save(*trials)
        for trial in trials:
            self._admit(trial)
        self._wake.set()
        return [trial.number for trial in trials]

    def snapshot(self) -> StudySnapshot:
        """The study at this moment."""
        live, meta = self._supervisor.live, self._meta
        return StudySnapshot(
            study=meta.study,
            script=meta.script,
            tuner=meta.tuner,
            direction=meta.direction,
            metric=meta.metric,
            now=self.now,
            started=meta.created,
            budget_trials=self.options.trials,
            jobs=self.options.jobs,
            trials=tuple(
                live[n].shown() if n in live else trial for n, trial in sorted(self._trials.items())
            ),
            names=meta.names,
            defaults=meta.defaults,
            budget_seconds=self.options.max_duration,
            waiting=dict(self._waiting),
            notices=tuple(self._notices),
            machine=self._machine.latest,
            phase=self.phase,
            elapsed=self.elapsed,
        )

    # The loop.

    async def run(self) -> StudyEnded:
        """Run until the budget is used up or somebody stops it; a fault is raised once all is wound up."""
        self._began = (max(self._clock(), self._last_ended), time.monotonic())
        session = self._store.begin_session(host=socket.gethostname(), pid=os.getpid(), at=self.now)
        ticker = asyncio.create_task(self._tick(session))
        try:
            ended = await self._loop()
        except BaseException as error:
            self._fault = self._fault or error
            raise
        finally:
            await self._wind_up(ticker, session)
        self.phase = "finished"
        self._emit(ended)
        return ended

    async def _loop(self) -> StudyEnded:
        while True:
            self._wake.clear()
            self._raise_faults()
            if self._ended is None:
                await self._fill()
                self._watch_budget()
            if self._ended is not None and not self._supervisor.tasks:
                self._raise_faults()
                return self._ended
            await self._wake.wait()

    async def _wind_up(self, ticker: asyncio.Task[None], session: int) -> None:
        """End what still runs and note the session's length, whatever has gone wrong before."""
        ticker.cancel()
        if self._sampling is not None:
            self._sampling.cancel()
        self._stop_all(0.0)
        if self._supervisor.tasks:
            await asyncio.wait(self._supervisor.tasks, timeout=10.0)
        await asyncio.gather(ticker, return_exceptions=True)
        await self._ahead.close()
        self._slots.close()
        with contextlib.suppress(StorageError) if self._fault else contextlib.nullcontext():
            assert self._began is not None
            self._store.update_session(session, seconds=time.monotonic() - self._began[1])

    def _raise_faults(self) -> None:
        fault = self._fault or self._ahead.fault
        if isinstance(fault, TunerError):
            raise SpaceError(str(fault)) from fault
        if fault is not None:
            raise fault

    async def _tick(self, session: int) -> None:
        saved = asked = time.monotonic()
        try:
            while True:
                await asyncio.sleep(POLL)
                now = time.monotonic()
                self._supervisor.poll()
                self._watch_clock(now)
                if self._sampling is None or self._sampling.done():  # a driver may take its time
                    self._sampling = asyncio.create_task(self._machine.sample())
                    self._sampling.add_done_callback(self._sampled)
                if self._waiting and now - asked >= RETRY_SLOT:
                    asked = now
                    self._wake.set()
                if now - saved >= SAVE_SESSION and self._began is not None:
                    saved = now
                    self._store.update_session(session, seconds=now - self._began[1])
        except Exception as error:  # noqa: BLE001 - carried to the loop, which raises it
            self._fail(error)

    def _sampled(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._fail(error)

    def _take_in(self) -> float:
        """Take in what the store has, oldest first; returns when its last trial ended."""
        trials = self._store.trials()
        if not trials and self.options.baseline:
            trials = [Trial(0, {}, baseline=True)]
            self._store.save(*trials)
        if self._pruning is not None:
            done = {t.number: t.state is TrialState.SUCCEEDED for t in trials if t.state.finished}
            for number, curve in self._store.curves(done).items():
                self._pruning.remember(number, curve, completed=done[number])
        for trial in trials:
            self._next_number = trial.number + 1
            if trial.state is TrialState.RUNNING or trial.message == STOPPED_WITH_STUDY:
                again = requeue(trial)
                with self._store.together():
                    self._store.forget_reports(trial.number)
                    self._store.save(again)
                self._admit(again)
            elif trial.state is TrialState.QUEUED:
                self._admit(trial)
            else:
                self._trials[trial.number] = trial
                self._outcomes = [None]
                self._observe(trial)
        return max((trial.ended or trial.started or 0.0 for trial in trials), default=0.0)

    # Launching.

    async def _fill(self) -> None:
        """Start trials until the jobs, the slots, the budget or the suggestions are used up."""
        self._waiting = {}
        while self.phase == "running" and len(self._supervisor.tasks) < self.options.jobs:
            if not self._queue:
                self._queue_suggestion()
            if not self._queue:
                break
            trial = self._trials[self._queue[0]]
            slot = await self._slots.acquire(trial, self.options.jobs)
            if isinstance(slot, Waiting):
                self._store.save(trial)
                self._waiting = dict.fromkeys(self._queue, slot.why)
                break
            if self._ended is not None or trial.number not in self._queue:  # stopped or killed meanwhile
                self._store.save(self._trials[trial.number])
                await self._slots.release(slot)
                break
            self._queue.remove(trial.number)
            self._supervisor.start(trial, slot)
        self._ask_ahead()

    def _queue_suggestion(self) -> None:
        """Make a queued trial of the next suggestion, if there is one and the budget allows it.

        It is written down when it starts, or when it has to wait.
        """
        if self._ahead.ready and self._wanted() > 0:
            number, suggested = self._ahead.ready.popleft()
            self._trials[number] = Trial(number, self._history.params(suggested))
            self._queue.append(number)

    def _ask_ahead(self) -> None:
        """Have the next points suggested while the trials run."""
        if not self._ahead.started:
            running = any(live.process for live in self._supervisor.live.values())
            if (self._queue or self._supervisor.tasks) and not running:
                return
            self._ahead.start()
        depth = 1 if self.options.jobs == 1 or self._ahead.seconds < QUICK else self.options.jobs
        free = max(0, self.options.jobs - len(self._supervisor.tasks))
        wanted = min(self._wanted(), max(depth, free)) if self._ahead.exhausted is None else 0
        for _ in range(int(wanted) - len(self._ahead.ready) - self._ahead.outstanding):
            self._ahead.request(self._number())

    def _wanted(self) -> float:
        """How many more trials the budget allows than are done, running or queued."""
        if self.options.trials is None:
            return math.inf
        return self.options.trials - self._done - len(self._supervisor.live) - len(self._queue)

    def _number(self) -> int:
        self._next_number += 1
        return self._next_number - 1

    def _admit(self, trial: Trial) -> None:
        """Queue a trial that the tuner did not suggest just now."""
        self._trials[trial.number] = trial
        self._queue.append(trial.number)
        self._history.pending(trial)

    # Ending.

    def _prune(self, live: Live) -> None:
        if self._pruning is not None and live.cause is None and not live.trial.baseline:
            why = self._pruning.why_stop(live, self._supervisor.live.values())
            if why is not None:
                self._supervisor.stop(live, Cause.PRUNER, why, grace=self.options.grace)

    def _conclude(self, live: Live, ended: Trial, log: LogTail) -> None:
        """A trial's process has ended: run it again, or have it finished."""
        if again := self._again(ended):
            with self._store.together():
                self._store.forget_reports(again.number)
                self._store.save(again)
            self._trials[again.number] = again
            self._queue.append(again.number)
            self._emit(TrialRetried(again, ended))
            return
        self._finish(with_reads(ended, live.reads), log)
        if self._pruning is not None:
            completed = ended.state is TrialState.SUCCEEDED
            self._pruning.remember(ended.number, live.curve, completed=completed)
        if ended.state is TrialState.SUCCEEDED and live.final is None:
            self.notice("no final result is reported; the last intermediate one is taken for it")
        if ended.state is TrialState.CANCELLED or self._ended is not None:
            return
        failed = None
        if ended.state is TrialState.FAILED:
            assert ended.reason is not None
            message = ended.message or ended.reason.value
            failed = Failed(ended.number, ended.reason, message, log.signature or ended.reason.value)
        self._outcomes.append(failed)
        if why := why_stop(self.options.on_failure, self._outcomes):
            self._end(StudyEnded("gave-up", why, log.traceback))
            self._stop_all(self.options.grace)

    def _again(self, ended: Trial) -> Trial | None:
        if ended.state is not TrialState.FAILED or self._ended is not None:
            return None
        if ended.reason is FailureReason.OOM and not ended.alone:
            return requeue(ended, alone=True)
        if ended.reason is FailureReason.LOST and ended.attempt < LOST_ATTEMPTS:
            return requeue(ended)
        return requeue(ended) if ended.attempt <= self.options.on_failure.retries else None

    def _finish(self, ended: Trial, log: LogTail = LogTail()) -> None:  # noqa: B008 - frozen
        self._store.save(ended)
        self._trials[ended.number] = dataclasses.replace(ended, measurements=())
        self._observe(ended)
        self._emit(TrialEnded(ended, log.traceback))

    def _observe(self, ended: Trial) -> None:
        self._done += ended.state in (TrialState.SUCCEEDED, TrialState.EARLY_STOPPED)
        self._history.ended(ended, policy=self.options.on_failure)

    def _watch_budget(self) -> None:
        if self._supervisor.tasks or self._queue or self._ended is not None:
            return
        if self._wanted() <= 0:
            self._end(StudyEnded("finished", f"all {self.options.trials} trials are done"))
        elif self._ahead.exhausted is not None and not self._ahead.ready and not self._ahead.outstanding:
            self._end(StudyEnded("finished", self._ahead.exhausted))

    def _watch_clock(self, now: float) -> None:
        limit = self.options.trial_timeout
        for live in list(self._supervisor.live.values()):
            if limit is not None and now - live.began >= limit and live.cause is None:
                text = f"stopped after {limit:g} s, its last result counts"
                self._supervisor.stop(live, Cause.TIMEOUT, text, grace=self.options.grace)
        total = self.options.max_duration
        if total is not None and self.elapsed >= total and self._ended is None:
            self._end(StudyEnded("finished", f"its {total:g} s are over"))
            if self.options.at_deadline == "stop":
                self._stop_all(self.options.grace)

    def _end(self, ended: StudyEnded) -> None:
        """Launch nothing more; the first reason is the one that counts."""
        if self._ended is None:
            self._ended = ended
            self.phase = "stopping"
            self._stopping()
        self._wake.set()

    def _stop_all(self, grace: float) -> None:
        for live in list(self._supervisor.live.values()):
            self._supervisor.stop(live, Cause.STUDY, "", grace=grace)

    def _fail(self, error: BaseException) -> None:
        self._fault = self._fault or error
        self._wake.set()
