"""What a trial costs around the script: microseconds a report, milliseconds a trial, forked and spawned.

    python benchmarks/bench_trial.py [--trials 50] [--reports 20000]

Prints one line a figure, beside the bare interpreter's own time; medians, one trial at a time.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from annotate_runtime.environment import trial_environment
from annotate_runtime.executors import TrialRequest
from annotate_runtime.executors.local import LocalExecutor, Prefix
from annotate_runtime.install import Redirects, install_lib
from annotate_runtime.protocol import Parameters, write_parameters

BEGIN = "from annotate_runtime.trial import trial as _annotate_trial; "
EMPTY = (
    BEGIN
    + "x = (_annotate_trial['x'] if 'x' in _annotate_trial else 0)\n_annotate_trial.report_final_result(x)\n"
)
REPORTS = (
    BEGIN
    + """import statistics, sys, time
def micros(value):
    times = []
    for _ in range(int(sys.argv[1])):
        begin = time.perf_counter_ns()
        _annotate_trial.report_intermediate_result(value)
        times.append(time.perf_counter_ns() - begin)
    return statistics.median(times) / 1000
print(micros(0.123456789), micros({'default': 0.5, 'loss': 1.25}))
"""
)


class Bench:
    """A study in a temporary directory."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.mirror = root / "code"
        self.mirror.mkdir()
        self.lib = install_lib(root / "lib", Redirects(root, self.mirror, ("train.py",)))

    def request(self, source: str, number: int, *arguments: str) -> TrialRequest:
        script = self.mirror / "train.py"
        script.write_text(source)
        directory = self.root / str(number)
        directory.mkdir(exist_ok=True)
        write_parameters(directory, Parameters({"x": number}, "bench", str(number), number))
        env = trial_environment(
            os.environ, directory=directory, lib=self.lib, study="bench", trial=str(number), number=number,
            code_dir=self.mirror, threads=1,
        )  # fmt: skip
        return TrialRequest(
            number, directory, (sys.executable, str(script), *arguments), self.root, env, directory / "log"
        )


async def trials(bench: Bench, source: str, count: int, *, fork: bool) -> tuple[float, float]:
    """Seconds until the first trial has ended, and the median of the others."""
    requests = [bench.request(source, number) for number in range(count)]
    first = requests[0]
    begin = time.perf_counter()
    prefix = Prefix(first.command, first.cwd, first.env, bench.root) if fork else None
    executor = await LocalExecutor.start(notify=print, prefix=prefix)
    ends = [begin]
    for request in requests:
        end = await (await executor.launch(request)).wait()
        if end.returncode != 0:
            raise SystemExit(request.log.read_text())
        ends.append(time.perf_counter())
    await executor.aclose()
    each = [b - a for a, b in itertools.pairwise(ends)]
    return each[0], statistics.median(each[1:])


async def reports(bench: Bench, count: int) -> list[float]:
    """Median microseconds of a report: a number, a dictionary of two."""
    request = bench.request(REPORTS, 0, str(count))
    executor = await LocalExecutor.start(notify=print)
    await (await executor.launch(request)).wait()
    await executor.aclose()
    return [float(word) for word in request.log.read_text().split()]


def bare(count: int) -> float:
    """Median seconds of `python -c pass`, the floor of any fresh process."""
    times = []
    for _ in range(count):
        begin = time.perf_counter()
        subprocess.run([sys.executable, "-c", "pass"], check=True)
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--trials", type=int, default=50)
    parser.add_argument("--reports", type=int, default=20_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        number, pair = asyncio.run(reports(Bench(Path(folder)), options.reports))
    print(f"report of a number          {number:7.1f} us")
    print(f"report of two keys          {pair:7.1f} us")
    print(f"bare `python -c pass`       {bare(options.trials) * 1e3:7.1f} ms")
    for method in ("spawn", "fork"):
        with tempfile.TemporaryDirectory() as folder:
            first, each = asyncio.run(
                trials(Bench(Path(folder)), EMPTY, options.trials, fork=method == "fork")
            )
        print(f"{method}: first trial          {first * 1e3:7.1f} ms")
        print(f"{method}: each further trial   {each * 1e3:7.1f} ms")


if __name__ == "__main__":
    main()
