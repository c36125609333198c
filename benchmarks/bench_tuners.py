"""How good our tpe is: against hyperopt's fmin, Optuna's TPESampler and chance.

    python benchmarks/bench_tuners.py --seeds 20 --trials 50 --parallel 1 4 [--functions branin hartmann6]

Ten public test functions, some with integer, choice, conditional and noisy parameters. In parallel, a
trial is observed only after the ones that were started after it, up to the number of workers. Regret is
the best true value found less the known optimum, over the regret of a random point (median of 1,000);
the rank is that of the mean over seeds. Optuna is driven with `constant_liar=True` in parallel.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import itertools
import math
import random
import statistics
import time
import warnings
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import annotate_tuners
from annotate_tuners.space import SearchSpace
from annotate_tuners.tuner import Observation

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Function:
    name: str
    space: dict[str, Any]
    value: Callable[[dict[str, Any]], float]
    optimum: float
    noise: float = 0.0


def uniform(low: float, high: float) -> dict[str, Any]:
    return {"_type": "uniform", "_value": [low, high]}


def branin(p) -> float:
    x, y = p["x"], p["y"]
    return (
        (y - 5.1 * x * x / (4 * math.pi**2) + 5 * x / math.pi - 6) ** 2
        + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x)
        + 10
    )


def ackley(xs) -> float:
    xs = list(xs)
    return (
        -20 * math.exp(-0.2 * math.sqrt(sum(x * x for x in xs) / len(xs)))
        - math.exp(sum(math.cos(2 * math.pi * x) for x in xs) / len(xs))
        + 20
        + math.e
    )


def rosenbrock(p) -> float:
    xs = list(p.values())
    return sum(100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in itertools.pairwise(xs))


H_A = [
    [10, 3, 17, 3.5, 1.7, 8],
    [0.05, 10, 17, 0.1, 8, 14],
    [3, 3.5, 1.7, 10, 17, 8],
    [17, 8, 0.05, 10, 0.1, 14],
]
H_P = [
    [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
    [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
    [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650],
    [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
]


def hartmann6(p) -> float:
    xs = list(p.values())
    return -sum(
        c * math.exp(-sum(a * (x - q) ** 2 for a, x, q in zip(row, xs, centre, strict=True)))
        for c, row, centre in zip([1, 1.2, 3, 3.2], H_A, H_P, strict=True)
    )


def training(p) -> float:
    """A made-up training run: a valley in log lr that depends on the optimiser, capacity, dropout."""
    optimizer = p["optimizer"]["_name"]
    best, width = {"sgd": (-1.0, 1.0), "adam": (-3.0, 0.7), "rmsprop": (-3.3, 0.6)}[optimizer]
    loss = 0.08 + {"sgd": 0.03, "adam": 0.0, "rmsprop": 0.02}[optimizer]
    loss += 0.2 * math.tanh(((math.log10(p["lr"]) - best) / width) ** 2)
    if optimizer == "sgd":
        loss -= 0.03 * (1 - (p["optimizer"]["momentum"] - 0.9) ** 2 / 0.81)
    loss += 0.05 * abs(math.log2(p["width"] / 256)) / 4 + 0.02 * (p["layers"] - 4) ** 2 / 9
    return loss + 0.1 * (p["dropout"] - 0.25) ** 2 + {"relu": 0.01, "gelu": 0.0, "tanh": 0.04}[p["act"]]


TRAINING = {
    "lr": {"_type": "loguniform", "_value": [1e-5, 1.0]},
    "optimizer": {
        "_type": "choice",
        "_value": [{"_name": "sgd", "momentum": uniform(0, 0.99)}, {"_name": "adam"}, {"_name": "rmsprop"}],
    },
    "width": {"_type": "qloguniform", "_value": [16, 1024, 16]},
    "layers": {"_type": "randint", "_value": [1, 9]},
    "dropout": uniform(0, 0.8),
    "act": {"_type": "choice", "_value": ["relu", "gelu", "tanh"]},
}


def tree(p) -> float:
    """hyperopt-like conditional space: three branches, each with its own bowl."""
    branch = p["kind"]
    match branch["_name"]:
        case "a":
            return 0.3 + (branch["x"] - 0.2) ** 2
        case "b":
            return (branch["y"] - 2) ** 2 / 25 + abs(math.log10(branch["z"]) + 2) / 10
        case _:
            return 0.15 + (0.0 if branch["mode"] == "fast" else 0.1) + branch["k"] / 100


TREE = {
    "kind": {
        "_type": "choice",
        "_value": [
            {"_name": "a", "x": uniform(-1, 1)},
            {"_name": "b", "y": uniform(-5, 5), "z": {"_type": "loguniform", "_value": [1e-5, 1]}},
            {
                "_name": "c",
                "k": {"_type": "randint", "_value": [0, 20]},
                "mode": {"_type": "choice", "_value": ["fast", "slow"]},
            },
        ],
    }
}
MIXED = {
    **{f"x{n}": uniform(-4, 6) for n in range(3)},
    **{f"i{n}": {"_type": "randint", "_value": [-5, 6]} for n in range(2)},
    **{f"c{n}": {"_type": "choice", "_value": [3, 0, -2, 5, 1]} for n in range(2)},
}


def styblinski(p) -> float:
    return sum(x**4 - 16 * x * x + 5 * x for x in p.values()) / 2


def rastrigin(p) -> float:
    return sum(x * x - 10 * math.cos(2 * math.pi * x) + 10 for x in p.values())


def box(count: int, low: float, high: float) -> dict[str, Any]:
    return {f"x{n}": uniform(low, high) for n in range(count)}


FUNCTIONS = {
    f.name: f
    for f in (
        Function("branin", {"x": uniform(-5, 10), "y": uniform(0, 15)}, branin, 0.397887),
        Function("noisy branin", {"x": uniform(-5, 10), "y": uniform(0, 15)}, branin, 0.397887, 5.0),
        Function("hartmann6", box(6, 0, 1), hartmann6, -3.32237),
        Function("ackley5", box(5, -15, 20), lambda p: ackley(p.values()), 0.0),
        Function("rosenbrock4", box(4, -2, 2), rosenbrock, 0.0),
        Function("styblinski5", box(5, -5, 5), styblinski, -39.16617 * 5),
        Function("rastrigin3", box(3, -4, 5.12), rastrigin, 0.0),
        Function("mixed ackley", MIXED, lambda p: ackley(p.values()), 0.0),
        Function("tree", TREE, tree, 0.0),
        Function("training", TRAINING, training, 0.08),
        Function("noisy training", TRAINING, training, 0.08, 0.02),
    )
}


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


def job(task: tuple[str, str, int, int, int]) -> float:
    solver, function, seed, trials, parallel = task
    return SOLVERS[solver](FUNCTIONS[function], seed, trials, parallel)


def scale(function: Function) -> float:
    space, rng = SearchSpace.from_json(function.space), random.Random(0)
    return statistics.median(function.value(space.sample(rng)) for _ in range(1000)) - function.optimum


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--trials", type=int, default=50)
    parser.add_argument("--parallel", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--functions", nargs="+", default=list(FUNCTIONS))
    parser.add_argument("--solvers", nargs="+", default=list(SOLVERS))
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    started = time.perf_counter()
    tasks = [
        (solver, function, seed, options.trials, parallel)
        for parallel in options.parallel
        for function in options.functions
        for solver in options.solvers
        for seed in range(options.seeds)
    ]
    with concurrent.futures.ProcessPoolExecutor(options.processes) as pool:
        best = dict(zip(tasks, pool.map(job, tasks, chunksize=4), strict=True))
    for parallel in options.parallel:
        print(f"\n{options.trials} trials, {parallel} at a time, {options.seeds} seeds: mean regret (rank)")
        print(f"{'':16}" + "".join(f"{solver:>16}" for solver in options.solvers))
        ranks: dict[str, list[float]] = {solver: [] for solver in options.solvers}
        regrets: dict[str, list[float]] = {solver: [] for solver in options.solvers}
        for name in options.functions:
            function = FUNCTIONS[name]
            unit = scale(function)
            mean = {
                solver: statistics.fmean(
                    (best[solver, name, seed, options.trials, parallel] - function.optimum) / unit
                    for seed in range(options.seeds)
                )
                for solver in options.solvers
            }
            order = sorted(mean, key=mean.__getitem__)
            for solver in options.solvers:
                ranks[solver].append(order.index(solver) + 1)
                regrets[solver].append(mean[solver])
            cells = "".join(f"{mean[s]:>11.4f} ({order.index(s) + 1})" + " " for s in options.solvers)
            print(f"{name:16}{cells}")
        print(f"{'mean rank':16}" + "".join(f"{statistics.fmean(ranks[s]):>16.2f}" for s in options.solvers))
        print(
            f"{'geo. mean regret':16}"
            + "".join(f"{statistics.geometric_mean(regrets[s]):>16.4f}" for s in options.solvers)
        )
    print(f"\n{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
