"""From an annotation and the statements around it to an edit: matching decides, `edits` edits.

Every annotation ends as a match (an edit, a variable, a constraint) or as a diagnostic.
"""

from __future__ import annotations

import functools

import libcst as cst
from typing_extensions import assert_never

from annotate.annotations.diagnostics import Diagnostic
from annotate.annotations.directives import (
    ConstraintOn,
    FunctionChoice,
    MutableLayersOf,
    NextParameter,
    Problem,
    Report,
    Variable,
    read_directive,
)
from annotate.annotations.layers import Layer, choice_of
from annotate.annotations.names import key_of
from annotate.annotations.samplers import Json
from annotate.annotations.snippet import Form
from annotate.instrument import places
from annotate.instrument.blocks import block_at, following, is_terminator
from annotate.instrument.edits import Edit, LayersAt, LayerValue, ReportAfter, ReportBefore
from annotate.instrument.finding import Found
from annotate.instrument.functions import match_function_choice
from annotate.instrument.header import stands_first
from annotate.instrument.matches import Match, default_of, misplaced, replacement, span_of
from annotate.instrument.places import Place
from annotate.instrument.sites import ConstraintSite, ReportSite, VariableSite
from annotate.instrument.source import Source
from annotate.instrument.targets import is_plain, place_of
from annotate.instrument.tree import Statement, Tree
from annotate_tuners.space import SearchSpace


def match(tree: Tree, found: Found, others: list[Found], module: str) -> Match:
    """Decide what an annotation does. `others` are all annotations of the file."""
    directive = read_directive(found.snippet)
    source = tree.source
    match directive:
        case Problem(code, start, end, cause, remedy):
            return Match(diagnostics=(Diagnostic(code, span_of(source, found, start, end), cause, remedy),))
        case NextParameter():
            return Match()
        case ConstraintOn(condition, text):
            return Match(constraint=ConstraintSite(condition, text, module, span_of(source, found)))
        case Report():
            return _report(tree, found, directive)
        case MutableLayersOf():
            return _layers(tree, found, directive, module)
        case Variable():
            place = place_of(tree, found, others, directive)
            if isinstance(place, Diagnostic):
                return Match(diagnostics=(place,))
            where, statement = place
            sampler = directive.sampler
            name = directive.label or where.name
            edit = replacement(tree, where.value, key_of(module, name, sampler.kind), sampler.options)
            stretch = functools.partial(_stretch, source, found)
            exact = found.snippet.exact
            site = VariableSite(
                edit.key, name, sampler.distribution, default_of(tree, where.value, sampler.options),
                span_of(source, found), sampler.written,
                _swallows(where, plain=is_plain(sampler.options)),
                call=stretch(sampler.call) if exact else None,
                arguments=tuple(map(stretch, sampler.arguments)) if exact else (),
            )  # fmt: skip
            return Match((edit,), site, statement=statement)
        case FunctionChoice():
            return match_function_choice(tree, found, others, directive, module)
        case _:
            assert_never(directive)


def _stretch(source: Source, found: Found, stretch: tuple[int, int]) -> tuple[int, int]:
    """[start, end) of the file's text, from that of the annotation's."""
    start, last = found.snippet.locate(stretch[0]), found.snippet.locate(stretch[1] - 1)
    return source.offset(*start), source.offset(*last) + 1


def _report(tree: Tree, found: Found, report: Report) -> Match:
    here = span_of(tree.source, found)
    statement = found.statement
    if found.snippet.form is Form.COMMENT:
        assert found.comment is not None
        block = block_at(tree, found.comment)
        if block is None or places.statement_of(tree, found.comment) is not None:
            return Match(diagnostics=(misplaced(here),))
        target = following(tree, found)
        if target is not None and stands_first(target):
            return Match(diagnostics=(misplaced(here),))
        edit: Edit = ReportBefore(found.comment.offset, report)
        after = target.index if target else len(block.statements)
        site = ReportSite(report.function, report.argument, report.syntax, here, block, after)
        return Match((edit,), report=site)
    if found.snippet.form is Form.TRAILING:
        assert found.comment is not None
        statement = places.statement_of(tree, found.comment)
        if statement is None or statement.compound or found.comment.offset < statement.end:
            return Match(
                diagnostics=(
                    Diagnostic(
                        "E205",
                        here,
                        "a report cannot stand here: no simple statement ends before it",
                        "write it on a line of its own",
                    ),
                )
            )
        if is_terminator(statement.node):
            return Match(
                diagnostics=(
                    Diagnostic(
                        "E206",
                        here,
                        "this report would never run: the statement before it leaves the block",
                        "write the report on the line above",
                    ),
                )
            )
    assert statement is not None
    site = ReportSite(
        report.function, report.argument, report.syntax, here, statement.block, statement.index + 1
    )
    return Match((ReportAfter(statement.end, report),), report=site)


def _layers(tree: Tree, found: Found, directive: MutableLayersOf, module: str) -> Match:
    here = span_of(tree.source, found)
    name = f"mutable_block_{found.snippet.last_line}"
    key = f"{module}/{name}"
    if found.comment is not None:
        block = block_at(tree, found.comment) if found.comment.alone else None
        if block is None or places.statement_of(tree, found.comment) is not None:
            return Match(diagnostics=(misplaced(here),))
        target = following(tree, found)
        if target is not None and stands_first(target):
            return Match(diagnostics=(misplaced(here),))
        edit = LayersAt(found.comment.offset, found.comment.offset, key, directive.layers)
    else:
        statement = found.statement
        assert statement is not None
        alone = sum(other.line == statement.line for other in statement.block.statements) == 1
        if statement.block.indent is None or not alone:
            return Match(diagnostics=(misplaced(here),))
        edit = LayersAt(statement.start, statement.end, key, directive.layers)
    plain = _plain_layers(tree, following(tree, found), directive.layers)
    default: tuple[Json] | None = None
    edits: tuple[Edit, ...] = (edit,)
    if plain is not None:
        default = ({f"mutable_layer_{number}": choice for number, (_, choice) in enumerate(plain)},)
        edits = tuple(
            LayerValue(*tree.outer(value), key, number, directive.layers[number])
            for number, (value, _) in enumerate(plain)
        )
    entry = {f"mutable_layer_{number}": layer.to_json() for number, layer in enumerate(directive.layers)}
    distribution = SearchSpace.from_json({key: {"_type": "mutable_layer", "_value": entry}})[key]
    site = VariableSite(key, name, distribution, default, here, "mutable_layers(...)", swallows=None)
    return Match(edits, site)


def _plain_layers(
    tree: Tree, statement: Statement | None, layers: tuple[Layer, ...]
) -> list[tuple[cst.BaseExpression, Json]] | None:
    """Each layer's value and choice, where the statements behind the block assign all of them in plain code."""
    if statement is None:
        return None
    behind = statement.block.statements[statement.index : statement.index + len(layers)]
    values: list[tuple[cst.BaseExpression, Json]] = []
    for each, layer in zip(behind, layers, strict=False):
        place = None if each.compound else places.assignment(tree, each)
        if not isinstance(place, Place) or place.name != layer.output:
            return None
        choice = choice_of(layer, tree.text(place.value))
        if choice is None:
            return None
        values.append((place.value, choice))
    return values if len(values) == len(layers) else None


def _swallows(place: Place, *, plain: bool) -> str | None:
    """The keyword of a call that a plain value replaces whole, where that keyword is likelier meant."""
    if not plain or not isinstance(place.value, cst.Call):
        return None
    for arg in place.value.args:
        if arg.keyword is not None and isinstance(arg.value, (cst.Integer, cst.Float)):
            return arg.keyword.value
    return None
