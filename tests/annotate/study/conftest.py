"""A study without processes: trials are coroutines of the test, slots are free, the tuner counts."""

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from annotate.storage import StudyMeta, StudyStore
from annotate.study import Study, StudyOptions
from annotate.study.ports import Lease, News
from annotate.trial import Measurement
from annotate_tuners.tuner import SpaceExhausted

SPACE = {"t/lr/uniform": {"_type": "uniform", "_value": [0, 1000]}}


class CountingTuner:
    """Suggests 0, 1, 2, ... and writes down all it is told."""

    def __init__(self, points=1000):
        self.told = []
        self.points = points
        self.count = 0

    def suggest(self, number):
        if self.count == self.points:
            raise SpaceExhausted
        self.count += 1
        self.told.append(("suggest", number))
        return {"t/lr/uniform": float(self.count)}

    def pending(self, number, params):
        self.told.append(("pending", number, dict(params)))

    def observe(self, observation):
        self.told.append(("observe", observation.number, dict(observation.params), observation.value))

    def forget(self, number):
        self.told.append(("forget", number))


class FakeProcess:
    """Runs the test's `script(process)` as its body; what that returns is the exit code."""

    def __init__(self, trial, script, log):
        self.trial, self.pid, self.log = trial, 1000 + trial.number, log
        self.params = trial.params
        self.terminated = asyncio.Event()
        self.news_left = []
        self.grace = None
        self._task = asyncio.create_task(script(self))

    def report(self, value, *, final=False, **more):
        self.news_left.append(Measurement(0, 1.0, {"default": value, **more}, final=final))

    def news(self):
        news, self.news_left = News(self.news_left, ["t/lr/uniform"] if self.news_left else []), []
        return news

    async def wait(self):
        try:
            return await asyncio.shield(self._task)
        except asyncio.CancelledError:
            if self._task.cancelled():
                return -9
            raise

    async def stop(self, grace):
        self.grace = grace
        self.terminated.set()
        await asyncio.sleep(0.01)
        self._task.cancel()


class FreeSlots:
    """Always a slot."""

    def __init__(self):
        self.out = set()

    async def acquire(self, trial, jobs):
        lease = Lease(key=trial.number)
        self.out.add(trial.number)
        return lease

    def started(self, lease, pid):
        assert lease.key in self.out

    async def release(self, lease):
        self.out.discard(lease.key)

    async def readings(self):
        return ()

    def close(self):
        pass


@dataclass
class Lab:
    """Builds studies over one store and keeps what they said."""

    path: Path
    store: StudyStore
    tuner: CountingTuner = field(default_factory=CountingTuner)
    slots: FreeSlots = field(default_factory=FreeSlots)
    events: list = field(default_factory=list)
    processes: list = field(default_factory=list)
    running: int = 0
    most_running: int = 0

    def study(self, script, *, pruner=None, clock=time.time, **options):
        async def counted(process):
            self.running += 1
            self.most_running = max(self.running, self.most_running)
            try:
                return await script(process)
            finally:
                self.running -= 1

        async def launch(trial, lease):
            process = FakeProcess(trial, counted, self.path / f"log{trial.number}")
            self.processes.append(process)
            return process

        return Study(
            self.store,
            make_tuner=lambda: self.tuner,
            launch=launch,
            slots=self.slots,
            options=StudyOptions(**options),
            pruner=pruner,
            listener=self.events.append,
            clock=clock,
        )

    def run(self, script, **options):
        return asyncio.run(self.study(script, **options).run())

    def of(self, kind):
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def states(self):
        return [trial.state.value for trial in self.store.trials()]


@pytest.fixture
def lab(tmp_path):
    meta = StudyMeta(
        study="s", script="/t.py", code_dir="/", cwd="/", command=["python", "t.py"], created=1.0, space=SPACE,
        tuner="count", direction="maximize", seed=1, defaults={"t/lr/uniform": 5},
    )  # fmt: skip
    with StudyStore.create(tmp_path / "study.db", meta) as store:
        yield Lab(tmp_path, store)
