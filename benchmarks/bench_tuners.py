"""How good our tpe is: against hyperopt's fmin, Optuna's TPESampler and chance.

    python benchmarks/bench_tuners.py                         # 20 seeds, which is what the README says
    python benchmarks/bench_tuners.py --seeds 3               # a sixth of the time
    python benchmarks/bench_tuners.py --seeds 0-9 --results half.jsonl    # in parts, and gone on with

Two groups, apart: the functions on which our tpe was set (`tuner_functions`), whose figures flatter it, and
those that nobody looked at meanwhile (`tuner_held_out`). In parallel, a trial is observed only after the
ones that were started after it, up to the number of workers. Regret is the best true value found less the
optimum, over the regret of a random point (median of 1,000), its mean over seeds by function, and their
geometric mean; the rank is that of the mean. What stands in brackets is where 19 of 20 draws of seeds, with
replacement, lie. Optuna is driven with `constant_liar=True` in parallel. Runs found in the file of
`--results` are not run again.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import json
import math
import random
import statistics
import sys
import time
import warnings
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tuner_functions
import tuner_held_out

import annotate_tuners
from annotate_tuners.space import SearchSpace
from annotate_tuners.tuner import Observation

if TYPE_CHECKING:
    from tuner_functions import Function

GROUPS = {"set on": tuner_functions.FUNCTIONS, "held out": tuner_held_out.functions()}
FUNCTIONS = {name: function for group in GROUPS.values() for name, function in group.items()}
DRAWS = 1000
FLOOR = 1e-6  # of a regret, for its logarithm


def run(suggest, tell, function: Function, seed: int, trials: int, parallel: int) -> float:
    """The best true value among the points."""
    noise = random.Random(f"noise {seed}")
    running: deque[tuple[Any, float]] = deque()
    best = math.inf
    for number in range(trials):
        handle, params = suggest(number)
        true = function.value(params)
        best = min(best, true)
        running.append((handle, true + function.noise * noise.gauss(0, 1)))
        if len(running) == parallel:
            tell(*running.popleft())
    return best


def ours(name: str, **class_args):
    def solve(function: Function, seed: int, trials: int, parallel: int) -> float:
        space = SearchSpace.from_json(function.space)
        tuner = annotate_tuners.make(name, space, direction="minimize", seed=seed, **class_args)

        def suggest(number):
            params = tuner.suggest(number)
            return (number, params), params

        def tell(handle, value):
            tuner.observe(Observation(handle[0], handle[1], value))

        return run(suggest, tell, function, seed, trials, parallel)

    return solve


def hyperopt_itself(function: Function, seed: int, trials: int, parallel: int) -> float:
    """What fmin does: suggestions of tpe with its defaults; a running trial is in the list as fmin's are."""
    import numpy as np
    from hyperopt import JOB_STATE_DONE, JOB_STATE_RUNNING, Trials, tpe

    from annotate_tuners.dimensions import Dimensions
    from annotate_tuners.hyperopt_space import Bridge

    dimensions = Dimensions.of(SearchSpace.from_json(function.space))
    bridge, known = Bridge(dimensions), Trials()
    rng = np.random.default_rng(seed)

    def suggest(_number):
        (tid,) = known.new_trial_ids(1)
        known.refresh()
        (document,) = tpe.suggest([tid], bridge.domain, known, int(rng.integers(2**31 - 1)), verbose=False)
        document["state"] = JOB_STATE_RUNNING
        known.insert_trial_doc(document)
        known.refresh()
        return tid, dimensions.decode(bridge.point(document))

    def tell(tid, value):
        document = next(d for d in known.trials if d["tid"] == tid)
        document["result"] = {"status": "ok", "loss": float(value)}
        document["state"] = JOB_STATE_DONE
        known.refresh()

    return run(suggest, tell, function, seed, trials, parallel)


def optuna_itself(function: Function, seed: int, trials: int, parallel: int) -> float:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    warnings.simplefilter("ignore")
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed, constant_liar=parallel > 1))

    def value(trial, name, entry):
        arguments = entry["_value"]
        match entry["_type"]:
            case "uniform":
                return trial.suggest_float(name, *arguments)
            case "loguniform":
                return trial.suggest_float(name, *arguments, log=True)
            case "quniform":
                low, high, q = arguments
                return trial.suggest_float(name, low, high, step=q)
            case "qloguniform":  # Optuna has no stepped logarithm
                low, high, q = arguments
                return round(trial.suggest_float(name, low, high, log=True) / q) * q
            case "randint":
                return trial.suggest_int(name, arguments[0], arguments[1] - 1)
        if not isinstance(arguments[0], dict):
            return trial.suggest_categorical(name, arguments)
        chosen = trial.suggest_categorical(name, [option["_name"] for option in arguments])
        option = next(option for option in arguments if option["_name"] == chosen)
        inner = {k: value(trial, f"{name}/{chosen}/{k}", v) for k, v in option.items() if k != "_name"}
        return {"_name": chosen, **inner}

    def suggest(_number):
        trial = study.ask()
        return trial, {name: value(trial, name, entry) for name, entry in function.space.items()}

    return run(suggest, study.tell, function, seed, trials, parallel)


SOLVERS = {
    "ours": ours("tpe"),
    "hyperopt": hyperopt_itself,
    "optuna": optuna_itself,
    "random": ours("random"),
}
Task = tuple[str, str, int, int, int]  # solver, function, seed, trials, parallel


def job(task: Task) -> float:
    solver, function, seed, trials, parallel = task
    return SOLVERS[solver](FUNCTIONS[function], seed, trials, parallel)


def scale(function: Function) -> float:
    space, rng = SearchSpace.from_json(function.space), random.Random(0)
    return statistics.median(function.value(space.sample(rng)) for _ in range(1000)) - function.optimum


def measured(tasks: list[Task], results: Path | None, processes: int) -> dict[Task, float]:
    """The best value of each task, those of the file taken from there and the others added to it."""
    known: dict[Task, float] = {}
    if results is not None and results.exists():
        for line in results.read_text().splitlines():
            *task, best = json.loads(line)
            known[tuple(task)] = best
    left = [task for task in tasks if task not in known]
    with concurrent.futures.ProcessPoolExecutor(processes) as pool:
        for task, best in zip(left, pool.map(job, left, chunksize=2), strict=True):
            known[task] = best
            if results is not None:
                with results.open("a") as file:
                    file.write(json.dumps([*task, best]) + "\n")
    return known


class Table:
    """The regrets of one group at one number of workers: by solver, function and seed."""

    def __init__(self, group: dict[str, Function], options: argparse.Namespace, best, parallel: int) -> None:
        self.solvers, self.seeds = options.solvers, options.seeds
        self.regrets = {}
        for name, function in group.items():
            unit = scale(function)
            for solver in self.solvers:
                self.regrets[solver, name] = [
                    (best[solver, name, seed, options.trials, parallel] - function.optimum) / unit
                    for seed in self.seeds
                ]
        self.names = list(group)

    def means(self, draw: list[int]) -> dict[tuple[str, str], float]:
        return {each: statistics.fmean(values[i] for i in draw) for each, values in self.regrets.items()}

    def ranks(self, means) -> dict[str, float]:
        ranks: dict[str, list[float]] = {solver: [] for solver in self.solvers}
        for name in self.names:
            column = [means[solver, name] for solver in self.solvers]
            for solver, mean in zip(self.solvers, column, strict=True):
                below, same = sum(m < mean for m in column), sum(m == mean for m in column)
                ranks[solver].append(below + (same + 1) / 2)
        return {solver: statistics.fmean(each) for solver, each in ranks.items()}

    def geometric(self, means) -> dict[str, float]:
        return {
            solver: math.exp(statistics.fmean(math.log(max(FLOOR, means[solver, n])) for n in self.names))
            for solver in self.solvers
        }

    def show(self, title: str) -> None:
        count = len(self.seeds)
        means = self.means(list(range(count)))
        print(f"\n{title}: mean regret (rank)")
        print(f"{'':17}" + "".join(f"{solver:>24}" for solver in self.solvers))
        for name in self.names:
            order = sorted(self.solvers, key=lambda s: means[s, name])
            cells = (f"{means[s, name]:.4f} ({order.index(s) + 1})" for s in self.solvers)
            print(f"{name:17}" + "".join(f"{cell:>24}" for cell in cells))
        rng = random.Random(0)
        draws = [self.means([rng.randrange(count) for _ in range(count)]) for _ in range(DRAWS)]
        self._line("mean rank", self.ranks(means), [self.ranks(draw) for draw in draws], 2)
        drawn = [self.geometric(draw) for draw in draws]
        self._line("geometric mean", self.geometric(means), drawn, 4)
        for other in self.solvers[1:]:
            ratios = sorted(draw[self.solvers[0]] / draw[other] for draw in drawn)
            mean = self.geometric(means)
            print(
                f"{self.solvers[0]}' regret is {mean[self.solvers[0]] / mean[other]:.2f} of {other}'s "
                f"[{ratios[DRAWS // 40]:.2f}, {ratios[-DRAWS // 40]:.2f}]"
            )

    def _line(self, what: str, values, draws, digits: int) -> None:
        cells = []
        for solver in self.solvers:
            spread = sorted(draw[solver] for draw in draws)
            low, high = spread[DRAWS // 40], spread[-DRAWS // 40]
            cells.append(f"{values[solver]:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]")
        print(f"{what:17}" + "".join(f"{cell:>24}" for cell in cells))


def seeds(text: str) -> list[int]:
    """ "20" is 0 to 19, "5-9" is 5 to 9."""
    first, dash, last = text.partition("-")
    return list(range(int(first), int(last) + 1) if dash else range(int(first)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=seeds, default=seeds("20"), help='"20", or "5-9"')
    parser.add_argument("--trials", type=int, default=50)
    parser.add_argument("--parallel", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--functions", nargs="+", default=list(FUNCTIONS))
    parser.add_argument("--solvers", nargs="+", default=list(SOLVERS), choices=list(SOLVERS))
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--results", type=Path, help="a file of earlier runs, which new ones are added to")
    options = parser.parse_args()
    started = time.perf_counter()
    tasks = [
        (solver, function, seed, options.trials, parallel)
        for seed in options.seeds
        for parallel in options.parallel
        for function in options.functions
        for solver in options.solvers
    ]
    best = measured(tasks, options.results, options.processes)
    for title, group in GROUPS.items():
        chosen = {name: f for name, f in group.items() if name in options.functions}
        for parallel in options.parallel if chosen else ():
            Table(chosen, options, best, parallel).show(
                f"{title}; {options.trials} trials, {parallel} at a time, {len(options.seeds)} seeds"
            )
    print(f"\n{time.perf_counter() - started:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
