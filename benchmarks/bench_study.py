"""A study of 10,000 trials with 100 reports each: how long to resume, to list, to watch, how much memory.

    python benchmarks/bench_study.py [--trials 10000] [--reports 100]

Prints a table, each line with its goal; exits with 1 where a goal is missed. Trials are coroutines here:
what is measured is the host's own work, with its real store, loop and tuner.
"""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import os
import pty
import resource
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

from annotate.storage import HostLock, StudyFolder, StudyMeta, StudyStore
from annotate.study import Study, StudyOptions, TrialEnded
from annotate.study.ports import Lease, News
from annotate.trial import Measurement, Trial, start, succeed
from annotate_tuners import make
from annotate_tuners.space import SearchSpace

SPACE = {f"t/x{n}/uniform": {"_type": "uniform", "_value": [0, 1]} for n in range(10)}
MEASURED = 300  # trials at the start and at the end whose cost is compared
WATCHED = 5.0  # seconds


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


def listed(cwd: Path) -> float:
    """Seconds of `annotate ls`, the start of Python among them."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "annotate.cli", "ls"], cwd=cwd, check=True, capture_output=True)
    return time.perf_counter() - began


def watched(folder: StudyFolder, cwd: Path) -> tuple[float, float]:
    """`annotate watch` at 160x50 while five trials a second end: seconds to its first picture, share of a core."""
    outer, inner = pty.openpty()
    fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 160, 0, 0))
    with (
        HostLock.take(folder.lock, command="the benchmark", now=time.time()),
        StudyStore.open(folder.database) as store,
        subprocess.Popen(
            [sys.executable, "-m", "annotate.cli", "watch"],
            cwd=cwd, stdin=inner, stdout=inner, stderr=inner, env={**os.environ, "TERM": "xterm-256color"}, start_new_session=True,
        ) as watching,
    ):  # fmt: skip
        began = time.perf_counter()
        said = b""
        while b"t.py" not in said:
            said += os.read(outer, 65536)
        first = time.perf_counter() - began
        number = sum(store.counts().values())
        used, until = cpu_seconds(watching.pid), time.perf_counter() + WATCHED
        while time.perf_counter() < until:
            store.save(succeed(start(Trial(number, dict.fromkeys(SPACE, 0.5)), at=1.0), at=2.0, value=0.5))
            number += 1
            next_trial = time.perf_counter() + 0.2
            while (left := next_trial - time.perf_counter()) > 0:
                if select.select([outer], [], [], left)[0]:
                    os.read(outer, 65536)
        used = cpu_seconds(watching.pid) - used
        os.write(outer, b"q")
        while watching.poll() is None:
            if select.select([outer], [], [], 0.1)[0]:
                os.read(outer, 65536)
    return first, used / WATCHED


def cpu_seconds(pid: int) -> float:
    """What a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


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
        cwd = Path(directory)
        folder = StudyFolder.create(cwd, script="t.py", now=time.time())
        small, large = cwd / "small.db", folder.database
        fill(small, 10, given.reports)
        began = time.perf_counter()
        fill(large, given.trials, given.reports)
        written = time.perf_counter() - began
        _, early, _ = measured(small, MEASURED)
        first, late, peak = measured(large, MEASURED)
        ls = listed(cwd)
        attached, share = watched(folder, cwd)
    rows = [
        ("resume to the first result, s", first, 2.0),
        ("annotate ls, s", ls, 0.5),
        ("annotate watch to its first picture, s", attached, 1.0),
        ("annotate watch, share of a core", share, 0.1),
        ("peak memory of the host, MB", peak, 200.0),
        ("cost of a trial, end / start", late / early, 1.5),
    ]
    print(f"{given.trials} trials with {given.reports} reports each ({written:.1f} s to write)")
    print(f"a trial costs the host {1000 * early:.2f} ms at the start, {1000 * late:.2f} ms at the end\n")
    print(f"{'':40}{'measured':>10}{'goal':>10}")
    for name, value, goal in rows:
        print(f"{name:40}{value:10.2f}{goal:10.2f}  {'' if value <= goal else 'MISSED'}")
    sys.exit(any(value > goal for _, value, goal in rows))


if __name__ == "__main__":
    main()
