"""The functions on which our tpe was set: public test functions, mixed, conditional and noisy ones among them.

`value` takes a trial's parameters; `optimum` is the least it can be; `noise` is the spread of what is
added to what a tuner is told.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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
