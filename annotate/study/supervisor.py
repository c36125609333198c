"""The running trials of a study: starts them, follows their reports, ends them, judges their end.

What a trial reported is committed before it is told; what it reported last, together with its end. Every trial that was started comes to `concluded`
exactly once, unless a fault of storage or of our own ends the study.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import time
from collections.abc import Callable

from annotate.errors import StorageError
from annotate.storage import StudyStore
from annotate.study.events import StudyEvent, TrialReported, TrialStarted
from annotate.study.live import Live
from annotate.study.logs import LogTail, read_log
from annotate.study.machine import kernel_oom_kills
from annotate.study.pattern import no_match
from annotate.study.ports import Launch, Lease, News, Process, Slots
from annotate.study.verdict import Cause, Ending, judge
from annotate.trial import Trial, TrialState, requeue, start


class Supervisor:
    """`concluded` is called with a trial in its last state, before its slot is given back.

    It commits that state and the reports that it is given, the trial's last, and tells of both.
    """

    def __init__(
        self,
        store: StudyStore,
        launch: Launch,
        slots: Slots,
        *,
        emit: Callable[[StudyEvent], None],
        now: Callable[[], float],
        concluded: Callable[[Live, Trial, LogTail, News], None],
        reported: Callable[[Live], None],
        failed: Callable[[BaseException], None],
        wake: Callable[[], None],
    ) -> None:
        self._store = store
        meta = store.meta()
        self._keys = tuple(objective.key for objective in meta.objectives)
        self._nothing = no_match(meta.metric_pattern) if meta.metric_pattern is not None else ""
        self._launch = launch
        self._slots = slots
        self._emit = emit
        self._now = now
        self._concluded = concluded
        self._reported = reported
        self._failed = failed
        self._wake = wake
        self._stops: set[asyncio.Task[None]] = set()
        self._has_launched = False
        self._oom_kills = kernel_oom_kills()
        self.live: dict[int, Live] = {}
        self.tasks: set[asyncio.Task[None]] = set()

    def start(self, trial: Trial, lease: Lease) -> None:
        """Have a queued trial run in a slot.

        The first is noted before it is launched: that may wait for what all trials have in common. A later one
        is noted while its process starts.
        """
        running = start(trial, at=self._now(), gpus=lease.gpus or ())
        if not self._has_launched:
            self._store.save(running)
        live = Live(
            running,
            lease,
            began=time.monotonic(),
            keys=self._keys,
            lacking=self._nothing,
            oom_kills=self._oom_kills,
        )
        self.live[trial.number] = live
        task = asyncio.create_task(self._run(live), name=f"trial {trial.number}")
        self.tasks.add(task)
        task.add_done_callback(self._done)

    def stop(self, live: Live, cause: Cause, text: str, *, grace: float) -> None:
        """End a trial; the first cause is the one that counts."""
        if live.cause is None:
            live.cause, live.cause_text = cause, text
        live.grace = min(live.grace, grace)
        if live.process is not None:
            self._stop_process(live)
        elif live.launching is not None:
            live.launching.cancel()

    def pids(self) -> dict[int, int]:
        """The processes of the running trials, by number."""
        return {n: live.process.pid for n, live in self.live.items() if live.process is not None}

    def poll(self, *, seconds: float) -> bool:
        """Commit what running trials have reported, all together, then tell it, turn by turn for some `seconds`.

        Returns whether there may be more.
        """
        self._oom_kills = kernel_oom_kills()  # not at every start: the kernel counts for 0.1 ms
        until = time.monotonic() + seconds
        running = [
            (live, live.process) for live in self.live.values() if live.process is not None and not live.over
        ]
        while running:
            news = [(live, process, process.news()) for live, process in running]
            fresh = [(live, each) for live, _, each in news if each.measurements or each.reads]
            if not fresh:
                return False
            with self._store.together():
                for live, each in fresh:
                    self._store.record(live.trial.number, each.measurements, each.reads)
            for live, each in fresh:
                self._take_in(live, each)
                self.tell(live.trial.number, each)
            running = [(live, process) for live, process, each in news if each.more]
            if time.monotonic() >= until:
                break
        return bool(running)

    def tell(self, number: int, news: News) -> None:
        """Tell what a trial reported, which is committed."""
        if news.measurements:
            self._emit(TrialReported(number, tuple(news.measurements)))

    async def _run(self, live: Live) -> None:
        try:
            live.launching = asyncio.current_task() if live.cause is None else None
            try:
                if live.launching is not None:
                    live.process = await self._launch(live.trial, live.lease)
            except asyncio.CancelledError:
                if live.cause is None:
                    raise
            live.launching = None
            if live.process is None:
                ended = judge(live.trial, self._ending(live, None, LogTail()))
                self._concluded(live, ended, LogTail(), News())
                return
            self._has_launched = True
            live.trial = dataclasses.replace(live.trial, pid=live.process.pid)
            self._store.save(live.trial)
            self._slots.started(live.lease, live.process.pid)
            self._emit(TrialStarted(live.trial))
            self._wake()
            # The next point is asked for before this trial's end is told, however quick it was: so a study with
            # a seed is the same each time.
            await asyncio.sleep(0)
            if live.cause is not None:
                self._stop_process(live)
            code = await live.process.wait()
            last = await self._drain(live, live.process)
            log = await asyncio.to_thread(read_log, live.process.log) if code != 0 else LogTail()
            self._concluded(live, judge(live.trial, self._ending(live, code, log)), log, last)
        except BaseException as error:  # noqa: BLE001 - carried to the loop, which raises it
            self._failed(error)
            if live.process is None:
                with contextlib.suppress(StorageError):
                    never_began = dataclasses.replace(requeue(live.trial), attempt=live.trial.attempt)
                    self._store.save(never_began)
        finally:
            del self.live[live.trial.number]
            await self._slots.release(live.lease)

    def _done(self, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failed(error)
        self._wake()

    async def _drain(self, live: Live, process: Process) -> News:
        """Take in all that is left of a trial's reports, letting the others have their turn; returns the last, not yet committed."""
        live.over = True
        last = process.news()
        self._take_in(live, last)
        while last.more:
            following = process.news()
            if not (following.measurements or following.reads or following.more):
                break
            self._store.record(live.trial.number, last.measurements, last.reads)
            self.tell(live.trial.number, last)
            last = following
            self._take_in(live, last)
            await asyncio.sleep(0)
        return last

    def _take_in(self, live: Live, news: News) -> None:
        live.reads.update(news.reads)
        for measurement in news.measurements:
            live.add(measurement)
        if news.measurements:
            self._reported(live)

    def _ending(self, live: Live, code: int | None, log: LogTail) -> Ending:
        assert live.trial.state is TrialState.RUNNING
        killed = code in (-9, 137)
        if killed:
            self._oom_kills = kernel_oom_kills()
        return Ending(
            at=self._now(),
            returncode=code,
            final=live.final,
            final_further=live.final_further,
            last=live.last,
            last_further=live.last_further,
            lacking=live.lacking,
            log=log,
            cause=live.cause,
            cause_text=live.cause_text,
            kernel_killed=killed and self._oom_kills > live.oom_kills,
        )

    def _stop_process(self, live: Live) -> None:
        assert live.process is not None
        task = asyncio.create_task(live.process.stop(live.grace))
        self._stops.add(task)
        task.add_done_callback(self._stopped)

    def _stopped(self, task: asyncio.Task[None]) -> None:
        self._stops.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failed(error)
