"""From an annotation and the statements around it to an edit: matching decides, `edits` edits.

Every annotation ends as a match (an edit, a variable, a constraint) or as a diagnostic.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import libcst as cst
from typing_extensions import assert_never

from annotate.annotations.calls import Call, Refusal, parse_expression
from annotate.annotations.diagnostics import Diagnostic, Span
from annotate.annotations.directives import (
    ConstraintOn,
    FunctionChoice,
    MutableLayersOf,
    NextParameter,
    Problem,
    Report,
    Variable,
    read_directive,
    same_expression,
)
from annotate.annotations.names import key_of
from annotate.annotations.samplers import SAMPLERS, Json, Option, literal, read_sampler, same_json
from annotate.annotations.snippet import Form
from annotate.instrument import places
from annotate.instrument.blocks import block_at, following, is_terminator
from annotate.instrument.edits import Edit, LayersAt, Replacement, ReportAfter, ReportBefore
from annotate.instrument.finding import Found
from annotate.instrument.places import NoPlace, Place
from annotate.instrument.sites import ConstraintSite, ReportSite, VariableSite
from annotate.instrument.source import Source
from annotate.instrument.tree import Statement, Tree
from annotate_tuners.space import Choice, Distribution, SearchSpace

_BARE = (cst.Yield, cst.NamedExpr)


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
            place = _place(tree, found, others, directive)
            if isinstance(place, Diagnostic):
                return Match(diagnostics=(place,))
            where, statement = place
            sampler = directive.sampler
            name = directive.label or where.name
            edit = replacement(tree, where.value, key_of(module, name, sampler.kind), sampler.options)
            site = VariableSite(
                edit.key, name, sampler.distribution, _default(tree, where.value, sampler.options),
                span_of(source, found), sampler.written,
                _swallows(where, plain=_is_plain(sampler.options)),
            )  # fmt: skip
            return Match((edit,), site, statement=statement)
        case FunctionChoice():
            return _function_choice(tree, found, others, directive, module)
        case _:
            assert_never(directive)


def replacement(tree: Tree, value: cst.BaseExpression, key: str, options: tuple[Option, ...]) -> Replacement:
    """The edit of one value."""
    start, end = tree.outer(value)
    parenthesized = bool(getattr(value, "lpar", ()))
    bare = not parenthesized and isinstance(value, (*_BARE, cst.Tuple))
    return Replacement(start, end, key, options, bare)


def hand_written(tree: Tree, source: Source, module: str) -> Iterator[Match]:
    """NNI's smart parameters: `nni.choice(...)` as a call in the script itself."""
    for node in tree.nodes():
        match node:
            case cst.Call(func=cst.Attribute(value=cst.Name(value="nni"), attr=cst.Name(value=kind))) if (
                kind in SAMPLERS
            ):
                pass
            case _:
                continue
        start, end = tree.inner(node)
        text = "\n".join(tree.text(node).splitlines())
        tree_of = parse_expression(text)
        assert isinstance(tree_of, ast.Call)
        call = Call("@" + text, kind, 5, len(text) + 1, tree_of)
        names = [k.value for k in tree_of.keywords if k.arg == "name"]
        span = source.stretch(start, end)
        try:
            sampler = read_sampler(call, tree_of, kind, tree_of.args)
        except Refusal as refusal:
            yield Match(
                diagnostics=(
                    Diagnostic("W410", span, f"this call is left as it is: {refusal.cause}", refusal.remedy),
                )
            )
            continue
        label = names[0].value if names and isinstance(names[0], ast.Constant) else None
        last = tree_of.args[-1].lineno + source.position(start)[0] - 1
        name = label if isinstance(label, str) else f"__line{last}"
        key = key_of(module, name, kind)
        site = VariableSite(key, name, sampler.distribution, None, span, sampler.written, swallows=None)
        yield Match((Replacement(start, end, key, sampler.options, bare=False),), site)


def _place(
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
        outcome = places.trailing(tree, statement, found.comment, directive.target, plain=_is_plain(options))
        if isinstance(outcome, NoPlace):
            return Diagnostic(outcome.code, here, outcome.cause, outcome.remedy)
        return outcome, statement
    target = _target(tree, found, others)
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


def _target(tree: Tree, found: Found, others: list[Found]) -> Statement | Diagnostic:
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


def _report(tree: Tree, found: Found, report: Report) -> Match:
    here = span_of(tree.source, found)
    statement = found.statement
    if found.snippet.form is Form.COMMENT:
        assert found.comment is not None
        block = block_at(tree, found.comment)
        if block is None or places.statement_of(tree, found.comment) is not None:
            return Match(diagnostics=(_misplaced(here),))
        target = following(tree, found)
        edit: Edit = ReportBefore(found.comment.offset, report)
        after = target.index if target else len(block.statements)
        site = ReportSite(report.function, report.syntax, here, block, after)
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
    site = ReportSite(report.function, report.syntax, here, statement.block, statement.index + 1)
    return Match((ReportAfter(statement.end, report),), report=site)


def _layers(tree: Tree, found: Found, directive: MutableLayersOf, module: str) -> Match:
    here = span_of(tree.source, found)
    name = f"mutable_block_{found.snippet.last_line}"
    key = f"{module}/{name}"
    if found.comment is not None:
        block = block_at(tree, found.comment) if found.comment.alone else None
        if block is None or places.statement_of(tree, found.comment) is not None:
            return Match(diagnostics=(_misplaced(here),))
        edit = LayersAt(found.comment.offset, found.comment.offset, key, directive.layers)
    else:
        statement = found.statement
        assert statement is not None
        alone = sum(other.line == statement.line for other in statement.block.statements) == 1
        if statement.block.indent is None or not alone:
            return Match(diagnostics=(_misplaced(here),))
        edit = LayersAt(statement.start, statement.end, key, directive.layers)
    entry = {f"mutable_layer_{number}": layer.to_json() for number, layer in enumerate(directive.layers)}
    distribution = SearchSpace.from_json({key: {"_type": "mutable_layer", "_value": entry}})[key]
    site = VariableSite(key, name, distribution, None, here, "mutable_layers(...)", swallows=None)
    return Match((edit,), site)


def _misplaced(here: Span) -> Diagnostic:
    return Diagnostic(
        "E205", here, "a statement cannot stand here",
        "put the annotation on a line of its own, indented like the statements around it",
    )  # fmt: skip


def _function_choice(
    tree: Tree, found: Found, others: list[Found], directive: FunctionChoice, module: str
) -> Match:
    kind = "function_choice"
    here = span_of(tree.source, found)
    distribution: Distribution = Choice(tuple(option.value for option in directive.options))
    written = f"{kind}({', '.join(str(option.value) for option in directive.options)})"

    def made(
        name: str, default: tuple[Json] | None, values: list[cst.BaseExpression], statement: Statement
    ) -> Match:
        key = key_of(module, name, kind)
        site = VariableSite(key, name, distribution, default, here, written, swallows=None)
        return Match(
            tuple(replacement(tree, v, key, directive.options) for v in values), site, statement=statement
        )

    if found.snippet.form is Form.TRAILING:
        outcome = _place(tree, found, others, directive)
        if isinstance(outcome, Diagnostic):
            return Match(diagnostics=(outcome,))
        place, statement = outcome
        name = directive.label or place.name
        if same_expression(tree.text(place.value)) not in {option.syntax for option in directive.options}:
            calls = list(_matching_calls(tree, place.value, directive.options))
            if calls:
                return made(name, None, [c for c, _ in calls], statement)
            note = _matches_nothing(
                here, "the value here is none of its options and is replaced all the same"
            )
            done = made(name, None, [place.value], statement)
            return Match(done.edits, done.variable, diagnostics=(note,), statement=statement)
        return made(name, _default(tree, place.value, directive.options), [place.value], statement)
    target = _target(tree, found, others)
    if isinstance(target, Diagnostic):
        return Match(diagnostics=(target,))
    name = directive.label or directive.target or ""
    matched = list(_matching_calls(tree, target.node, directive.options))
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
    if not matched:
        return Match(diagnostics=(_matches_nothing(here, "nothing is tuned here"),))
    values: list[cst.BaseExpression] = [call for call, _ in matched]
    defaults = {same_expression(tree.text(value)) for value in values}
    default = _default(tree, values[0], directive.options) if len(defaults) == 1 else None
    return made(name, default, values, target)


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


def _default(tree: Tree, value: cst.BaseExpression, options: tuple[Option, ...]) -> tuple[Json] | None:
    """The value of the space that the source stands at, in a 1-tuple, where that can be told."""
    try:
        node = parse_expression(f"({tree.text(value)}\n)")
    except SyntaxError:
        return None
    if not options:
        return literal(node)
    known = literal(node)
    for option in options:
        if option.syntax == ast.dump(node) or (known and same_json(known[0], option.value)):
            return (option.value,)
    return known


def _is_plain(options: tuple[Option, ...]) -> bool:
    """Whether only literals would be put in the place."""
    return all(literal(parse_expression(option.code)) is not None for option in options)


def _swallows(place: Place, *, plain: bool) -> str | None:
    """The keyword of a call that a plain value replaces whole, where that keyword is likelier meant."""
    if not plain or not isinstance(place.value, cst.Call):
        return None
    for arg in place.value.args:
        if arg.keyword is not None and isinstance(arg.value, (cst.Integer, cst.Float)):
            return arg.keyword.value
    return None
