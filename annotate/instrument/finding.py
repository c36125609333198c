"""Where a file's annotations are: string statements, comment lines, trailing comments.

Only comments and strings of the tree count, so text inside another string is never an annotation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import libcst as cst

from annotate.annotations.calls import call_end, is_call, is_open
from annotate.annotations.diagnostics import Diagnostic
from annotate.annotations.lookalike import has_second, looks_like
from annotate.annotations.snippet import Anchor, Form, Snippet
from annotate.instrument.comments import look_alike
from annotate.instrument.source import Source
from annotate.instrument.tree import Statement, Tree, string_value


@dataclass(frozen=True)
class Comment:
    """A comment from its `#` on: offset, 1-based line, 0-based column. `alone` is true of a comment line."""

    text: str
    offset: int
    line: int
    column: int
    alone: bool


@dataclass(frozen=True)
class Found:
    """An annotation's text, and what it hangs on: its own statement, or its first comment."""

    snippet: Snippet
    statement: Statement | None
    comment: Comment | None

    @property
    def line(self) -> int:
        return self.snippet.anchors[0].line


def find(tree: Tree) -> tuple[list[Found], list[Diagnostic]]:
    """All annotations in the order of the file, and warnings for what only looks like one."""
    found: list[Found] = []
    warnings: list[Diagnostic] = []
    comments = _comments(tree)
    taken: set[int] = set()
    for line, comment in sorted(comments.items()):
        if line in taken:
            continue
        body = comment.text[1:].lstrip(" \t")
        if body.startswith("@nni.") and is_call(body):
            snippet = _comment_snippet(comment, comments, taken)
            found.append(Found(snippet, None, comment))
            end = call_end(snippet.text)
            if end is not None and has_second(snippet.text[end:]):
                spot, column = snippet.locate(end)
                warnings.append(look_alike(tree.source, spot, column, snippet.text[end:]))
        elif looks_like(comment.text):
            warnings.append(look_alike(tree.source, line, comment.column, comment.text))
    for statement in tree.statements():
        text = _string_statement(statement)
        if text is None:
            continue
        if text.startswith("@nni."):
            found.append(Found(_string_snippet(tree.source, statement, text), statement, None))
        elif text.lstrip().startswith("@nni."):
            warnings.append(
                Diagnostic(
                    "W402",
                    tree.source.stretch(statement.start, statement.end),
                    "this string is no annotation: @nni. is not at its first character",
                    "take out what stands before @nni.",
                )
            )
    return sorted(found, key=lambda each: each.snippet.anchors[0].line), warnings


def _string_statement(statement: Statement) -> str | None:
    node = statement.node
    return string_value(node.value) if isinstance(node, cst.Expr) else None


def _comments(tree: Tree) -> Mapping[int, Comment]:
    comments: dict[int, Comment] = {}
    for node in tree.nodes():
        if isinstance(node, cst.Comment):
            start = tree.lines(node).start
            before = tree.source.line(start.line)[: start.column]
            offset = tree.source.offset(start.line, start.column)
            comments[start.line] = Comment(node.value, offset, start.line, start.column, not before.strip())
    return comments


def _comment_snippet(comment: Comment, comments: Mapping[int, Comment], taken: set[int]) -> Snippet:
    """The text of a comment and, while its parentheses are open, of the comment lines below it."""
    parts: list[str] = []
    anchors: list[Anchor] = []
    length = 0
    line = comment.line
    each: Comment | None = comment
    while each is not None:
        body = each.text[1:].lstrip(" \t")
        anchors.append(Anchor(length, each.line, each.column + len(each.text) - len(body)))
        parts.append(body)
        length += len(body) + 1
        taken.add(line)
        line += 1
        following = comments.get(line)
        goes_on = following is not None and following.alone and is_open("\n".join(parts))
        each = following if goes_on else None
        if following is not None and following.text[1:].lstrip(" \t").startswith("@nni."):
            each = None
    form = Form.COMMENT if comment.alone else Form.TRAILING
    return Snippet("\n".join(parts), form, tuple(anchors), line - 1)


def _string_snippet(source: Source, statement: Statement, text: str) -> Snippet:
    """Columns are known where the string is written as it reads, without escapes or joining."""
    written = source.text[statement.start : statement.end]
    first = source.position(statement.start)
    at = re.search(r"@nni\.", written)
    plain = "\n".join(re.split(r"\r\n?|\n", written))
    if at is None or text not in plain or "\\" in written:
        return Snippet(text, Form.STRING, (Anchor(0, *first),), statement.last, exact=False)
    line, column = source.position(statement.start + at.start())
    anchors, offset = [Anchor(0, line, column)], 0
    for number, part in enumerate(text.split("\n")[:-1], start=1):
        offset += len(part) + 1
        anchors.append(Anchor(offset, line + number, 0))
    return Snippet(text, Form.STRING, tuple(anchors), statement.last)
