"""How good our tpe is where there are two metrics: against Optuna's TPE, NSGA-II and chance.

    python benchmarks/bench_metrics.py [--seeds 10]

None of these functions was looked at while our tpe was set: four public test functions and two real model families
on scikit-learn's digits (`tuner_held_out`). What counts is the hypervolume, the area that the trials found leave no
better point in, as a share of the box between a corner that is poor in both metrics and the best of each: the mean
over seeds, and its standard error. `motpe` and `nsga2` are Optuna's samplers, under the rules that hold for all
tuners here. In parallel, a trial is observed only after the ones that were started after it, up to the number of workers.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import itertools
import math
import statistics
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import tuner_held_out
from bench_tuners import seeds
from tuner_functions import box, uniform

import annotate_tuners
from annotate_tuners.space import SearchSpace
from annotate_tuners.tuner import Observation

SOLVERS = ("tpe", "motpe", "nsga2", "random")
Pair = tuple[float, float]


@dataclass(frozen=True)
class Two:
    """Two losses of a point; `best` is the best of each alone, `corner` poor in both."""

    space: dict[str, Any]
    losses: Callable[[dict[str, Any]], Pair]
    best: Pair
    corner: Pair


def fonseca(p) -> Pair:
    at = 1 / math.sqrt(len(p))
    first, second = (1 - math.exp(-sum((x + side * at) ** 2 for x in p.values())) for side in (-1, 1))
    return first, second


def kursawe(p) -> Pair:
    xs = list(p.values())
    first = sum(-10 * math.exp(-0.2 * math.hypot(a, b)) for a, b in itertools.pairwise(xs))
    return first, sum(abs(x) ** 0.8 + 5 * math.sin(x**3) for x in xs)


def poloni(p) -> Pair:
    def both(x: float, y: float) -> Pair:
        return (
            0.5 * math.sin(x) - 2 * math.cos(x) + math.sin(y) - 1.5 * math.cos(y),
            1.5 * math.sin(x) - math.cos(x) + 2 * math.sin(y) - 0.5 * math.cos(y),
        )

    wanted, found = both(1, 2), both(p["x"], p["y"])
    off = sum((a - b) ** 2 for a, b in zip(wanted, found, strict=True))
    return 1 + off, (p["x"] + 3) ** 2 + (p["y"] + 1) ** 2


def zdt2(p) -> Pair:
    first, *rest = p.values()
    grown = 1 + 9 * statistics.fmean(rest)
    return first, grown * (1 - (first / grown) ** 2)


def network(p) -> Pair:
    """The error of a small network, and how many units it has."""
    return tuner_held_out.network(p), 2 ** p["log2 width"]


FUNCTIONS = {
    "fonseca": Two(box(3, -4, 4), fonseca, (0, 0), (1, 1)),
    "kursawe": Two(box(3, -5, 5), kursawe, (-20, -11.63), (-10, 5)),
    "poloni": Two(
        {"x": uniform(-math.pi, math.pi), "y": uniform(-math.pi, math.pi)}, poloni, (1, 0), (30, 30)
    ),
    "zdt2": Two(box(6, 0, 1), zdt2, (0, 0), (1.1, 8)),
    "digits network": Two(tuner_held_out.NETWORK, network, (0, 8), (0.5, 130)),
    "digits svm": Two(tuner_held_out.MACHINE, tuner_held_out.machine_and_size, (0, 0), (0.5, 1.01)),
}


def share(points: list[Pair], function: Two) -> float:
    """The hypervolume of losses, of what the box has."""
    (right, above), (left, low) = function.corner, function.best
    whole, area, lowest = (right - left) * (above - low), 0.0, above
    for x, y in sorted(points):
        if x < right and y < lowest:
            area += (right - x) * (lowest - y)
            lowest = y
    return area / whole


def job(task: tuple[str, str, int, int, int]) -> tuple[float, float]:
    """The share that a solver reaches, and the seconds that a suggestion takes."""
    solver, name, seed, trials, parallel = task
    function = FUNCTIONS[name]
    tuner = annotate_tuners.make(
        solver,
        SearchSpace.from_json(function.space),
        direction="minimize",
        directions=("minimize", "minimize"),
        seed=seed,
    )
    running: deque[tuple[int, dict[str, Any], Pair]] = deque()
    found, spent = [], 0.0
    for number in range(trials):
        began = time.perf_counter()
        params = tuner.suggest(number)
        spent += time.perf_counter() - began
        running.append((number, params, function.losses(params)))
        found.append(running[-1][2])
        if len(running) == parallel:
            done, point, losses = running.popleft()
            tuner.observe(Observation(done, point, losses[0], values=losses))
    return share(found, function), spent / trials


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=seeds, default=seeds("10"), help='"20", or "5-9"')
    parser.add_argument("--trials", type=int, default=50)
    parser.add_argument("--parallel", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    tuner_held_out.table()  # made once, not by each process
    began = time.perf_counter()
    with concurrent.futures.ProcessPoolExecutor(options.processes) as pool:
        for parallel in options.parallel:
            print(
                f"\n{options.trials} trials, {parallel} at a time, {len(options.seeds)} seeds: share of the hypervolume"
            )
            print(f"{'':17}" + "".join(f"{solver:>18}" for solver in SOLVERS))
            means: dict[str, list[float]] = {solver: [] for solver in SOLVERS}
            seconds: dict[str, list[float]] = {solver: [] for solver in SOLVERS}
            for name in FUNCTIONS:
                cells = []
                for solver in SOLVERS:
                    tasks = [(solver, name, seed, options.trials, parallel) for seed in options.seeds]
                    shares, took = zip(*pool.map(job, tasks), strict=True)
                    error = statistics.stdev(shares) / math.sqrt(len(shares)) if len(shares) > 1 else 0.0
                    means[solver].append(statistics.fmean(shares))
                    seconds[solver] += took
                    cells.append(f"{means[solver][-1]:.4f} ± {error:.4f}")
                print(f"{name:17}" + "".join(f"{cell:>18}" for cell in cells), flush=True)
            print(f"{'mean':17}" + "".join(f"{statistics.fmean(means[s]):>18.4f}" for s in SOLVERS))
            print(
                f"{'a suggestion':17}"
                + "".join(f"{1000 * statistics.fmean(seconds[s]):>15.1f} ms" for s in SOLVERS)
            )
    print(f"\n{time.perf_counter() - began:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
