"""A script with trailing annotations proposed for the values it knows by name, and nothing else changed.

    lr = 0.1  # found by hand        lr = 0.1  # @nni.loguniform(0.01, 1)  found by hand

Where an annotation may stand is not decided here: a line is proposed to the instrumenter as if it carried
one, and the whole result is instrumented. A proposal that would be an error, a warning, or mean another
value than the one it was made for is dropped. Left alone: what is annotated already, a name that is tuned
elsewhere in the file, a line whose comment is for a tool (`# noqa`, `# type:`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from annotate.annotations.diagnostics import Diagnostic, Span, has_errors
from annotate.annotations.lookalike import looks_like
from annotate.instrument import Instrumented, instrument
from annotate.instrument.finding import Comment
from annotate.instrument.places import Place, statement_of, trailing
from annotate.instrument.source import Source, Unreadable, read_source
from annotate.instrument.tree import Tree, read_tree
from annotate.suggest.ranges import range_of

_WORTH_A_LOOK = re.compile(
    r"lr|learning|rate|decay|wd|l2|momentum|drop|batch|bs\b|hidden|nhid|dim|model|units|depth|layers|blocks|epochs|opt|default",
    re.IGNORECASE,
)
_FOR_A_TOOL = re.compile(
    r"#+[ \t]*(?:[@#:!]|(?:noqa|type|pragma|fmt|yapf|pylint|mypy|pyright|pyre|ruff|isort|nosec|flake8)\b)",
    re.IGNORECASE,
)
_COMMENT_START = re.compile(r"#+[ \t]*")
_MODULE = "script"


@dataclass(frozen=True)
class Suggestion:
    """An annotation for a 1-based line; `inserted` is put at an offset of the text."""

    line: int
    name: str
    value: str
    sampler: str
    offset: int
    inserted: str


@dataclass(frozen=True)
class Suggested:
    """`code` is the source with all suggestions; `diagnostics` are the source's own, with errors among them nothing is suggested."""

    code: bytes
    suggestions: tuple[Suggestion, ...]
    diagnostics: tuple[Diagnostic, ...]


def suggest(source: bytes, path: str) -> Suggested:
    """Propose annotations for one file, which `path` is the name of in diagnostics."""
    before = instrument(source, _MODULE, path)
    if has_errors(before.diagnostics):
        return Suggested(source, (), before.diagnostics)
    tree = _tree(source, path)
    if isinstance(tree, Diagnostic):
        return Suggested(source, (), (tree,))
    known = {site.name for site in before.variables}
    proposed = _consistent([each for each in _proposals(tree) if each.name not in known])
    legal = _legal(tree.source, path, before, proposed)
    return Suggested(tree.source.encode(_with(tree.source, legal)), tuple(legal), before.diagnostics)


def _tree(source: bytes, path: str) -> Tree | Diagnostic:
    """The tree, or the error that `instrument` tells of only where a file is annotated."""
    try:
        text = read_source(source, path)
    except Unreadable as error:
        return Diagnostic("E302", Span(path, 1, 0, 1, ""), f"unreadable: {error}")
    tree = read_tree(text)
    if isinstance(tree, Tree):
        return tree
    return Diagnostic(tree.code, text.span(tree.line, tree.column, 1), tree.message)


def _proposals(tree: Tree) -> Iterator[Suggestion]:
    source = tree.source
    comments = {tree.lines(node).start.line: node for node in tree.nodes() if isinstance(node, cst.Comment)}
    for line in range(1, len(source.starts) + 1):
        text = source.line(line)
        if not _WORTH_A_LOOK.search(text) or _annotated_above(source, line):
            continue
        comment = comments.get(line)
        if comment is not None and (_FOR_A_TOOL.match(comment.value) or looks_like(comment.value)):
            continue
        column = len(text.rstrip()) if comment is None else tree.lines(comment).start.column
        if not text[:column].strip():
            continue
        found = _value(tree, Comment("", source.offset(line, column), line, column, alone=False))
        if found is None:
            continue
        place, choices = found
        value = tree.text(place.value)
        sampler = range_of(place.name, value, choices)
        if sampler is None:
            continue
        if comment is None:
            yield Suggestion(
                line, place.name, value, sampler, source.offset(line, column), f"  # @nni.{sampler}"
            )
        else:
            start = _COMMENT_START.match(comment.value)
            at = source.offset(line, column) + (start.end() if start else 0)
            blank = "" if start and start[0][-1] in " \t" else " "
            yield Suggestion(line, place.name, value, sampler, at, f"{blank}@nni.{sampler}  ")


def _annotated_above(source: Source, line: int) -> bool:
    """Whether an annotation in one of NNI's own forms may be for this line."""
    above = line - 1
    while above > 0 and not source.line(above).strip():
        above -= 1
    text = source.line(above).strip()
    return "@nni." in text and text[0] in "#'\"rRuU"


def _value(tree: Tree, comment: Comment) -> tuple[Place, Sequence[str]] | None:
    """The value beside which a comment would stand, and what `choices=` allows there."""
    statement = statement_of(tree, comment)
    if statement is None:
        return None
    place = trailing(tree, statement, comment, None, plain=True)
    if not isinstance(place, Place):
        return None
    if not isinstance(place.value, (cst.Integer, cst.Float, cst.SimpleString)):
        return None
    for node in _calls(statement.node):
        if any(arg.value is place.value for arg in node.args):
            return place, _choices(tree, node)
    return place, ()


def _calls(node: cst.CSTNode) -> Iterator[cst.Call]:
    if isinstance(node, cst.Call):
        yield node
    if not isinstance(node, cst.BaseSuite):
        for child in node.children:
            yield from _calls(child)


def _choices(tree: Tree, call: cst.Call) -> Sequence[str]:
    """The options of `add_argument(..., choices=[...])`, as source."""
    for arg in call.args:
        if arg.keyword is not None and arg.keyword.value == "choices":
            if isinstance(arg.value, (cst.List, cst.Tuple)):
                return [tree.text(element.value) for element in arg.value.elements]
            return [tree.text(arg.value)]
    return ()


def _consistent(proposed: Sequence[Suggestion]) -> list[Suggestion]:
    """One range for each name: the first; the same value elsewhere is the same variable, another is left alone."""
    first: dict[str, str] = {}
    return [each for each in proposed if first.setdefault(each.name, each.sampler) == each.sampler]


def _legal(
    source: Source, path: str, before: Instrumented, proposed: Sequence[Suggestion]
) -> Sequence[Suggestion]:
    """What the instrumenter carries out as it is meant and without a word: all at once, else one by one."""
    if not proposed or _is_fine(source, path, before, proposed):
        return proposed
    kept: list[Suggestion] = []
    for each in proposed:
        if _is_fine(source, path, before, [*kept, each]):
            kept.append(each)
    return kept


def _is_fine(source: Source, path: str, before: Instrumented, proposed: Sequence[Suggestion]) -> bool:
    done = instrument(source.encode(_with(source, proposed)), _MODULE, path)
    said = {(each.code, each.line) for each in before.diagnostics}
    if any((each.code, each.line) not in said for each in done.diagnostics):
        return False
    old = {(site.name, site.span.line) for site in before.variables}
    new = {(site.name, site.span.line) for site in done.variables if site.default is not None}
    return new - old == {(each.name, each.line) for each in proposed}


def _with(source: Source, suggestions: Sequence[Suggestion]) -> str:
    pieces: list[str] = []
    done = 0
    for each in suggestions:
        pieces += [source.text[done : each.offset], each.inserted]
        done = each.offset
    return "".join([*pieces, source.text[done:]])
