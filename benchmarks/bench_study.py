"""A study of 10,000 trials with 100 reports each: how long to resume, to list, how much memory, cost per trial.

    python benchmarks/bench_study.py [--trials 10000] [--reports 100]

Prints a table, each line with its goal; exits with 1 where a goal is missed. Trials are coroutines here:
what is measured is the host's own work, with its real store, loop and tuner.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from annotate.storage import StudyMeta, StudyStore
from annotate.study import Study, StudyOptions, TrialEnded
from annotate.study.ports import Lease, News
from annotate.trial import Measurement, Trial, start, succeed
from annotate_tuners import make
from annotate_tuners.space import SearchSpace

SPACE = {f"t/x{n}/uniform": {"_type": "uniform", "_value": [0, 1]} for n in range(10)}
MEASURED = 300  # trials at the start and at the end whose cost is compared


class InstantProcess:
    """Reports once and has ended."""

    def __init__(self, number: int, log: Path) -> None:
        self.pid, self.log = number, log
        self._news = News([Measurement(0, 1.0, {"default": 0.5}, final=True)], [])

    def news(self) -> News:
        news, self._news = self._news, News()
        return news

    async def wait(self) -> int:
        await asyncio.sleep(0)
        return 0

    async def stop(self, grace: float) -> None:
        pass


class FreeSlots:
    """Always a slot."""

    async def acquire(self, trial: Trial, jobs: int) -> Lease:  # noqa: ARG002
        return Lease(key=trial.number)

    def started(self, lease: Lease, pid: int) -> None:
        pass

    async def release(self, lease: Lease) -> None:
        pass

    async def readings(self):
        return ()

    def close(self) -> None:
        pass


def fill(path: Path, trials: int, reports: int) -> None:
    """Write a study as its host would have written it."""
    meta = StudyMeta(
        study="bench", script="/t.py", code_dir="/", cwd="/", command=["python", "t.py"], created=1.0, space=SPACE,
        tuner="random", direction="maximize", seed=1,
    )  # fmt: skip
    curve = [Measurement(step, float(step), {"default": step / reports}) for step in range(reports)]
    with StudyStore.create(path, meta) as store, store.together():
        for number in range(trials):
            params = {key: ((number * 7919 + n) % 10007) / 10007 for n, key in enumerate(SPACE)}
            store.save(succeed(start(Trial(number, params), at=float(number)), at=number + 0.5, value=0.5))
            store.record(number, curve, reads=SPACE)


def resume(path: Path, more: int) -> None:
    """Resume in this process, run `more` trials, print: seconds to the first, seconds a trial, peak memory."""
    began = time.perf_counter()
    with StudyStore.open(path) as store:
        ended: list[float] = []

        async def launch(trial: Trial, _: Lease) -> InstantProcess:
            return InstantProcess(trial.number, path)

        def hear(event: object) -> None:
            if isinstance(event, TrialEnded):
                ended.append(time.perf_counter())

        study = Study(
            store,
            make_tuner=lambda: make("random", SearchSpace.from_json(SPACE), direction="maximize", seed=1),
            launch=launch,
            slots=FreeSlots(),
            options=StudyOptions(trials=sum(store.counts().values()) + more, baseline=False),
            listener=hear,
        )
        asyncio.run(study.run())
    each = (ended[-1] - ended[0]) / (len(ended) - 1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(ended[0] - began, each, peak)


def measured(path: Path, more: int) -> tuple[float, float, float]:
    """`resume` in a process of its own."""
    command = [sys.executable, __file__, "--resume", str(path), "--trials", str(more)]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    first, each, peak = map(float, out.split())
    return first, each, peak


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--reports", type=int, default=100)
    parser.add_argument("--resume", type=Path)
    given = parser.parse_args()
    if given.resume:
        resume(given.resume, given.trials)
        return
    with tempfile.TemporaryDirectory() as directory:
        small, large = Path(directory) / "small.db", Path(directory) / "large.db"
        fill(small, 10, given.reports)
        began = time.perf_counter()
        fill(large, given.trials, given.reports)
        written = time.perf_counter() - began
        _, early, _ = measured(small, MEASURED)
        first, late, peak = measured(large, MEASURED)
        began = time.perf_counter()
        with StudyStore.open(large, read_only=True) as store:
            store.trials()
        listed = time.perf_counter() - began
    rows = [
        ("resume to the first result, s", first, 2.0),
        ("read all trials, s", listed, 0.5),
        ("peak memory of the host, MB", peak, 200.0),
        ("cost of a trial, end / start", late / early, 1.5),
    ]
    print(f"{given.trials} trials with {given.reports} reports each ({written:.1f} s to write)")
    print(f"a trial costs the host {1000 * early:.2f} ms at the start, {1000 * late:.2f} ms at the end\n")
    print(f"{'':34}{'measured':>10}{'goal':>10}")
    for name, value, goal in rows:
        print(f"{name:34}{value:10.2f}{goal:10.2f}  {'' if value <= goal else 'MISSED'}")
    sys.exit(any(value > goal for _, value, goal in rows))


if __name__ == "__main__":
    main()
