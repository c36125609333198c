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
import time
import traceback
from collections.abc import Callable, Mapping, Sequence

from annotate.errors import SpaceError, StorageError, UsageError
from annotate.storage import StudyStore
from annotate.study.ahead import Ahead
from annotate.study.book import COUNTS, Book
from annotate.study.events import Listener, Notice, StudyEnded, TrialEnded, TrialRetried
from annotate.study.failures import Failed, run_again, why_stop
from annotate.study.feeding import Feeder
from annotate.study.history import CURVED, History
from annotate.study.live import Live
from annotate.study.logs import LogTail
from annotate.study.machine import MachineSampler
from annotate.study.options import StudyOptions
from annotate.study.ports import Launch, News, Slots
from annotate.study.pruning import Pruning
from annotate.study.session import SAVE, Session
from annotate.study.snapshot import StudySnapshot
from annotate.study.standing import Standing
from annotate.study.supervisor import Supervisor
from annotate.study.verdict import Cause
from annotate.trial import (
    STOPPED_WITH_STUDY,
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
POLL_ON = 0.03  # seconds that a look takes, and until the next one, where there is more than it could take in
NO_LOG, NO_NEWS = LogTail(), News()
RETRY_SLOT = 1.0  # seconds until a slot is asked for again that another program holds


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
            now=lambda: self._session.now,
            concluded=self._conclude,
            reported=self._prune,
            failed=self._fail,
            wake=self._wake.set,
        )
        self._machine = MachineSampler(slots, self._blind, self._supervisor.pids)
        self._book = Book()
        self._feeder = Feeder(
            store, self._book, self._ahead, self._history, slots, self._supervisor, listener
        )
        self._outcomes: list[Failed | None] = []
        self._notices: list[str] = []
        self._ended: StudyEnded | None = None
        self._fault: BaseException | None = None
        self._session = Session(store, clock, not_before=self._take_in())

    # What others may ask and tell, on the loop's own thread.

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
        live, trial = self._supervisor.live.get(number), self._book.trials.get(number)
        if live is not None:
            self._supervisor.stop(live, Cause.USER, "killed by you", grace=self.options.grace)
        elif trial is not None and number in self._book.queue:
            self._book.queue.remove(number)
            self._finish(cancel(trial, at=self._session.now, message="killed by you"))
            self._wake.set()
        else:
            is_what = "does not exist" if trial is None else f"has ended: {trial.state.value}"
            raise UsageError(f"trial {number} {is_what}", remedy="`annotate show` lists the trials that run")

    def update(self, changes: Mapping[str, Json]) -> None:
        """Change budgets or jobs while it runs. Raises UsageError."""
        self.options = self.options.changed(changes)
        self._meta = dataclasses.replace(self._meta, options=self.options.to_json())
        self._store.write_meta(self._meta)
        self._wake.set()

    def enqueue(self, *points: Params) -> list[int]:
        """Have these points run before any that the tuner suggests; returns their numbers."""
        trials = [Trial(self._book.number(), dict(point)) for point in points]
        self._store.save(*trials)
        for trial in trials:
            self._feeder.admit(trial)
        self._wake.set()
        return [trial.number for trial in trials]

    def standing(self) -> Standing:
        """What nobody can read from the database."""
        return Standing(self.phase, dict(self._feeder.waiting), tuple(self._notices), self._session.elapsed)

    def snapshot(self) -> StudySnapshot:
        """The study at this moment."""
        live, meta = self._supervisor.live, self._meta
        return StudySnapshot(
            study=meta.study,
            script=meta.script,
            tuner=meta.tuner,
            direction=meta.direction,
            metric=meta.metric,
            metrics=meta.metrics,
            now=self._session.now,
            started=meta.created,
            budget_trials=self.options.trials,
            jobs=self.options.jobs,
            trials=tuple(live[n].shown() if n in live else trial for n, trial in self._book.trials.items()),
            names=meta.names,
            defaults=meta.defaults,
            budget_seconds=self.options.max_duration,
            waiting=dict(self._feeder.waiting),
            notices=tuple(self._notices),
            machine=self._machine.latest,
            phase=self.phase,
            elapsed=self._session.elapsed,
        )

    # The loop.

    async def run(self) -> StudyEnded:
        """Run until the budget is used up or somebody stops it; a fault is raised once all is wound up."""
        self._session.begin()
        ticker = asyncio.create_task(self._tick())
        try:
            ended = await self._loop()
        except BaseException as error:
            self._fault = self._fault or error
            raise
        finally:
            await self._wind_up(ticker)
        self.phase = "finished"
        self._emit(ended)
        return ended

    async def _loop(self) -> StudyEnded:
        while True:
            self._wake.clear()
            self._raise_faults()
            if self._ended is None:
                await self._feeder.fill(self.options, goes_on=lambda: self.phase == "running")
                if why := self._feeder.why_done(self.options):
                    self._end(StudyEnded("finished", why))
            if self._ended is not None and not self._supervisor.tasks:
                self._raise_faults()
                return self._ended
            await self._wake.wait()

    async def _wind_up(self, ticker: asyncio.Task[None]) -> None:
        """End what still runs and note the session's length, whatever has gone wrong before."""
        ticker.cancel()
        self._machine.close()
        self._stop_all(0.0)
        if self._supervisor.tasks:
            await asyncio.wait(self._supervisor.tasks, timeout=10.0)
        await asyncio.gather(ticker, return_exceptions=True)
        await self._ahead.close()
        self._slots.close()
        with contextlib.suppress(StorageError) if self._fault else contextlib.nullcontext():
            self._session.save()

    def _raise_faults(self) -> None:
        if self._fault is not None:
            raise self._fault
        if self._ahead.fault is None:
            return
        if self._ahead.built:
            self._tuner_failed(self._ahead.fault)
        elif isinstance(self._ahead.fault, TunerError):
            raise SpaceError(str(self._ahead.fault)) from self._ahead.fault
        else:
            raise self._ahead.fault

    def _tuner_failed(self, fault: BaseException) -> None:
        """Launch nothing more; the trials that run are worth their time and are finished."""
        if self._ended is None:
            said = "".join(traceback.format_exception(fault)).rstrip()
            why = f"its tuner failed: {said.splitlines()[-1]}"
            self.notice(f"{why}; the study ends when the trials that run have ended")
            self._end(StudyEnded("gave-up", why, said))

    async def _tick(self) -> None:
        asked = time.monotonic()
        more = False
        try:
            while True:
                await asyncio.sleep(POLL_ON if more else POLL)
                now = time.monotonic()
                more = self._supervisor.poll(seconds=POLL_ON)
                self._watch_clock(now)
                self._machine.look()
                self._session.save(every=SAVE)
                if self._feeder.waiting and now - asked >= RETRY_SLOT:
                    asked = now
                    self._wake.set()
        except Exception as error:  # noqa: BLE001 - carried to the loop, which raises it
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
        curves = self._store.curves([trial.number for trial in trials if trial.state in CURVED])
        for number, taken in self._store.taken().items():
            self._history.learned(number, taken)
        for trial in trials:
            if trial.state is TrialState.RUNNING or trial.message == STOPPED_WITH_STUDY:
                again = requeue(trial)
                with self._store.together():
                    self._store.forget_reports(trial.number)
                    self._store.save(again)
                self._feeder.admit(again)
            elif trial.state is TrialState.QUEUED:
                self._feeder.admit(trial)
            else:
                if trial.state in COUNTS:  # the script has shown that it can run
                    self._outcomes = [None]
                self._observe(trial, curves.get(trial.number, ()))
        return max((trial.ended or trial.started or 0.0 for trial in trials), default=0.0)

    # Ending.

    def _prune(self, live: Live) -> None:
        if self._pruning is not None and live.cause is None and not live.trial.baseline:
            why = self._pruning.why_stop(live, self._supervisor.live.values())
            if why is not None:
                self._supervisor.stop(live, Cause.PRUNER, why, grace=self.options.grace)

    def _conclude(self, live: Live, ended: Trial, log: LogTail, last: News) -> None:
        """A trial's process has ended: run it again, or have it finished. `last` is what it reported last."""
        if again := run_again(self.options.on_failure, ended):
            with self._store.together():
                self._store.forget_reports(again.number)
                self._store.save(again)
            self._supervisor.tell(again.number, last)
            self._book.enqueue(again)
            self._emit(TrialRetried(again, ended))
            return
        ended = with_reads(ended, live.reads)
        if told := sorted(ended.unread - self._meta.space.keys()):
            self.notice(
                f"the script never read {' or '.join(told)}, which {self._meta.tuner} gives a meaning"
            )
        self._finish(ended, log, curve=live.curve, last=last)
        if self._pruning is not None:
            completed = ended.state is TrialState.SUCCEEDED
            self._pruning.remember(ended.number, live.curve, completed=completed)
        if ended.state is TrialState.SUCCEEDED and live.final is None:
            self.notice("no final result is reported; the last intermediate one is taken for it")
        if live.finals > 1:
            self.notice(
                "a final result is reported several times in a trial, in a loop perhaps; the last counts"
            )
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

    def _finish(
        self, ended: Trial, log: LogTail = NO_LOG, curve: Sequence[float] = (), last: News = NO_NEWS
    ) -> None:
        with self._store.together():
            if last.measurements or last.reads:
                self._store.record(ended.number, last.measurements, last.reads)
            self._store.save(ended)
        self._supervisor.tell(ended.number, last)
        self._observe(dataclasses.replace(ended, measurements=()), curve)
        stopped = ended.state in (TrialState.EARLY_STOPPED, TrialState.CANCELLED)
        self._emit(TrialEnded(ended, "" if stopped else log.traceback))

    def _observe(self, ended: Trial, curve: Sequence[float]) -> None:
        self._book.conclude(ended)
        self._history.ended(ended, policy=self.options.on_failure, curve=curve)

    def _watch_clock(self, now: float) -> None:
        limit = self.options.trial_timeout
        for live in list(self._supervisor.live.values()):
            if limit is not None and now - live.began >= limit and live.cause is None:
                text = f"stopped after {limit:g} s"
                self._supervisor.stop(live, Cause.TIMEOUT, text, grace=self.options.grace)
        total = self.options.max_duration
        if total is None or self._session.elapsed < total:
            return
        self._end(StudyEnded("finished", f"its {total:g} s are over"))
        going_on = any(live.cause is None for live in self._supervisor.live.values())
        if going_on and self.options.at_deadline == "stop":
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

    def _blind(self, error: BaseException) -> None:
        self.notice(f"the load of the machine cannot be shown: {type(error).__name__}: {error}")

    def _fail(self, error: BaseException) -> None:
        self._fault = self._fault or error
        self._wake.set()
