"""A sampler's call to what it draws from: `loguniform(1e-4, 1e-1)`, `choice("sgd", Adam(p))`.

Numeric arguments are literals or arithmetic on literals; nothing is executed. An option of a choice is
the JSON value of its literal, or its source text in normal form where it is any other expression.
"""

from __future__ import annotations

import ast
import difflib
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from annotate.annotations.calls import Call, Refusal, unparse
from annotate_tuners.space import KINDS, Choice, Distribution, MutableLayers

Json: TypeAlias = Any
Number: TypeAlias = int | float

ARGUMENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "randint": ("low", "high"),
    "uniform": ("low", "high"),
    "quniform": ("low", "high", "q"),
    "loguniform": ("low", "high"),
    "qloguniform": ("low", "high", "q"),
    "normal": ("mu", "sigma"),
    "qnormal": ("mu", "sigma", "q"),
    "lognormal": ("mu", "sigma"),
    "qlognormal": ("mu", "sigma", "q"),
}
SAMPLERS: Final = (Choice.kind, *ARGUMENTS)
assert {*SAMPLERS, MutableLayers.kind} == {*KINDS}

_ARITHMETIC: Final[Mapping[type[ast.operator], Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_LARGEST_POWER = 4096
_NEEDS_PARENTHESES = (ast.Lambda, ast.IfExp, ast.NamedExpr, ast.Yield, ast.YieldFrom)


@dataclass(frozen=True)
class Option:
    """`value` is what the search space holds; `source` is the expression as the user wrote it, on one line.

    `code` is the same, safe within a conditional expression.
    """

    value: Json
    source: str
    code: str
    syntax: str


@dataclass(frozen=True)
class Sampler:
    """`options` is empty but for a choice. `written` is the sampler as the user sees it.

    `call` and `arguments` are where it and its arguments stand in the annotation's text, [start, end).
    """

    distribution: Distribution
    options: tuple[Option, ...]
    written: str
    call: tuple[int, int]
    arguments: tuple[tuple[int, int], ...]

    @property
    def kind(self) -> str:
        return self.distribution.kind


def read_sampler(call: Call, node: ast.Call, kind: str, arguments: Sequence[ast.expr]) -> Sampler:
    """A sampler of a known kind. Raises Refusal."""
    written = f"{kind}({', '.join(map(unparse, arguments))})"
    where_it_stands = call.span(node), tuple(map(call.span, arguments))
    if kind == Choice.kind:
        options = read_options(call, node, arguments)
        return Sampler(Choice(tuple(option.value for option in options)), options, written, *where_it_stands)
    names = ARGUMENTS[kind]
    if len(arguments) != len(names):
        raise call.refuse(
            "E106", node, f"{kind} takes {len(names)} arguments ({', '.join(names)}), not {len(arguments)}",
            f"write {kind}({', '.join(names)})",
        )  # fmt: skip
    values = {name: _number(call, each) for name, each in zip(names, arguments, strict=True)}
    where = dict(zip(names, arguments, strict=True))
    _check(call, node, kind, values, where)
    if kind == "randint":
        values = {name: int(value) for name, value in values.items()}
    return Sampler(KINDS[kind](**values), (), written, *where_it_stands)


def read_options(call: Call, node: ast.Call, arguments: Sequence[ast.expr]) -> tuple[Option, ...]:
    """The options of a choice, all different. Raises Refusal."""
    if not arguments:
        raise call.refuse(
            "E106", node, "a choice needs at least one option", "write the options as arguments"
        )
    options: list[Option] = []
    for each in arguments:
        option = _option(call, each)
        if any(same_json(option.value, other.value) for other in options):
            raise call.refuse(
                "E110", each, f"the option {unparse(each)} is there twice",
                "leave one out; an expression is known by its source text, so it may not equal a string option",
            )  # fmt: skip
        options.append(option)
    return tuple(options)


def literal(node: ast.expr) -> tuple[Json] | None:
    """The JSON value of a literal in a 1-tuple; None for any other expression, also for a container."""
    sign = 1
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        sign = -1 if isinstance(node.op, ast.USub) else 1
        node = node.operand
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, (int, float))
            and not isinstance(node.value, bool)
        ):
            return _finite(sign * node.value)
        return None
    if not isinstance(node, ast.Constant):
        return None
    if node.value is None or type(node.value) in (bool, int, str):
        return (node.value,)
    return _finite(node.value) if type(node.value) is float else None


def same_json(a: Json, b: Json) -> bool:
    """Equal in type and value: 1, True, 1.0 and "1" are four values."""
    return type(a) is type(b) and bool(a == b)


def nearest(name: str, known: Sequence[str]) -> str | None:
    """The known name that was probably meant."""
    near = difflib.get_close_matches(name.lower(), known, 1, cutoff=0.6)
    return near[0] if near else None


def _option(call: Call, node: ast.expr) -> Option:
    if isinstance(node, ast.Starred):
        raise call.refuse(
            "E106", node, "options cannot be unpacked: a space is read, not run", "write them out"
        )
    code = call.source(node)
    if "\n" in code:
        raise call.refuse(
            "E103", node, "this option cannot be written on one line", "give it a name and use that"
        )
    value = literal(node)
    needs = isinstance(node, _NEEDS_PARENTHESES)
    return Option(value[0] if value else unparse(node), code, f"({code})" if needs else code, ast.dump(node))


def _finite(value: float) -> tuple[Json] | None:
    return (value,) if math.isfinite(value) else None


def _number(call: Call, node: ast.expr) -> Number:
    try:
        value = _arithmetic(node)
    except (ZeroDivisionError, OverflowError, ValueError, TypeError):
        value = None
    if value is None or not math.isfinite(value):
        raise call.refuse(
            "E107", node, f"{unparse(node)} is not a finite number that can be read without running the script",
            "write a number, or arithmetic on numbers such as 2**5",
        )  # fmt: skip
    return value


def _arithmetic(node: ast.expr) -> Number | None:
    """The number of a literal or of arithmetic on literals, None for anything else."""
    match node:
        case ast.Constant(value=value) if type(value) in (int, float):
            return value  # type: ignore[return-value]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            value = _arithmetic(operand)
            return None if value is None else -value
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _arithmetic(operand)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
            a, b = _arithmetic(left), _arithmetic(right)
            if a is None or b is None or (isinstance(op, ast.Pow) and max(abs(a), abs(b)) > _LARGEST_POWER):
                return None
            value = _ARITHMETIC[type(op)](a, b)
            return value if type(value) in (int, float) else None
        case _:
            return None


def _check(
    call: Call, node: ast.Call, kind: str, values: Mapping[str, Number], where: Mapping[str, ast.expr]
) -> None:
    for name in ("q", "sigma", "low"):
        positive = name in values and (name != "low" or "log" in kind)
        if positive and not values[name] > 0:
            raise call.refuse(
                "E109", where[name], f"{name} of {kind} must be above 0, not {values[name]}",
                "a logarithmic range begins above 0, such as 1e-6" if name == "low" else f"write {name} > 0",
            )  # fmt: skip
    for name, value in values.items():
        if kind == "randint" and value != int(value):
            raise call.refuse(
                "E109", where[name], f"{name} of randint must be an integer, not {value}", "round it"
            )
    if "low" in values and not values["low"] < values["high"]:
        swap = values["low"] > values["high"]
        raise call.refuse(
            "E108", node, f"low must be below high in {kind}: {values['low']} and {values['high']}",
            "swap the two" if swap else "an interval needs two different ends",
        )  # fmt: skip
    _representable(call, node, kind, values)


def _representable(call: Call, node: ast.Call, kind: str, values: Mapping[str, Number]) -> None:
    try:
        for value in values.values():
            float(value)
    except OverflowError:
        raise Refusal("E107", *call.span(node), f"{kind} has a bound that no float can hold", None) from None
