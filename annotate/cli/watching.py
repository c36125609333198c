"""A study that another process runs, shown from its database: the screen on a terminal, lines elsewhere."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import signal
import sys
import time
from typing import TYPE_CHECKING

from annotate.cli.following import next_steps
from annotate.cli.foreground import read_log, read_reports
from annotate.cli.streams import stdout
from annotate.screen import live
from annotate.screen.keys import Keys
from annotate.screen.lines import LineLog
from annotate.screen.summary import summary
from annotate.screen.view import Stop
from annotate.storage import StudyStore, holder
from annotate.study import (
    Machine,
    Notice,
    StudyOptions,
    StudySnapshot,
    TrialEnded,
    TrialStarted,
    TrialWaiting,
)
from annotate.study.book import COUNTS
from annotate.study.control import ask
from annotate.study.machine import MachineSampler
from annotate.study.slots import MachineSlots, SlotOptions
from annotate.study.standing import Standing
from annotate.study.thinned import Thinned
from annotate.trial import TrialState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from annotate.storage import StudyFolder, StudyMeta
    from annotate.trial import Trial

PERIOD = 0.5  # seconds between two looks at the database
SILENT = 5.0  # seconds until a host that does not answer is asked again


class Onlooker:
    """Reads a study's database again and again, and of that only what is new; asks its host for the rest."""

    def __init__(self, folder: StudyFolder, store: StudyStore) -> None:
        self._folder = folder
        self._store = store
        self._outline: Mapping[int, tuple[str, int]] = {}
        self._trials: dict[int, Trial] = {}
        self._reports: dict[tuple[int, int], Thinned] = {}
        self._standing = Standing()
        self._ask_again = 0.0

    def look(self, machine: Machine) -> StudySnapshot:
        """The study as its host has committed it."""
        meta = self._store.meta()
        options = StudyOptions.from_json(meta.options)
        runs = self.runs
        standing = self._asked() if runs else Standing("finished")
        return StudySnapshot(
            study=meta.study,
            script=meta.script,
            tuner=meta.tuner,
            direction=meta.direction,
            metric=meta.metric,
            metrics=meta.metrics,
            now=time.time(),
            started=meta.created,
            budget_trials=options.trials,
            jobs=options.jobs,
            trials=self.trials(),
            names=meta.names,
            defaults=meta.defaults,
            budget_seconds=options.max_duration,
            machine=machine,
            phase=standing.phase,
            waiting=standing.waiting,
            notices=standing.notices,
            elapsed=max(standing.elapsed, self._store.seconds_run()),
        )

    @property
    def runs(self) -> bool:
        return holder(self._folder.lock) is not None

    def trials(self) -> tuple[Trial, ...]:
        """All trials, those that run with their reports."""
        outline = self._store.outline()
        new = [number for number, known in outline.items() if self._outline.get(number) != known]
        for trial in self._store.trials(new) if new else ():
            self._trials[trial.number] = trial
        self._outline = outline
        live = {(n, attempt) for n, (state, attempt) in outline.items() if state == TrialState.RUNNING.value}
        self._reports = {key: self._reports.get(key) or Thinned() for key in live}
        for (number, _), reported in self._reports.items():
            for measurement in self._store.measurements(number, after=reported.count):
                reported.add(measurement)
            trial = self._trials[number]
            self._trials[number] = dataclasses.replace(trial, measurements=tuple(reported.kept))
        return tuple(self._trials[number] for number in outline)

    def pids(self) -> Mapping[int, int]:
        """The processes of the running trials, by number."""
        running = [t for t in self._trials.values() if t.state is TrialState.RUNNING]
        return {trial.number: trial.pid for trial in running if trial.pid is not None}

    def _asked(self) -> Standing:
        """What the host says; what it said last, for a while, where it says nothing."""
        if time.monotonic() >= self._ask_again:
            standing = ask(self._folder.socket)
            self._standing = standing or self._standing
            self._ask_again = 0.0 if standing else time.monotonic() + SILENT
        return self._standing


def _cut_short(snapshot: StudySnapshot) -> bool:
    """Whether it was stopped, or lost its terminal, with trials of its budget still to run."""
    done = sum(trial.state in COUNTS for trial in snapshot.trials)
    left = any(trial.state in (TrialState.QUEUED, TrialState.CANCELLED) for trial in snapshot.trials)
    return left and snapshot.budget_trials is not None and done < snapshot.budget_trials


async def watched(folder: StudyFolder) -> None:
    """Show a study until its host ends or the user leaves."""
    console = stdout()
    with StudyStore.open(folder.database, read_only=True) as store:
        onlooker = Onlooker(folder, store)
        if not onlooker.runs:
            console.print(f"{folder.id} is not running: this is what it came to\n", soft_wrap=True)
        elif live.suits(console):
            await _on_screen(folder, onlooker, SlotOptions(**store.meta().slots))
        else:
            await _in_lines(onlooker, store.meta())
        if not onlooker.runs:
            snapshot = onlooker.look(Machine())
            lost = any(trial.state is TrialState.RUNNING for trial in snapshot.trials)
            finished = not lost and not _cut_short(snapshot)
            steps = next_steps(folder, store.meta(), snapshot.trials, snapshot.best, finished=finished)
            console.print(summary(snapshot, steps), soft_wrap=True)
            if lost:
                console.print(
                    f"\nIts host was killed or lost: `annotate resume {folder.id}` runs it on", soft_wrap=True
                )


async def _on_screen(folder: StudyFolder, onlooker: Onlooker, options: SlotOptions) -> None:
    slots = MachineSlots.of_this_machine(options, os.environ)
    sampler = MachineSampler(slots, pids=onlooker.pids)
    left = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, left.set)
    keys = Keys(sys.stdin.fileno()) if sys.stdin.isatty() else None
    with live.LiveScreen(
        stdout(),
        keys=keys,
        read_log=lambda number: read_log(folder, number),
        read_reports=lambda number: read_reports(folder, number),
        watching=True,
    ) as screen:

        def typed() -> None:
            if any(isinstance(command, Stop) for command in screen.typed()):
                left.set()

        if screen.fd is not None:
            loop.add_reader(screen.fd, typed)
        try:
            onlooker.trials()  # so that the first look at the machine knows whose memory to tell
            while onlooker.runs and not left.is_set():
                await sampler.sample()
                if any(isinstance(command, Stop) for command in screen.update(onlooker.look(sampler.latest))):
                    return
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(left.wait(), PERIOD)
        finally:
            if screen.fd is not None:
                loop.remove_reader(screen.fd)
            slots.close()


async def _in_lines(onlooker: Onlooker, meta: StudyMeta) -> None:
    lines = LineLog(sys.stdout, meta.metric, meta.direction, meta.names, metrics=meta.objectives)
    known = {trial.number: trial.state for trial in onlooker.trials() if trial.state.finished}
    told: set[object] = set()
    while True:
        snapshot = onlooker.look(Machine())
        for text in snapshot.notices:
            if text not in told:
                lines(Notice(text))
        for number, why in snapshot.waiting.items():
            if number not in told:
                lines(TrialWaiting(number, why))
        told |= {*snapshot.notices, *snapshot.waiting}
        for trial in snapshot.trials:
            before, known[trial.number] = known.get(trial.number), trial.state
            if trial.state is before:
                continue
            if trial.state is TrialState.RUNNING:
                lines(TrialStarted(trial))
            elif trial.state.finished:
                lines(TrialEnded(trial))
        if snapshot.phase == "finished":
            return
        await asyncio.sleep(PERIOD)
