"""Conditions on a point of the search space: read as Python expressions, interpreted by hand.

A name stands for the variable of that name. Comparisons, `in`, arithmetic, `and or not`,
`min max abs len`, numbers, strings, None and lists of these; nothing else, and nothing is executed.

>>> condition = read_text("low < high and optimizer != 'sgd'")
>>> constraint = tie(condition, {"low": "t/low/uniform", "high": "t/high/uniform", "optimizer": "t/o/choice"})
>>> holds(constraint, {"t/low/uniform": 1, "t/high/uniform": 2, "t/o/choice": "adam"})
True
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from typing_extensions import assert_never

from annotate.annotations.calls import Call, parse_expression, unparse
from annotate.errors import SpaceError

Json: TypeAlias = Any


@dataclass(frozen=True)
class Literal:
    """A number, a string, None, True or False."""

    value: Json


@dataclass(frozen=True)
class Reference:
    """A variable: by its name until it is tied, by its key of the search space afterwards."""

    name: str


@dataclass(frozen=True)
class Items:
    """A list or a tuple."""

    items: tuple[Condition, ...]


@dataclass(frozen=True)
class Apply:
    """A function of the table below, applied to all its operands."""

    function: str
    operands: tuple[Condition, ...]


@dataclass(frozen=True)
class Chain:
    """`a < b <= c`: every neighbouring pair is compared."""

    operators: tuple[str, ...]
    operands: tuple[Condition, ...]


@dataclass(frozen=True)
class Both:
    """`and` where `every`, else `or`: left to right, no further than needed."""

    every: bool
    operands: tuple[Condition, ...]


Condition: TypeAlias = Literal | Reference | Items | Apply | Chain | Both


@dataclass(frozen=True)
class Constraint:
    """A condition whose references are keys of the space; `source` is the user's own text."""

    condition: Condition
    source: str
    keys: tuple[str, ...]


_COMPARISONS: Final[Mapping[type[ast.cmpop], tuple[str, Callable[[Any, Any], Any]]]] = {
    ast.Lt: ("<", operator.lt),
    ast.LtE: ("<=", operator.le),
    ast.Gt: (">", operator.gt),
    ast.GtE: (">=", operator.ge),
    ast.Eq: ("==", operator.eq),
    ast.NotEq: ("!=", operator.ne),
    ast.In: ("in", lambda a, b: a in b),
    ast.NotIn: ("not in", lambda a, b: a not in b),
    ast.Is: ("is", operator.is_),
    ast.IsNot: ("is not", operator.is_not),
}
_OPERATORS: Final[Mapping[type[ast.AST], tuple[str, Callable[..., Any]]]] = {
    ast.Add: ("+", operator.add),
    ast.Sub: ("-", operator.sub),
    ast.Mult: ("*", operator.mul),
    ast.Div: ("/", operator.truediv),
    ast.FloorDiv: ("//", operator.floordiv),
    ast.Mod: ("%", operator.mod),
    ast.Pow: ("**", lambda a, b: float(a) ** b),
    ast.USub: ("neg", operator.neg),
    ast.UAdd: ("pos", operator.pos),
    ast.Not: ("not", operator.not_),
}
_CALLS: Final[Mapping[str, Callable[..., Any]]] = {"min": min, "max": max, "abs": abs, "len": len}
_FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {**dict(_OPERATORS.values()), **_CALLS}
_COMPARE: Final[Mapping[str, Callable[[Any, Any], Any]]] = dict(_COMPARISONS.values())


def holds(constraint: Constraint, point: Mapping[str, Json]) -> bool:
    """Whether a point satisfies a constraint; so does one that lacks a key the constraint speaks of.

    Raises SpaceError where the condition has no answer, as in a division by zero.
    """
    if any(key not in point for key in constraint.keys):
        return True
    try:
        return bool(_value(constraint.condition, point))
    except (TypeError, ValueError, ArithmeticError) as error:
        values = ", ".join(f"{key} = {point[key]!r}" for key in constraint.keys)
        raise SpaceError(
            f"the constraint {constraint.source} has no answer where {values}: {error}",
            remedy="change the condition so that it can be decided for every point",
        ) from error


def tie(condition: Condition, keys: Mapping[str, str], source: str = "") -> Constraint:
    """Put keys for names. Raises KeyError for a name that has none."""
    tied = _tie(condition, keys)
    return Constraint(tied, source, tuple(dict.fromkeys(references(tied))))


def references(condition: Condition) -> tuple[str, ...]:
    """The names in a condition, in order, as often as they stand there."""
    match condition:
        case Reference(name):
            return (name,)
        case Literal():
            return ()
        case Items(parts) | Apply(_, parts) | Chain(_, parts) | Both(_, parts):
            return tuple(name for part in parts for name in references(part))
        case _:
            assert_never(condition)


def read_text(source: str) -> Condition:
    """A condition that stands alone. Raises SyntaxError or Refusal."""
    text = f"@nni.constraint({source})"
    node = parse_expression(text[1:])
    assert isinstance(node, ast.Call)
    return read_condition(Call(text, "constraint", 5, len(text), node), node.args[0])


def read_condition(call: Call, node: ast.expr) -> Condition:
    """A condition from its tree. Raises Refusal E113."""

    def read(each: ast.expr) -> Condition:
        return read_condition(call, each)

    match node:
        case ast.Constant(value=value) if value is None or type(value) in (bool, int, float, str):
            return Literal(value)
        case ast.Name() | ast.Attribute() | ast.Subscript():
            return Reference(unparse(node))
        case ast.List(elts=elts) | ast.Tuple(elts=elts):
            return Items(tuple(map(read, elts)))
        case ast.BoolOp(op=op, values=values):
            return Both(isinstance(op, ast.And), tuple(map(read, values)))
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _OPERATORS:
            return Apply(_OPERATORS[type(op)][0], (read(operand),))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return Apply(_OPERATORS[type(op)][0], (read(left), read(right)))
        case ast.Compare(left=left, ops=ops, comparators=comparators):
            return Chain(
                tuple(_COMPARISONS[type(op)][0] for op in ops), (read(left), *map(read, comparators))
            )
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in _CALLS and arguments:
            return Apply(name, tuple(map(read, arguments)))
        case _:
            raise call.refuse(
                "E113", node, f"{unparse(node)} cannot be interpreted in a constraint",
                "use the variables' names, comparisons, arithmetic, and/or/not, min, max, abs, len",
            )  # fmt: skip


def _value(condition: Condition, point: Mapping[str, Json]) -> Any:
    match condition:
        case Literal(value):
            return value
        case Reference(key):
            return point[key]
        case Items(items):
            return [_value(item, point) for item in items]
        case Apply(function, operands):
            return _FUNCTIONS[function](*(_value(each, point) for each in operands))
        case Chain(operators, operands):
            values = [_value(each, point) for each in operands]
            pairs = zip(operators, values, values[1:], strict=False)
            return all(_COMPARE[name](a, b) for name, a, b in pairs)
        case Both(every, operands):
            truths = (bool(_value(each, point)) for each in operands)
            return all(truths) if every else any(truths)
        case _:
            assert_never(condition)


def _tie(condition: Condition, keys: Mapping[str, str]) -> Condition:
    match condition:
        case Literal():
            return condition
        case Reference(name):
            return Reference(keys[name])
        case Items(parts):
            return Items(tuple(_tie(part, keys) for part in parts))
        case Apply(function, parts):
            return Apply(function, tuple(_tie(part, keys) for part in parts))
        case Chain(operators, parts):
            return Chain(operators, tuple(_tie(part, keys) for part in parts))
        case Both(every, parts):
            return Both(every, tuple(_tie(part, keys) for part in parts))
        case _:
            assert_never(condition)
