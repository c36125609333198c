"""Functions that nobody looked at while our tpe was set: what it is worth where it was not tuned.

Eight public test functions, one conditional and one noisy among them, and two real model families on
scikit-learn's digits: support vector machines trained and tested at each ask, 20 ms, and 1,260 small
networks trained once for a table that is kept in the temporary directory.
"""

from __future__ import annotations

import functools
import itertools
import json
import math
import os
import tempfile
import warnings
from pathlib import Path

from tuner_functions import Function, ackley, box, branin, uniform

H3_A = [[3, 10, 30], [0.1, 10, 35], [3, 10, 30], [0.1, 10, 35]]
H3_P = [
    [0.3689, 0.1170, 0.2673],
    [0.4699, 0.4387, 0.7470],
    [0.1091, 0.8732, 0.5547],
    [0.0381, 0.5743, 0.8828],
]
SHEKEL_A = [
    [4, 4, 4, 4], [1, 1, 1, 1], [8, 8, 8, 8], [6, 6, 6, 6], [3, 7, 3, 7],
    [2, 9, 2, 9], [5, 5, 3, 3], [8, 1, 8, 1], [6, 2, 6, 2], [7, 3.6, 7, 3.6],
]  # fmt: skip
SHEKEL_C = [0.1, 0.2, 0.2, 0.4, 0.4, 0.6, 0.3, 0.7, 0.5, 0.5]


def hartmann3(p) -> float:
    xs = list(p.values())
    return -sum(
        c * math.exp(-sum(a * (x - q) ** 2 for a, x, q in zip(row, xs, centre, strict=True)))
        for c, row, centre in zip([1, 1.2, 3, 3.2], H3_A, H3_P, strict=True)
    )


def goldstein_price(p) -> float:
    x, y = p["x"], p["y"]
    one = 1 + (x + y + 1) ** 2 * (19 - 14 * x + 3 * x * x - 14 * y + 6 * x * y + 3 * y * y)
    two = 30 + (2 * x - 3 * y) ** 2 * (18 - 32 * x + 12 * x * x + 48 * y - 36 * x * y + 27 * y * y)
    return one * two


def levy(xs) -> float:
    ws = [1 + (x - 1) / 4 for x in xs]
    return (
        math.sin(math.pi * ws[0]) ** 2
        + sum((w - 1) ** 2 * (1 + 10 * math.sin(math.pi * w + 1) ** 2) for w in ws[:-1])
        + (ws[-1] - 1) ** 2 * (1 + math.sin(2 * math.pi * ws[-1]) ** 2)
    )


def michalewicz(p) -> float:
    return -sum(math.sin(x) * math.sin(i * x * x / math.pi) ** 20 for i, x in enumerate(p.values(), start=1))


def shekel(p) -> float:
    return -sum(
        1 / (c + sum((x - a) ** 2 for x, a in zip(p.values(), row, strict=True)))
        for row, c in zip(SHEKEL_A, SHEKEL_C, strict=True)
    )


def griewank(p) -> float:
    xs = list(p.values())
    return (
        1
        + sum(x * x for x in xs) / 4000
        - math.prod(math.cos(x / math.sqrt(i)) for i, x in enumerate(xs, start=1))
    )


def forked(p) -> float:
    """Branin, a Hartmann or an Ackley function, each with parameters of its own; the least of each is near."""
    way = dict(p["way"])
    match way.pop("_name"):
        case "branin":
            return (branin(way) - 0.397887) / 50 + 0.05
        case "hartmann":
            return (hartmann3(way) + 3.86278) / 3
        case _:
            return ackley(way.values()) / 15 + 0.1


FORKED = {
    "way": {
        "_type": "choice",
        "_value": [
            {"_name": "branin", "x": uniform(-5, 10), "y": uniform(0, 15)},
            {"_name": "hartmann", **box(3, 0, 1)},
            {"_name": "ackley", **box(2, -15, 20)},
        ],
    }
}
MIXED_LEVY = {
    **{f"x{n}": uniform(-10, 10) for n in range(2)},
    **{f"i{n}": {"_type": "randint", "_value": [-10, 11]} for n in range(2)},
    **{f"c{n}": {"_type": "choice", "_value": [-7, 4, 1, -2, 9]} for n in range(2)},
}


@functools.cache
def _digits():
    from sklearn.datasets import load_digits

    data = load_digits()
    x, y = data.data / 16, data.target
    return x[0:1200:2], y[0:1200:2], x[1:1200:2], y[1:1200:2]


def machine(p) -> float:
    """The share of 600 digits that a support vector machine trained on 600 others gets wrong."""
    return machine_and_size(p)[0]


def machine_and_size(p) -> tuple[float, float]:
    """Its error, and the share of the examples that it has to keep."""
    from sklearn.svm import SVC

    x, y, test_x, test_y = _digits()
    kernel = dict(p["kernel"])
    model = SVC(C=p["C"], kernel=kernel.pop("_name"), **kernel, random_state=0).fit(x, y)
    return 1 - float(model.score(test_x, test_y)), sum(model.n_support_) / len(x)


MACHINE = {
    "C": {"_type": "loguniform", "_value": [1e-3, 1e3]},
    "kernel": {
        "_type": "choice",
        "_value": [
            {"_name": "linear"},
            {"_name": "rbf", "gamma": {"_type": "loguniform", "_value": [1e-5, 10]}},
            {
                "_name": "poly",
                "gamma": {"_type": "loguniform", "_value": [1e-5, 10]},
                "degree": {"_type": "randint", "_value": [2, 6]},
                "coef0": uniform(0, 1),
            },
            {
                "_name": "sigmoid",
                "gamma": {"_type": "loguniform", "_value": [1e-5, 10]},
                "coef0": uniform(-1, 1),
            },
        ],
    },
}
NETWORK = {
    "log10 lr": {"_type": "quniform", "_value": [-4, -1, 0.5]},
    "log2 width": {"_type": "randint", "_value": [3, 8]},
    "log10 alpha": {"_type": "quniform", "_value": [-6, 0, 2]},
    "activation": {"_type": "choice", "_value": ["relu", "tanh", "logistic"]},
    "batch": {"_type": "choice", "_value": [16, 64, 256]},
}


def network(p) -> float:
    """The share of 600 digits that a network of one hidden layer gets wrong after eight epochs."""
    return table()[_cell(p["log10 lr"], p["log2 width"], p["log10 alpha"], p["activation"], p["batch"])]


def _cell(*values) -> str:
    return "/".join(f"{value:g}" if isinstance(value, (int, float)) else value for value in values)


@functools.cache
def table() -> dict[str, float]:
    """Every network's error, from the temporary directory where it has been made before."""
    import sklearn

    file = Path(tempfile.gettempdir(), f"annotate-bench-digits-{sklearn.__version__}.json")
    if not file.exists():
        grid = itertools.product(
            [-4 + n / 2 for n in range(7)],
            range(3, 8),
            [-6, -4, -2, 0],
            ["relu", "tanh", "logistic"],
            [16, 64, 256],
        )
        made = {_cell(*cell): _trained(*cell) for cell in grid}
        part = file.with_suffix(f".{os.getpid()}")
        part.write_text(json.dumps(made))
        part.replace(file)
    return json.loads(file.read_text())


def _trained(lr: float, width: int, alpha: float, activation: str, batch: int) -> float:
    from sklearn.neural_network import MLPClassifier

    x, y, test_x, test_y = _digits()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that eight epochs are few
        model = MLPClassifier(
            (2**width,), activation=activation, alpha=10.0**alpha, learning_rate_init=10.0**lr,
            batch_size=batch, max_iter=8, random_state=0,
        ).fit(x, y)  # fmt: skip
    return 1 - float(model.score(test_x, test_y))


def functions() -> dict[str, Function]:
    """By name; makes the table where there is none, a minute or two."""
    return {
        f.name: f
        for f in (
            Function("hartmann3", box(3, 0, 1), hartmann3, -3.86278),
            Function("goldstein", {"x": uniform(-2, 2), "y": uniform(-2, 2)}, goldstein_price, 3.0),
            Function("levy6", box(6, -10, 10), lambda p: levy(list(p.values())), 0.0),
            Function("michalewicz5", box(5, 0, math.pi), michalewicz, -4.687658),
            Function("shekel", box(4, 0, 10), shekel, -10.5364),
            Function("noisy griewank", box(4, -50, 50), griewank, 0.0, 0.2),
            Function("mixed levy", MIXED_LEVY, lambda p: levy(list(p.values())), 0.0),
            Function("forked", FORKED, forked, 0.0),
            Function("digits svm", MACHINE, machine, 5 / 600),  # the least ever seen
            Function("digits network", NETWORK, network, min(table().values())),
        )
    }
