"""Which value a trailing annotation stands beside.

A place is an expression that may be replaced, with the name it goes by: the right side of an assignment,
a keyword argument, a dict entry, a parameter's default, the default of `add_argument`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import libcst as cst

from annotate.annotations.calls import parse_expression, unparse
from annotate.instrument.finding import Comment
from annotate.instrument.tree import Statement, Tree, string_value

_BEFORE_COMMENT = re.compile(r"[ \t\f]*,?[ \t\f]*")
_CLOSERS = re.compile(r"[ \t\f),:\]}]*")


@dataclass(frozen=True)
class Place:
    """`name` is the source in normal form; `whole` is true of the right side of an assignment.

    `owner` is the call, dict, parameter list or assignment that the value belongs to.
    """

    name: str
    value: cst.BaseExpression
    whole: bool
    owner: cst.CSTNode


@dataclass(frozen=True)
class NoPlace:
    """Why nothing can be replaced: a code, the cause, the remedy."""

    code: str
    cause: str
    remedy: str


Outcome: TypeAlias = Place | NoPlace


def normal(source: str) -> str:
    """An expression in the normal form of NNI's keys; as it is where Python cannot read it."""
    try:
        return unparse(parse_expression(f"({source}\n)"))
    except SyntaxError:
        return source


def assignment(tree: Tree, statement: Statement) -> Outcome:
    """The right side of an assignment with one plain target."""
    match statement.node:
        case cst.Assign(targets=targets, value=value):
            if len(targets) > 1:
                return NoPlace(
                    "E203", "this assignment has several targets", "give the value a line of its own"
                )
            target = targets[0].target
        case cst.AnnAssign(target=target, value=value):
            if value is None:
                return NoPlace("E201", "nothing is assigned here", "give the variable a value")
        case cst.AugAssign():
            return NoPlace(
                "E203",
                "an augmented assignment has no value of its own",
                "write x = x + STEP, STEP being annotated",
            )
        case _:
            return NoPlace("E201", "this is no assignment", "annotate an assignment")
    if not isinstance(target, (cst.Name, cst.Attribute, cst.Subscript)):
        return NoPlace(
            "E203", "several targets are assigned at once", "give the value that is tuned a line of its own"
        )
    return Place(normal(tree.text(target)), value, whole=True, owner=statement.node)


def statement_of(tree: Tree, comment: Comment) -> Statement | None:
    """The innermost statement that a trailing comment stands in or behind."""
    best: Statement | None = None
    for statement in tree.statements():
        last = statement.blocks[0].first if statement.blocks else statement.last
        if statement.line <= comment.line <= last:
            best = statement
    return best


def trailing(
    tree: Tree, statement: Statement, comment: Comment, wanted: str | None, *, plain: bool
) -> Outcome:
    """The value that ends before a trailing comment.

    `wanted` is the target that the annotation names, if it names one. `plain` tells that what would be
    put there is a number or another literal, so a call is not what is meant where a literal is at hand.
    """
    inside = comment.offset < statement.end
    places = [p for p in _places(tree, statement) if comment.line in _last_lines(tree, p.value)]
    if inside and not statement.compound:
        if len(places) == 1 and _flag(places[0].owner):
            return _one(places, wanted, "")
        last = [p for p in places if _is_last(tree, p.value, comment)]
        beside = [p for p in places if last and p.owner is last[-1].owner]
        if wanted is None and len(beside) > 1:
            return _several(beside)
        none = "inside the brackets, no keyword argument, dict entry or default ends here"
        return _one(last if wanted is None else beside, wanted, none)
    whole = None if statement.compound else assignment(tree, statement)
    option = _add_argument(statement.node)
    if option is not None:
        return option
    inner = [p for p in places if not p.whole]
    if isinstance(whole, Place):
        own = [p for p in inner if _begins_line(tree, p, comment.line) and statement.line < comment.line]
        if own and wanted is not None:
            return _one([*own, whole], wanted, "")
        if own and plain and _is_literal(tree, own[-1].value) and len(own) == 1:
            return own[0]
        if own:
            return NoPlace(
                "E207", f"two values end here, {whole.name} and {own[-1].name}",
                "put the closing parenthesis on a line of its own, or write name=",
            )  # fmt: skip
        return _one([whole], wanted, "")
    if inner and not isinstance(statement.node, (cst.Assign, cst.AugAssign)):
        last = [p for p in inner if statement.compound or _is_last(tree, p.value, comment, closed=True)]
        if wanted is None and len(inner) > 1:
            return _several(inner)
        return _one(last if wanted is None else inner, wanted, "no value ends here")
    if isinstance(whole, NoPlace) and whole.code != "E201":
        return whole
    return NoPlace("E201", "there is no value here that could be replaced", "write it behind an assignment")


def _several(places: list[Place]) -> NoPlace:
    names = ", ".join(place.name for place in places)
    return NoPlace("E207", f"several values end here: {names}", "give each a line of its own, or write name=")


def _one(places: list[Place], wanted: str | None, none: str) -> Outcome:
    if not places:
        return NoPlace(
            "E201", none or "there is no value here", "put the annotation on the line of the value"
        )
    if wanted is None:
        return places[-1]
    for place in places:
        if place.name == wanted:
            return place
    return NoPlace(
        "E202", f"the annotation names {wanted}, and the value here belongs to {places[-1].name}",
        f"write name={places[-1].name}, or leave name= out",
    )  # fmt: skip


def _places(tree: Tree, statement: Statement) -> Iterator[Place]:
    """Every place in a statement's own expressions, inner ones first; not those of its blocks."""
    if not statement.compound:
        outcome = assignment(tree, statement)
        if isinstance(outcome, Place):
            yield outcome
    yield from _inner(tree, statement.node, top=True)


def _inner(tree: Tree, node: cst.CSTNode, *, top: bool = False) -> Iterator[Place]:
    for child in node.children:
        if top and isinstance(child, (cst.BaseSuite, cst.Else, cst.Finally, cst.ExceptHandler)):
            continue
        if isinstance(child, (cst.If, cst.MatchCase)) and top:
            continue
        yield from _inner(tree, child)
        match child:
            case cst.Arg(keyword=cst.Name(value="default"), value=value) if flag := _flag(node):
                yield Place(flag, value, whole=False, owner=node)
            case cst.Arg(keyword=cst.Name(value=name), value=value) if not _flag(node):
                yield Place(name, value, whole=False, owner=node)
            case cst.DictElement(key=key, value=value):
                yield Place(_key(tree, key), value, whole=False, owner=node)
            case cst.Param(name=cst.Name(value=name), default=cst.BaseExpression() as value):
                yield Place(name, value, whole=False, owner=node)
            case _:
                pass


def _key(tree: Tree, key: cst.BaseExpression) -> str:
    text = string_value(key)
    if text is not None and text.strip():
        return text
    return normal(tree.text(key))


def _add_argument(node: cst.CSTNode) -> Outcome | None:
    """The default of `parser.add_argument(...)`, None where the statement is another."""
    match node:
        case cst.Expr(value=cst.Call(func=cst.Attribute(attr=cst.Name(value="add_argument"))) as call):
            pass
        case cst.Assign(value=cst.Call(func=cst.Attribute(attr=cst.Name(value="add_argument"))) as call):
            pass
        case _:
            return None
    for arg in call.args:
        if arg.keyword is not None and arg.keyword.value == "default":
            return Place(_flag(call) or "default", arg.value, whole=False, owner=call)
    return NoPlace("E209", "this add_argument has no default to replace", "add default=")


def _flag(node: cst.CSTNode) -> str | None:
    """The name by which an option of argparse is known in the script: its first long flag."""
    match node:
        case cst.Call(func=cst.Attribute(attr=cst.Name(value="add_argument")), args=args):
            flags = [flag for arg in args if arg.keyword is None and (flag := string_value(arg.value))]
        case _:
            return None
    long = [flag for flag in flags if flag.startswith("--")] or flags
    return long[0].lstrip("-").replace("-", "_") if long else None


def _last_lines(tree: Tree, value: cst.CSTNode) -> tuple[int, int]:
    """The 1-based lines on which a value ends, without and with its own parentheses."""
    ends = tree.inner(value)[1], tree.outer(value)[1]
    return tree.source.position(ends[0])[0], tree.source.position(ends[1])[0]


def _is_last(tree: Tree, value: cst.CSTNode, comment: Comment, *, closed: bool = False) -> bool:
    between = _CLOSERS if closed else _BEFORE_COMMENT
    ends = (tree.inner(value)[1], tree.outer(value)[1])
    return any(
        end <= comment.offset and between.fullmatch(tree.source.text, end, comment.offset) for end in ends
    )


def _begins_line(tree: Tree, place: Place, line: int) -> bool:
    """Whether a keyword argument or a dict entry is the first thing on its line."""
    start = tree.source.offset(line, 0)
    before = tree.source.text[start : tree.outer(place.value)[0]]
    return re.fullmatch(r"[ \t\f]*(?:\w+[ \t]*=[ \t]*|[^,]*:[ \t]*)", before) is not None


def _is_literal(tree: Tree, value: cst.BaseExpression) -> bool:
    try:
        ast.literal_eval(tree.text(value))
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return False
    return True
