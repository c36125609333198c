"""`function_choice`: calls in a statement, or the value that it trails, of which one is chosen."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

import libcst as cst

from annotate.annotations.diagnostics import Diagnostic, Span
from annotate.annotations.directives import (
    FunctionChoice,
    same_expression,
)
from annotate.annotations.names import key_of
from annotate.annotations.samplers import Json, Option
from annotate.annotations.snippet import Form
from annotate.instrument.finding import Found
from annotate.instrument.matches import Match, default_of, replacement, span_of
from annotate.instrument.sites import VariableSite
from annotate.instrument.targets import place_of, target_of
from annotate.instrument.tree import Statement, Tree
from annotate_tuners.space import Choice, Distribution


def match_function_choice(
    tree: Tree, found: Found, others: list[Found], directive: FunctionChoice, module: str
) -> Match:
    kind = "function_choice"
    here = span_of(tree.source, found)
    distribution: Distribution = Choice(tuple(option.value for option in directive.options))
    written = f"{kind}({', '.join(str(option.value) for option in directive.options)})"

    def made(
        name: str,
        default: tuple[Json] | None,
        values: list[cst.BaseExpression],
        statement: Statement,
        whole: cst.BaseExpression | None,
    ) -> Match:
        key = key_of(module, name, kind)
        site = VariableSite(key, name, distribution, default, here, written, swallows=None)
        edits = (
            dataclasses.replace(replacement(tree, each, key, directive.options), part=each is not whole)
            for each in values
        )
        return Match(tuple(edits), site, statement=statement)

    if found.snippet.form is Form.TRAILING:
        outcome = place_of(tree, found, others, directive)
        if isinstance(outcome, Diagnostic):
            return Match(diagnostics=(outcome,))
        place, statement = outcome
        name = directive.label or place.name
        if same_expression(tree.text(place.value)) not in {option.syntax for option in directive.options}:
            calls = list(_matching_calls(tree, place.value, directive.options))
            if calls:
                return made(name, None, [c for c, _ in calls], statement, None)
            note = _matches_nothing(
                here, "the value here is none of its options and is replaced all the same"
            )
            done = made(name, None, [place.value], statement, place.value)
            return Match(done.edits, done.variable, diagnostics=(note,), statement=statement)
        default = default_of(tree, place.value, directive.options)
        return made(name, default, [place.value], statement, place.value)
    target = target_of(tree, found, others)
    if isinstance(target, Diagnostic):
        return Match(diagnostics=(target,))
    name = directive.label or directive.target or ""
    matched: list[tuple[cst.BaseExpression, bool]] = [*_matching_calls(tree, target.node, directive.options)]
    formatted = [call for call, in_string in matched if in_string]
    if formatted:
        spot = tree.source.stretch(*tree.inner(formatted[0]))
        return Match(
            diagnostics=(
                Diagnostic(
                    "E210",
                    spot,
                    "a call inside an f-string cannot be replaced",
                    "give its value a name first",
                    here,
                ),
            )
        )
    whole = _whole(target)
    if not matched and whole is not None:
        plain = same_expression(tree.text(whole)) in {option.syntax for option in directive.options}
        matched = [(whole, False)] if plain else []
    if not matched:
        return Match(diagnostics=(_matches_nothing(here, "nothing is tuned here"),))
    values = [call for call, _ in matched]
    defaults = {same_expression(tree.text(value)) for value in values}
    default = default_of(tree, values[0], directive.options) if len(defaults) == 1 else None
    return made(name, default, values, target, whole)


def _whole(statement: Statement) -> cst.BaseExpression | None:
    """The value that a statement is about, where an option that is no call may stand."""
    match statement.node:
        case cst.Assign(value=value) | cst.AnnAssign(value=value) | cst.Expr(value=value):
            return value
        case cst.Return(value=value):
            return value
        case _:
            return None


def _matches_nothing(here: Span, effect: str) -> Diagnostic:
    return Diagnostic(
        "W408", here, f"no call in the next statement equals an option of this function_choice: {effect}",
        "write one of the options as the statement calls it, with the same arguments",
    )  # fmt: skip


def _matching_calls(
    tree: Tree, node: cst.CSTNode, options: tuple[Option, ...], *, in_string: bool = False
) -> Iterator[tuple[cst.Call, bool]]:
    """The calls that equal an option; never inside the arguments of another call (NNI's rule)."""
    if isinstance(node, cst.Call):
        if same_expression(tree.text(node)) in {option.syntax for option in options}:
            yield node, in_string
        return
    inside: Callable[[cst.CSTNode], bool] = lambda n: in_string or isinstance(n, cst.FormattedString)  # noqa: E731
    for child in node.children:
        yield from _matching_calls(tree, child, options, in_string=inside(node))
