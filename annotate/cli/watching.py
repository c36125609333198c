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

from annotate.cli.hosting import read_log
from annotate.cli.streams import stdout
from annotate.screen import live
from annotate.screen.keys import Keys
from annotate.screen.lines import LineLog
from annotate.screen.summary import summary
from annotate.screen.view import Stop
from annotate.storage import StudyStore, holder
from annotate.study import Machine, StudyOptions, StudySnapshot, TrialEnded, TrialStarted
from annotate.study.machine import MachineSampler
from annotate.study.slots import MachineSlots, SlotOptions
from annotate.trial import TrialState

if TYPE_CHECKING:
    from annotate.storage import StudyFolder
    from annotate.trial import Trial

PERIOD = 0.5  # seconds between two looks at the database


class Onlooker:
    """Reads a study's database again and again; only what runs is read with its reports."""

    def __init__(self, folder: StudyFolder, store: StudyStore) -> None:
        self._folder = folder
        self._store = store

    def look(self, machine: Machine) -> StudySnapshot:
        """The study as its host has committed it."""
        meta = self._store.meta()
        options = StudyOptions.from_json(meta.options)
        trials = [self._with_reports(trial) for trial in self._store.trials()]
        return StudySnapshot(
            study=meta.study,
            script=meta.script,
            tuner=meta.tuner,
            direction=meta.direction,
            metric=meta.metric,
            now=time.time(),
            started=meta.created,
            budget_trials=options.trials,
            jobs=options.jobs,
            trials=tuple(trials),
            names=meta.names,
            defaults=meta.defaults,
            budget_seconds=options.max_duration,
            machine=machine,
            phase="running" if self.runs else "finished",
            elapsed=self._store.seconds_run(),
        )

    @property
    def runs(self) -> bool:
        return holder(self._folder.lock) is not None

    def _with_reports(self, trial: Trial) -> Trial:
        if trial.state is not TrialState.RUNNING:
            return trial
        return dataclasses.replace(trial, measurements=self._store.measurements(trial.number))


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
            await _in_lines(onlooker, store)
        if not onlooker.runs:
            console.print(summary(onlooker.look(Machine()), []), soft_wrap=True)


async def _on_screen(folder: StudyFolder, onlooker: Onlooker, options: SlotOptions) -> None:
    slots = MachineSlots.of_this_machine(options, os.environ)
    sampler = MachineSampler(slots)
    left = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, left.set)
    keys = Keys(sys.stdin.fileno()) if sys.stdin.isatty() else None
    with live.LiveScreen(
        stdout(), keys=keys, read_log=lambda number: read_log(folder, number), watching=True
    ) as screen:

        def typed() -> None:
            if any(isinstance(command, Stop) for command in screen.typed()):
                left.set()

        if screen.fd is not None:
            loop.add_reader(screen.fd, typed)
        try:
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


async def _in_lines(onlooker: Onlooker, store: StudyStore) -> None:
    meta = store.meta()
    lines = LineLog(sys.stdout, meta.metric, meta.direction, meta.names)
    known = {trial.number: trial.state for trial in store.trials() if trial.state.finished}
    while True:
        runs = onlooker.runs
        for trial in store.trials():
            before, known[trial.number] = known.get(trial.number), trial.state
            if trial.state is before:
                continue
            if trial.state is TrialState.RUNNING:
                lines(TrialStarted(trial))
            elif trial.state.finished:
                lines(TrialEnded(trial))
        if not runs:
            return
        await asyncio.sleep(PERIOD)
