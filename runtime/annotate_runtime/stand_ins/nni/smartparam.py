"""`nni.choice(...)`, `nni.uniform(...)` and the rest, written by hand in a script.

In a trial the value is the one the trial names under `MODULE/NAME/FUNCTION`; without `name=` the NAME is
`__line<N>`. Where the trial names none, and outside a trial, it is drawn afresh, as NNI does.

    lr = nni.choice(0.1, 0.01, name="lr")
"""

from __future__ import annotations

import ast
import math
import os
import random
import sys

from annotate_runtime.redirect import Mirror
from annotate_runtime.trial import _same, trial

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

_mirror = Mirror.read(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_random = random.Random()  # noqa: S311 - nothing secret, and never the script's own generator


def choice(*options: Any, name: str | None = None) -> Any:
    """One of the options."""
    return options[_chosen("choice", options, name, sys._getframe(1))]


def function_choice(*functions: Callable[[], Any], name: str | None = None) -> Any:
    """What one of the functions returns; only that one is called."""
    return functions[_chosen("function_choice", functions, name, sys._getframe(1))]()


def randint(lower: int, upper: int, name: str | None = None) -> int:
    """An integer in [lower, upper)."""
    return int(_value("randint", name, lambda: _random.randrange(lower, upper)))


def uniform(low: float, high: float, name: str | None = None) -> float:
    """A float in [low, high]."""
    return float(_value("uniform", name, lambda: _random.uniform(low, high)))


def quniform(low: float, high: float, q: float, name: str | None = None) -> float:
    """`clip(round(uniform / q) * q, low, high)`."""
    return float(_value("quniform", name, lambda: _clip(_rounded(_random.uniform(low, high), q), low, high)))


def loguniform(low: float, high: float, name: str | None = None) -> float:
    """`exp(uniform(log low, log high))`."""
    return float(_value("loguniform", name, lambda: _log_uniform(low, high)))


def qloguniform(low: float, high: float, q: float, name: str | None = None) -> float:
    """`clip(round(loguniform / q) * q, low, high)`."""
    return float(_value("qloguniform", name, lambda: _clip(_rounded(_log_uniform(low, high), q), low, high)))


def normal(mu: float, sigma: float, name: str | None = None) -> float:
    """Normally distributed."""
    return float(_value("normal", name, lambda: _random.gauss(mu, sigma)))


def qnormal(mu: float, sigma: float, q: float, name: str | None = None) -> float:
    """`round(normal / q) * q`."""
    return float(_value("qnormal", name, lambda: _rounded(_random.gauss(mu, sigma), q)))


def lognormal(mu: float, sigma: float, name: str | None = None) -> float:
    """`exp(normal)`."""
    return float(_value("lognormal", name, lambda: math.exp(_random.gauss(mu, sigma))))


def qlognormal(mu: float, sigma: float, q: float, name: str | None = None) -> float:
    """`round(lognormal / q) * q`."""
    return float(_value("qlognormal", name, lambda: _rounded(math.exp(_random.gauss(mu, sigma)), q)))


def _value(function: str, name: str | None, draw: Callable[[], float]) -> Any:
    key = _key(function, name, sys._getframe(2))
    return trial[key] if key in trial else draw()


def _chosen(function: str, options: tuple[Any, ...], name: str | None, frame: FrameType) -> int:
    """The index of the option that the trial names, by value or by its source text; else a fresh one."""
    key = _key(function, name, frame)
    if key not in trial:
        return _random.randrange(len(options))
    wanted = trial[key]
    for index, option in enumerate(options):
        if function == "choice" and _same(wanted, option):
            return index
    for index, text in enumerate(_arguments(frame, function)):
        if _normal(text) == _normal(str(wanted)):
            return index
    raise ValueError(f"{key}: the trial chose {wanted!r}, which is none of the options here")


def _key(function: str, name: str | None, frame: FrameType) -> str:
    module = _mirror.module(frame.f_code.co_filename) or "__main__"
    return f"{module}/{name or f'__line{frame.f_lineno}'}/{function}"


def _arguments(frame: FrameType, function: str) -> list[str]:
    """The source of the positional arguments of the call that stands on the caller's line."""
    with open(frame.f_code.co_filename, "rb") as file:
        tree = ast.parse(file.read())
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.lineno <= frame.f_lineno <= (node.end_lineno or node.lineno):
            called = node.func
            if (called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")) == function:
                return [ast.unparse(argument) for argument in node.args]
    return []


def _normal(text: str) -> str:
    """Source text without what does not matter; `lambda: f(x)` stands for `f(x)`."""
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        return text
    return ast.dump(tree.body if isinstance(tree, ast.Lambda) else tree)


def _log_uniform(low: float, high: float) -> float:
    return math.exp(_random.uniform(math.log(low), math.log(high)))


def _rounded(value: float, q: float) -> float:
    return round(value / q) * q


def _clip(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
