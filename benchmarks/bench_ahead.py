"""How long a free slot waits for its next point, and whether the tuner's thread holds up the loop.

    python benchmarks/bench_ahead.py [--tuner tpe] [--finished 5000]

The study's own `Ahead`: the tuner in its thread, an asyncio loop beside it. The tuner has 5,000 finished
trials of 10 parameters; trials are naps of 20 ms to 1 s in 1 to 16 slots. Wait is from a slot's becoming free
to its next point; lag is by how much a sleep of 1 ms on the loop oversleeps, and the same with no tuner at
all, which is what the machine itself does. `first` is a study that begins: hyperopt is imported meanwhile.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import time

import annotate_tuners
from annotate.study.ahead import Ahead
from annotate.study.collecting import held_back
from annotate_tuners.space import SearchSpace
from annotate_tuners.tuner import Observation

SPACE = SearchSpace.from_json(
    {
        **{f"x{n}": {"_type": "uniform", "_value": [0, 1]} for n in range(4)},
        **{f"lr{n}": {"_type": "loguniform", "_value": [1e-5, 1]} for n in range(3)},
        "batch": {"_type": "quniform", "_value": [8, 512, 8]},
        "layers": {"_type": "randint", "_value": [1, 20]},
        "act": {"_type": "choice", "_value": ["relu", "gelu", "tanh"]},
    }
)
KEEP = 0.99


class Slots:
    """Slots that nap for a trial; how long each waited for its next point."""

    def __init__(self, make_tuner, first: int, jobs: int, nap: float, trials: int) -> None:
        self._ahead, self._jobs, self._nap = Ahead(make_tuner, self.wake), jobs, nap
        self._next, self._left = first, trials
        self._value = random.Random(1).random
        self._changed = asyncio.Event()
        self.waits: list[float] = []

    def wake(self) -> None:
        self._changed.set()

    async def run(self) -> None:
        """Until every trial has had its nap."""
        self._ahead.start()
        running: set[asyncio.Task[None]] = set()
        free = [time.perf_counter()] * self._jobs
        while self._left or running:
            self._changed.clear()
            while free and self._left and self._ahead.ready:
                number, params = self._ahead.ready.popleft()
                self.waits.append(time.perf_counter() - free.pop())
                self._left -= 1
                task = asyncio.create_task(self._trial(number, params, free))
                running.add(task)
                task.add_done_callback(running.discard)
            self._ahead.keep_ready(self._left, jobs=self._jobs, free=len(free), number=self._number)
            await self._changed.wait()
        await self._ahead.close()

    async def _trial(self, number: int, params, free: list[float]) -> None:
        await asyncio.sleep(self._nap)
        observation = Observation(number, params, self._value())
        self._ahead.post(lambda tuner: tuner.observe(observation))
        free.append(time.perf_counter())
        asyncio.get_running_loop().call_soon(self.wake)

    def _number(self) -> int:
        self._next += 1
        return self._next - 1


async def lags(until: asyncio.Event | None, seconds: float = 1.0) -> list[float]:
    """By how much sleeps of 1 ms oversleep."""
    over, end = [], time.perf_counter() + seconds
    while not until.is_set() if until else time.perf_counter() < end:
        began = time.perf_counter()
        await asyncio.sleep(0.001)
        over.append(time.perf_counter() - began - 0.001)
    return over


async def measured(tuner_name: str, finished: int, jobs: int, nap: float, trials: int):
    """The waits after the first points, and the lags."""

    def make():
        tuner = annotate_tuners.make(tuner_name, SPACE, direction="minimize", seed=0)
        rng = random.Random(0)
        for number in range(finished):
            tuner.observe(Observation(number, SPACE.sample(rng), rng.random()))
        if finished:
            tuner.suggest(finished + 10**6)  # its imports are not what is measured here
            tuner.forget(finished + 10**6)
        return tuner

    ready = make() if finished else None
    slots = Slots(lambda: ready or make(), finished, jobs, nap, trials)
    done = asyncio.Event()
    watching = asyncio.create_task(lags(done))
    await slots.run()
    done.set()
    return slots.waits[jobs:], await watching


def row(what: str, waits: list[float], over: list[float]) -> None:
    def cells(values: list[float]) -> str:
        ordered = sorted(values)
        middle, high = statistics.median(ordered), ordered[int(KEEP * (len(ordered) - 1))]
        return "".join(f"{1000 * value:9.1f}" for value in (middle, high, ordered[-1]))

    print(f"{what:34}{cells(waits) if waits else ' ' * 27} |{cells(over)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tuner", default="tpe")
    parser.add_argument("--finished", type=int, default=5000)
    options = parser.parse_args()
    print(f"{options.tuner}, {len(SPACE)} parameters, {options.finished} finished; milliseconds")
    print(f"{'':34}{'a free slot waits':>27} |{'the loop oversleeps':>27}")
    print(f"{'':34}{'median':>9}{'99 %':>9}{'worst':>9} |{'median':>9}{'99 %':>9}{'worst':>9}")
    with held_back():  # as where a study is hosted
        row("no tuner", [], asyncio.run(lags(None)))
        row("first 40, 4 slots, trials of 1 s", *asyncio.run(measured(options.tuner, 0, 4, 1.0, 40)))
        for jobs, nap in ((1, 0.02), (1, 0.1), (4, 0.1), (4, 1.0), (16, 0.1), (16, 1.0)):
            trials = jobs + max(40, 3 * jobs)
            found = asyncio.run(measured(options.tuner, options.finished, jobs, nap, trials))
            row(f"{jobs} slots, trials of {nap:g} s", *found)


if __name__ == "__main__":
    main()
