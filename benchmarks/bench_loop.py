"""Whole studies against a bare shell loop, and against Optuna that drives the same script by subprocess.

    python benchmarks/bench_loop.py [--quick] [--python PATH]

Two scripts: one that does nothing, and one that imports torch and loads 200 MB before it trains for 0.5 s, 20
trials of it. Where the interpreter of the scripts has no torch, the heavy one imports a generated package and
unpickles instead, at about the cost of torch, its optimizer and its teardown; the table says which. Every figure
is wall time of the whole command, its start-up included; `x` is how many times as fast as the bare loop with as
many jobs. A short run is the median of three. How long the interpreter itself takes to start decides what can be
gained on the empty script: --python tries another.

What is measured is what happens around a script, so the goals hold for random search, and the default
tuner stands beside it. The idle time of a slot is taken in the script itself: from the last line of one
trial to the first line of the next one's own work; where each trial is a process, less what the bare loop
takes there, which is Python's own end and start. Python may write byte code, as it does by default, and every
run but the first finds it.

Prints a table with the goals; exits with 1 where one is missed.
"""

from __future__ import annotations

import argparse
import itertools
import os
import pty
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from loop_scripts import make_scripts


@dataclass(frozen=True)
class Case:
    """One script, so often, so many at once. `goal` is how many times as fast as the bare loop, forked."""

    script: str
    trials: int
    jobs: int
    goal: float | None
    repeats: int = 1


@dataclass(frozen=True)
class Gaps:
    """Median and 95th percentile, in seconds, from the last line of one run of a script to the first of the next."""

    median: float
    late: float

    @classmethod
    def of(cls, lines: Iterable[str]) -> Gaps:
        """Of what `idle.py` prints: when it began and when it ended."""
        times = sorted(tuple(map(float, line.split())) for line in lines)
        gaps = sorted(after[0] - before[1] for before, after in itertools.pairwise(times))
        return cls(statistics.median(gaps), gaps[int(len(gaps) * 0.95)])


@dataclass(frozen=True)
class Bench:
    """The directory of the scripts, and the interpreter that runs them."""

    root: Path
    python: str

    def bare(self, case: Case) -> float:
        return self._timed(
            ["sh", "-c", f"seq {case.trials} | xargs -P {case.jobs} -n 1 '{self.python}' {case.script}"], case
        )

    def optuna(self, case: Case, sampler: str, storage: str = "") -> float:
        where = storage and f"sqlite:///{self.root}/{time.monotonic_ns()}.db"
        words = [self.python, case.script, str(case.trials), str(case.jobs), sampler, where]
        return self._timed([sys.executable, "drive.py", *words], case)

    def annotate(self, case: Case, *options: str, screen: bool = False) -> float:
        command = [
            sys.executable, "-m", "annotate.cli", "run", case.script, "--python", self.python, "--trials", str(case.trials),
            "--jobs", str(case.jobs), *options,
        ]  # fmt: skip
        seconds = self._timed(command, case, screen=screen)
        self._put_aside()
        return seconds

    def idle(self, trials: int, *options: str) -> Gaps:
        """Between the trials of one slot."""
        self.annotate(Case("idle.py", trials, 1, None), "--tuner", "random", *options)
        logs = max(self.root.glob("done-*"), key=lambda path: path.stat().st_mtime).glob("*/trials/*/log")
        return Gaps.of(path.read_text() for path in logs)

    def bare_idle(self, trials: int) -> Gaps:
        """Between the processes of the bare loop: the end of one Python, and the start of the next."""
        self.bare(Case("idle.py", trials, 1, None))
        return Gaps.of((self.root / "out").read_text().splitlines())

    def _put_aside(self) -> None:
        """Nothing is deleted between runs: for 5 s after that, ext4 is slow to make files."""
        if (self.root / ".annotate").exists():
            (self.root / ".annotate").rename(self.root / f"done-{time.monotonic_ns()}")

    def _timed(self, command: list[str], case: Case, *, screen: bool = False) -> float:
        left_out = ("ANNOTATE_", "NNI_", "PYTHONDONTWRITEBYTECODE")
        env = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
        times = []
        for _ in range(case.repeats):
            self._put_aside()
            with Terminal() if screen else (self.root / "out").open("wb") as out:
                begin = time.perf_counter()
                done = subprocess.run(
                    command,
                    cwd=self.root,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=subprocess.STDOUT,
                    env=env,
                    check=False,
                )
                times.append(time.perf_counter() - begin)
            if done.returncode != 0:
                raise SystemExit(f"{' '.join(command)}\n{(self.root / 'out').read_text()}")
        return statistics.median(times)


class Terminal:
    """A pseudo-terminal of 120 by 40 that somebody reads."""

    def __enter__(self) -> int:
        self._ours, self._theirs = pty.openpty()
        subprocess.run(["stty", "rows", "40", "cols", "120"], stdin=self._theirs, check=True)
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        return self._theirs

    def __exit__(self, *_: object) -> None:
        os.close(self._theirs)
        self._reader.join()
        os.close(self._ours)

    def _read(self) -> None:
        try:
            while os.read(self._ours, 65536):
                pass
        except OSError:
            return


def methods(bench: Bench) -> Iterator[tuple[str, Callable[[Case], float | None]]]:
    """What each case is run with, by name; None where a case is left out."""
    has_optuna = (
        subprocess.run([sys.executable, "-c", "import optuna"], capture_output=True, check=False).returncode
        == 0
    )
    if has_optuna:
        yield "Optuna, random", lambda case: bench.optuna(case, "RandomSampler")
        yield "Optuna, TPE", lambda case: bench.optuna(case, "TPESampler")
        yield (
            "Optuna, TPE, SQLite",
            lambda case: bench.optuna(case, "TPESampler", "sqlite") if case.script == "empty.py" else None,
        )
    yield "annotate, random", lambda case: bench.annotate(case, "--tuner", "random")
    yield "annotate, random, live screen", lambda case: bench.annotate(case, "--tuner", "random", screen=True)
    yield "annotate, TPE (default)", bench.annotate
    yield (
        "annotate --start spawn, random",
        lambda case: bench.annotate(case, "--tuner", "random", "--start", "spawn"),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--quick", action="store_true", help="fewer trials, each once: for trying, not for figures"
    )
    parser.add_argument("--python", default=sys.executable, help="the interpreter that runs the scripts")
    given = parser.parse_args()
    cases = [
        Case("empty.py", trials, jobs, goal, repeats=1 if given.quick or trials > 100 else 3)
        for trials, goal in (((50, 1.5), (200, None)) if given.quick else ((100, 1.5), (1000, 3.0)))
        for jobs in (1, 2)
    ]
    cases += [
        Case("heavy_script.py", 4 if given.quick else 20, jobs, None if given.quick else goal)
        for jobs, goal in ((1, 5.0), (2, 4.0))
    ]
    missed = False
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), given.python)
        heavy = make_scripts(bench.root, given.python)
        print(
            f"Python {re.sub(' .*', '', sys.version)}, {len(os.sched_getaffinity(0))} cores; the heavy script {heavy}"
        )
        for run in (bench.bare, bench.annotate):  # both write the byte code that later runs read
            run(Case("heavy_script.py", 1, 1, None))
        for case in cases:
            bare = bench.bare(case)
            print(
                f"\n{case.script}, {case.trials} trials, {case.jobs} at once\n  {'bare loop':34}{bare:8.2f} s{1000 * bare / case.trials:9.1f} ms a trial"
            )
            for name, run in methods(bench):
                seconds = run(case)
                if seconds is None:
                    continue
                goal, ok = "", True
                if name == "annotate, random" and case.goal is not None:
                    goal, ok = f"goal {case.goal:g} x", bare / seconds >= case.goal
                elif "spawn" in name:
                    goal, ok = f"{seconds / bare:.2f} of its time, goal 1.15", seconds / bare <= 1.15
                missed = missed or not ok
                each = 1000 * seconds / case.trials
                print(
                    f"  {name:34}{seconds:8.2f} s{each:9.1f} ms a trial{bare / seconds:8.2f} x  {goal}{'' if ok else '  MISSED'}",
                    flush=True,
                )
        print("\nfrom the last line of one trial to the first of the next, at one job")
        count = 50 if given.quick else 200
        own = bench.bare_idle(count)
        print(
            f"  {'bare loop':34}{1000 * own.median:8.1f} ms median{1000 * own.late:8.1f} ms 95th percentile"
        )
        for name, options, python in (
            ("annotate", (), 0.0),
            ("annotate --start spawn", ("--start", "spawn"), own.median),
        ):
            gaps = bench.idle(count, *options)
            idle = gaps.median - python
            missed = missed or idle > 0.010
            print(
                f"  {name:34}{1000 * gaps.median:8.1f} ms median{1000 * gaps.late:8.1f} ms 95th percentile"
                f"  the slot idles {1000 * idle:.1f} ms, goal 10 ms{'' if idle <= 0.010 else '  MISSED'}"
            )
    sys.exit(missed)


if __name__ == "__main__":
    main()
