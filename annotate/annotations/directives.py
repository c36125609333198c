"""What an annotation says: the directives, and how a snippet of text becomes one.

`read_directive` refuses with problems in the text's own coordinates; it knows neither the file nor the
statement that the annotation belongs to.

>>> from annotate.annotations.snippet import Anchor, Form, Snippet
>>> text = "@nni.variable(nni.uniform(0, 1), name=lr)"
>>> read_directive(Snippet(text, Form.COMMENT, (Anchor(0, 1, 2),), last_line=1)).target
'lr'
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Final, TypeAlias

from annotate.annotations.calls import Call, Refusal, parse_expression, read_call, unparse
from annotate.annotations.constraint import Condition, read_condition
from annotate.annotations.layers import Layer, read_layers
from annotate.annotations.samplers import SAMPLERS, Option, Sampler, nearest, read_options, read_sampler
from annotate.annotations.snippet import Form, Snippet

INTERMEDIATE: Final = "report_intermediate_result"
FINAL: Final = "report_final_result"
DIRECTIVES: Final = (
    "variable", "function_choice", INTERMEDIATE, FINAL, "get_next_parameter", "constraint", "mutable_layers",
)  # fmt: skip


@dataclass(frozen=True)
class Variable:
    """`target` is the left side that it names, in normal form; `label` a name of the user's own."""

    sampler: Sampler
    target: str | None
    label: str | None


@dataclass(frozen=True)
class FunctionChoice:
    """The expressions of which one is chosen."""

    options: tuple[Option, ...]
    target: str | None
    label: str | None


@dataclass(frozen=True)
class Report:
    """`function` is the name of the trial's function; `argument` an expression on one line."""

    function: str
    argument: str
    syntax: str


@dataclass(frozen=True)
class NextParameter:
    """NNI's `get_next_parameter()`: accepted, does nothing."""


@dataclass(frozen=True)
class ConstraintOn:
    """A condition on the variables, not yet tied to keys."""

    condition: Condition
    source: str


@dataclass(frozen=True)
class MutableLayersOf:
    """NNI's block of layers, classic mode."""

    layers: tuple[Layer, ...]


Directive: TypeAlias = Variable | FunctionChoice | Report | NextParameter | ConstraintOn | MutableLayersOf


@dataclass(frozen=True)
class Problem:
    """A fault in an annotation: [start, end) of its text."""

    code: str
    start: int
    end: int
    cause: str
    remedy: str | None


def read_directive(snippet: Snippet) -> Directive | Problem:
    """The directive that a snippet is, or what is wrong with it."""
    try:
        call = read_call(snippet.text)
        return _read(call, snippet.form)
    except Refusal as refusal:
        return Problem(refusal.code, refusal.start, refusal.end, refusal.cause, refusal.remedy)


def _read(call: Call, form: Form) -> Directive:
    match call.head:
        case "variable":
            return _variable(call, form)
        case "function_choice":
            arguments, target, label = _named(call, form, "function_choice")
            return FunctionChoice(read_options(call, call.node, arguments), target, label)
        case "report_intermediate_result" | "report_final_result":
            return _report(call)
        case "get_next_parameter":
            return NextParameter()
        case "constraint":
            if len(call.node.args) != 1 or call.node.keywords:
                raise call.refuse(
                    "E106", call.node, "constraint takes one condition", "write constraint(a < b)"
                )
            condition = call.node.args[0]
            return ConstraintOn(read_condition(call, condition), unparse(condition))
        case "mutable_layers":
            return MutableLayersOf(read_layers(call))
        case kind if kind in SAMPLERS:
            if form is not Form.TRAILING:
                raise call.refuse(
                    "E208", call.node, f"a bare {kind}(...) stands behind a value, on the same line",
                    f"put it there, or write @nni.variable(nni.{kind}(...), name=TARGET) here",
                )  # fmt: skip
            arguments, target, label = _named(call, form, kind)
            return Variable(read_sampler(call, call.node, kind, arguments), target, label)
        case unknown:
            raise _unknown(call, unknown, form)


def _variable(call: Call, form: Form) -> Variable:
    arguments, target, label = _named(call, form, "variable")
    if len(arguments) != 1:
        raise call.refuse(
            "E106", call.node, f"variable takes one sampler and name=, not {len(arguments)} arguments",
            "write variable(nni.uniform(0, 1), name=lr)",
        )  # fmt: skip
    sampler = arguments[0]
    kind = _sampler_name(sampler)
    if kind is None or not isinstance(sampler, ast.Call):
        raise call.refuse(
            "E105", sampler, f"{unparse(sampler)} is not a sampler", "write a call such as nni.uniform(0, 1)"
        )
    if kind not in SAMPLERS:
        near = nearest(kind, SAMPLERS)
        raise call.refuse(
            "E105", sampler.func, f"there is no sampler {kind!r}",
            f"did you mean {near!r}?" if near else f"the samplers are {', '.join(SAMPLERS)}",
        )  # fmt: skip
    if sampler.keywords:
        raise call.refuse(
            "E106", sampler.keywords[0].value, f"{kind} takes no keyword arguments here",
            "write its arguments by position, and name= behind the sampler",
        )  # fmt: skip
    return Variable(read_sampler(call, sampler, kind, sampler.args), target, label)


def _sampler_name(node: ast.expr) -> str | None:
    """The name of `nni.NAME(...)`, or of a bare `NAME(...)`."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="nni"), attr=name)):
            return name
        case ast.Call(func=ast.Name(id=name)):
            return name
        case _:
            return None


def _named(call: Call, form: Form, what: str) -> tuple[list[ast.expr], str | None, str | None]:
    """The positional arguments, and `name=` as a target or as a label."""
    target = label = None
    for keyword in call.node.keywords:
        if target is not None or label is not None:
            raise call.refuse("E106", keyword.value, "name= is there twice", "keep one name")
        if keyword.arg != "name":
            raise call.refuse(
                "E106", keyword.value, f"{what} takes its arguments by position and name=, not {keyword.arg or '**'}=",
                "leave the argument's name out",
            )  # fmt: skip
        match keyword.value:
            case ast.Constant(value=str(text)):
                label = text
                if not text.strip():
                    raise call.refuse("E111", keyword.value, "the name is empty", "write the variable's name")
            case ast.Name() | ast.Attribute() | ast.Subscript():
                target = unparse(keyword.value)
            case other:
                raise call.refuse(
                    "E111", other, f"{unparse(other)} cannot be assigned to, so it cannot be the name",
                    "write the left side of the assignment, or a string",
                )  # fmt: skip
    if target is None and label is None and form is not Form.TRAILING:
        raise call.refuse(
            "E111",
            call.node,
            f"{what} needs name= here",
            "write name= and the left side of the next assignment",
        )
    return call.node.args, target, label


def _report(call: Call) -> Report:
    node = call.node
    if len(node.args) != 1 or node.keywords or isinstance(node.args[0], ast.Starred):
        raise call.refuse("E106", node, f"{call.head} takes one value", f"write {call.head}(accuracy)")
    argument = call.source(node.args[0])
    if "\n" in argument:
        raise call.refuse(
            "E103", node, "this value cannot be written on one line", "give it a name and use that"
        )
    return Report(call.head, argument, ast.dump(node.args[0]))


def _unknown(call: Call, name: str, form: Form) -> Refusal:
    known = (*DIRECTIVES, *SAMPLERS) if form is Form.TRAILING else DIRECTIVES
    near = nearest(name, known)
    return Refusal(
        "E104", call.head_start, call.head_start + len(name), f"there is no directive {name!r}",
        f"did you mean {near!r}?" if near else f"the directives are {', '.join(known)}",
    )  # fmt: skip


def same_expression(source: str) -> str | None:
    """What two expressions share that are the same but for layout; None for what does not parse."""
    try:
        return ast.dump(parse_expression(source))
    except SyntaxError:
        return None
