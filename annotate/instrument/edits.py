"""The instrumented text: insertions only, so whatever the user wrote stays where it stood.

A replaced value becomes a conditional expression in place, with the original as its last alternative:

    lr = (_annotate_trial["train/lr/uniform"] if "train/lr/uniform" in _annotate_trial else 0.1)

Invariants, each with its test: no line is added; a line without an edit is untouched; the injected name
does not begin with two underscores, which a class body would mangle.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from annotate.annotations.directives import Report
from annotate.annotations.layers import Layer
from annotate.annotations.samplers import Json, Option

NAME: Final = "_annotate_trial"
IMPORT: Final = f"from annotate_runtime.trial import trial as {NAME}"
INLINE: Final = '__import__("annotate_runtime.trial", None, None, ["trial"]).trial'


@dataclass(frozen=True)
class Replacement:
    """A value at [start, end) that a key decides; `options` is empty where the key's value is the value.

    `value` is the stretch to write another value to: without the parentheses around it, unless they make it
    what it is, as those of a tuple. `part` is true of a call within an expression: only a call
    can take its place and be found again.
    """

    start: int
    end: int
    key: str
    options: tuple[Option, ...]
    bare: bool  # the original must be put in parentheses to stand in a conditional expression
    value: tuple[int, int]
    part: bool = False


@dataclass(frozen=True)
class ReportAfter:
    """A report behind the small statement that ends at `at`."""

    at: int
    report: Report


@dataclass(frozen=True)
class ReportBefore:
    """A report in the place of a comment line, before its `#`."""

    at: int
    report: Report


@dataclass(frozen=True)
class LayersAt:
    """A block of layers on the line of its annotation, [start, end); the two are equal for a comment."""

    start: int
    end: int
    key: str
    layers: tuple[Layer, ...]


@dataclass(frozen=True)
class LayerValue:
    """The value at [start, end) that is the default of a block's layer."""

    start: int
    end: int
    key: str
    number: int
    layer: Layer


@dataclass(frozen=True)
class ImportBefore:
    """The import before the statement at `at`."""

    at: int


@dataclass(frozen=True)
class ImportAfter:
    """The import behind the docstring or the future import that ends at `at`."""

    at: int


Edit: TypeAlias = (
    Replacement | ReportAfter | ReportBefore | LayersAt | LayerValue | ImportBefore | ImportAfter
)


def apply(text: str, edits: Iterable[Edit], trial: str = NAME) -> str:
    """The text with its edits. `trial` is the expression that names the trial."""
    pieces = sorted((piece for edit in edits for piece in _pieces(edit, trial)), key=lambda piece: piece[:2])
    result: list[str] = []
    done = 0
    for offset, _, inserted in pieces:
        result += [text[done:offset], inserted]
        done = offset
    return "".join([*result, text[done:]])


def quoted(value: Json) -> str:
    """A JSON scalar as a Python literal of ASCII characters."""
    if not isinstance(value, str):
        return repr(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    escaped = re.sub(r"[\x00-\x1f\x7f]", lambda c: f"\\x{ord(c[0]):02x}", escaped)
    return f'"{escaped.encode("ascii", "backslashreplace").decode()}"'


_Piece: TypeAlias = tuple[int, int, str]  # offset; rank among the pieces at one offset; text
_CLOSE, _IMPORT_AFTER, _AFTER, _IMPORT_BEFORE, _OPEN = range(5)


def _pieces(edit: Edit, trial: str) -> Sequence[_Piece]:
    match edit:
        case Replacement():
            before, after = _conditional(edit, trial)
            return [(edit.start, _OPEN, before), (edit.end, _CLOSE, after)]
        case ReportAfter(at, report):
            return [(at, _AFTER, f"; {trial}.{report.function}({report.argument})")]
        case ReportBefore(at, report):
            return [(at, _OPEN, f"{trial}.{report.function}({report.argument})  ")]
        case LayersAt(start, end, key, layers):
            condition = f"if {quoted(key)} in {trial}: "
            assigned = "; ".join(
                f"{layer.output} = {_layer(trial, key, number, layer)}" for number, layer in enumerate(layers)
            )
            if start == end:
                return [(start, _OPEN, f"{condition}{assigned}  ")]
            return [(start, _OPEN, condition), (end, _AFTER, f"; {assigned}")]
        case LayerValue(start, end, key, number, layer):
            chosen = f"({_layer(trial, key, number, layer)} if {quoted(key)} in {trial} else "
            return [(start, _OPEN, chosen), (end, _CLOSE, ")")]
        case ImportBefore(at):
            return [(at, _IMPORT_BEFORE, f"{IMPORT}; ")]
        case ImportAfter(at):
            return [(at, _IMPORT_AFTER, f"; {IMPORT}")]


def _conditional(edit: Replacement, trial: str) -> tuple[str, str]:
    key = quoted(edit.key)
    if edit.options:
        cases = (f"{o.code} if {trial}.chose({key}, {quoted(o.value)}) else " for o in edit.options)
        before = "(" + "".join(cases)
    else:
        before = f"({trial}[{key}] if {key} in {trial} else "
    return (before + "(", "))") if edit.bare else (before, ")")


def _layer(trial: str, key: str, number: int, layer: Layer) -> str:
    """One layer's output, where the trial names the block."""
    chosen = f'{trial}[{quoted(key)}]["mutable_layer_{number}"]'
    taken = ", ".join(
        f'*([{each}] if {quoted(each)} in {chosen}["chosen_inputs"] else [])' for each in layer.optional
    )
    inputs = f"[[{', '.join(layer.fixed)}], [{taken}]]"
    calls = [f"{option.function}({inputs}{option.keywords})" for option in layer.options]
    value = calls[-1]
    for option, call in zip(reversed(layer.options[:-1]), reversed(calls[:-1]), strict=True):
        value = f'{call} if {chosen}["chosen_layer"] == {quoted(option.name)} else {value}'
    return f"({value})" if len(calls) > 1 else value
