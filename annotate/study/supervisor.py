"""The running trials of a study: starts them, follows their reports, ends them, judges their end.

What a trial reported is committed before it is told. Every trial that was started comes to `concluded`
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
from annotate.study.ports import Launch, Lease, News, Process, Slots
from annotate.study.verdict import Cause, Ending, judge
from annotate.trial import Trial, TrialState, requeue, start


class Supervisor:
    """`concluded` is called with a trial in its last state, before its slot is given back."""

    def __init__(
        self,
        store: StudyStore,
        launch: Launch,
        slots: Slots,
        *,
        emit: Callable[[StudyEvent], None],
        now: Callable[[], float],
        concluded: Callable[[Live, Trial, LogTail], None],
        reported: Callable[[Live], None],
        failed: Callable[[BaseException], None],
        wake: Callable[[], None],
    ) -> None:
        self._store = store
        self._keys = tuple(objective.key for objective in store.meta().objectives)
        self._launch = launch
        self._slots = slots
        self._emit = emit
        self._now = now
        self._concluded = concluded
        self._reported = reported
        self._failed = failed
        self._wake = wake
        self._stops: set[asyncio.Task[None]] = set()
        self.live: dict[int, Live] = {}
        self.tasks: set[asyncio.Task[None]] = set()

    def start(self, trial: Trial, lease: Lease) -> None:
        """Have a queued trial run in a slot."""
        running = start(trial, at=self._now(), gpus=lease.gpus or ())
        self._store.save(running)
        live = Live(running, lease, began=time.monotonic(), keys=self._keys, oom_kills=kernel_oom_kills())
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
        until = time.monotonic() + seconds
        running = [(live, live.process) for live in self.live.values() if live.process is not None]
        while running:
            news = [(live, process, process.news()) for live, process in running]
            fresh = [(live, each) for live, _, each in news if each.measurements or each.reads]
            if not fresh:
                return False
            with self._store.together():
                for live, each in fresh:
                    self._store.record(live.trial.number, each.measurements, each.reads)
            for live, each in fresh:
                self._tell(live, each)
            running = [(live, process) for live, process, each in news if each.more]
            if time.monotonic() >= until:
                break
        return bool(running)

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
                self._concluded(
                    live, judge(live.trial, _ending(live, None, LogTail(), self._now())), LogTail()
                )
                return
            live.trial = dataclasses.replace(live.trial, pid=live.process.pid)
            self._slots.started(live.lease, live.process.pid)
            self._emit(TrialStarted(live.trial))
            self._wake()
            # The next point is asked for before this trial's end is told, however quick it was: so a study with
            # a seed is the same each time.
            await asyncio.sleep(0)
            if live.cause is not None:
                self._stop_process(live)
            code = await live.process.wait()
            await self._drain(live, live.process)
            log = await asyncio.to_thread(read_log, live.process.log) if code != 0 else LogTail()
            ended = judge(live.trial, _ending(live, code, log, self._now()))
            self._concluded(live, ended, log)
        except BaseException as error:  # noqa: BLE001 - carried to the loop, which raises it
            self._failed(error)
            if live.process is None:
                with contextlib.suppress(StorageError):
                    self._store.save(requeue(live.trial))
        finally:
            del self.live[live.trial.number]
            await self._slots.release(live.lease)

    def _done(self, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failed(error)
        self._wake()

    async def _drain(self, live: Live, process: Process) -> None:
        """Take in all that is left of a trial's reports, letting the others have their turn."""
        while True:
            news = process.news()
            if news.measurements or news.reads:
                self._store.record(live.trial.number, news.measurements, news.reads)
                self._tell(live, news)
            if not news.more:
                return
            await asyncio.sleep(0)

    def _tell(self, live: Live, news: News) -> None:
        live.reads.update(news.reads)
        for measurement in news.measurements:
            live.add(measurement)
        if news.measurements:
            self._emit(TrialReported(live.trial.number, tuple(news.measurements)))
            self._reported(live)

    def _stop_process(self, live: Live) -> None:
        assert live.process is not None
        task = asyncio.create_task(live.process.stop(live.grace))
        self._stops.add(task)
        task.add_done_callback(self._stopped)

    def _stopped(self, task: asyncio.Task[None]) -> None:
        self._stops.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failed(error)


def _ending(live: Live, code: int | None, log: LogTail, at: float) -> Ending:
    assert live.trial.state is TrialState.RUNNING
    return Ending(
        at=at,
        returncode=code,
        final=live.final,
        final_further=live.final_further,
        last=live.last,
        last_further=live.last_further,
        lacking=live.lacking,
        log=log,
        cause=live.cause,
        cause_text=live.cause_text,
        kernel_killed=code in (-9, 137) and kernel_oom_kills() > live.oom_kills,
    )
