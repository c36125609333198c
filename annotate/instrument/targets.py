"""What an annotation is for: the statement that follows it, or the value that it trails."""

from __future__ import annotations

from annotate.annotations.calls import parse_expression
from annotate.annotations.diagnostics import Diagnostic
from annotate.annotations.directives import (
    FunctionChoice,
    Variable,
)
from annotate.annotations.samplers import Option, literal
from annotate.annotations.snippet import Form
from annotate.instrument import places
from annotate.instrument.blocks import following
from annotate.instrument.finding import Found
from annotate.instrument.matches import span_of
from annotate.instrument.places import NoPlace, Place
from annotate.instrument.tree import Statement, Tree


def place_of(
    tree: Tree, found: Found, others: list[Found], directive: Variable | FunctionChoice
) -> tuple[Place, Statement] | Diagnostic:
    """The value that an annotation replaces, with its statement."""
    source = tree.source
    here = span_of(source, found)
    if found.snippet.form is Form.TRAILING:
        assert found.comment is not None
        statement = places.statement_of(tree, found.comment)
        if statement is None:
            return Diagnostic("E201", here, "there is no value on this line", "write it behind an assignment")
        options = directive.options if isinstance(directive, FunctionChoice) else directive.sampler.options
        outcome = places.trailing(tree, statement, found.comment, directive.target, plain=is_plain(options))
        if isinstance(outcome, NoPlace):
            return Diagnostic(outcome.code, here, outcome.cause, outcome.remedy)
        return outcome, statement
    target = target_of(tree, found, others)
    if isinstance(target, Diagnostic):
        return target
    outcome = places.assignment(tree, target)
    if isinstance(outcome, Place) and directive.target not in (None, outcome.name):
        outcome = NoPlace(
            "E202", f"the annotation names {directive.target}, the next statement assigns {outcome.name}",
            f"write name={outcome.name}, or move the annotation above {directive.target}",
        )  # fmt: skip
    if isinstance(outcome, NoPlace):
        other = source.stretch(target.start, target.end)
        return Diagnostic(outcome.code, here, outcome.cause, outcome.remedy, other)
    return outcome, target


def target_of(tree: Tree, found: Found, others: list[Found]) -> Statement | Diagnostic:
    """The statement that follows an annotation in its own block, no other annotation being between."""
    here = span_of(tree.source, found)
    if found.comment is not None:
        inside = places.statement_of(tree, found.comment)
        if inside is not None:
            return Diagnostic(
                "E205", here, "a comment line inside a statement annotates nothing",
                "write the annotation at the end of the value's own line",
            )  # fmt: skip
    target = following(tree, found)
    if target is None:
        return Diagnostic(
            "E201",
            here,
            "no statement follows this annotation in its block",
            "put it above the statement it is for",
        )
    for other in others:
        form = other.snippet.form
        between = found.snippet.last_line < other.line < target.line and form is not Form.TRAILING
        if between or (other is not found and other.statement is target):
            return Diagnostic(
                "E204", here, "an annotation follows this annotation, not a statement",
                "put each annotation above a statement of its own", span_of(tree.source, other),
            )  # fmt: skip
    return target


def is_plain(options: tuple[Option, ...]) -> bool:
    """Whether only literals would be put in the place."""
    return all(literal(parse_expression(option.code)) is not None for option in options)
