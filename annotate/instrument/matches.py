"""What an annotation amounts to, and the parts that every kind of it is made of."""

from __future__ import annotations

import ast
from dataclasses import dataclass

import libcst as cst

from annotate.annotations.calls import parse_expression
from annotate.annotations.diagnostics import Diagnostic, Span
from annotate.annotations.samplers import Json, Option, literal, same_json
from annotate.instrument.edits import Edit, Replacement
from annotate.instrument.finding import Found
from annotate.instrument.sites import ConstraintSite, ReportSite, VariableSite
from annotate.instrument.source import Source
from annotate.instrument.tree import Statement, Tree

_BARE = (cst.Yield, cst.NamedExpr, cst.Tuple, cst.GeneratorExp)


@dataclass(frozen=True)
class Match:
    """What one annotation amounts to. `statement` is the one that it changes."""

    edits: tuple[Edit, ...] = ()
    variable: VariableSite | None = None
    report: ReportSite | None = None
    constraint: ConstraintSite | None = None
    diagnostics: tuple[Diagnostic, ...] = ()
    statement: Statement | None = None


def span_of(source: Source, found: Found, start: int = 0, end: int | None = None) -> Span:
    """Where [start, end) of an annotation's text stands; the whole first line by default."""
    line, column = found.snippet.locate(start)
    if not found.snippet.exact:
        statement = found.statement
        return source.stretch(statement.start, statement.end) if statement else source.span(line, column, 1)
    return source.span(line, column, (len(found.snippet.text) if end is None else end) - start)


def replacement(tree: Tree, value: cst.BaseExpression, key: str, options: tuple[Option, ...]) -> Replacement:
    """The edit of one value; inside its own parentheses where they open on a line above it."""
    start, end = tree.outer(value)
    inner = tree.inner(value)
    bare = isinstance(value, _BARE)
    if tree.source.position(start)[0] != tree.source.position(inner[0])[0]:
        return Replacement(*inner, key, options, bare, inner)
    own = (start, end) if isinstance(value, (cst.Tuple, cst.GeneratorExp)) else inner
    return Replacement(start, end, key, options, bare and start == inner[0], own)


def misplaced(here: Span) -> Diagnostic:
    return Diagnostic(
        "E205", here, "a statement cannot stand here",
        "put the annotation on a line of its own, indented like the statements around it",
    )  # fmt: skip


def default_of(tree: Tree, value: cst.BaseExpression, options: tuple[Option, ...]) -> tuple[Json] | None:
    """The value of the space that the source stands at, in a 1-tuple, where that can be told."""
    return default_in(tree.text(value), options)


def default_in(text: str, options: tuple[Option, ...]) -> tuple[Json] | None:
    """The same of an expression as it is written."""
    try:
        node = parse_expression(f"({text}\n)")
    except SyntaxError:
        return None
    if not options:
        return literal(node)
    known = literal(node)
    for option in options:
        if option.syntax == ast.dump(node) or (known and same_json(known[0], option.value)):
            return (option.value,)
    return known
