"""LibCST's tree of a file with the place of every node: one parse and one walk.

The walk is LibCST's own PositionProvider; all that follows looks only at what it needs: comments,
statement blocks, and the expressions of the statements that carry an annotation.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import libcst as cst
from libcst.metadata import CodePosition, CodeRange, MetadataWrapper, PositionProvider

from annotate.instrument.source import Source

Range: TypeAlias = tuple[int, int]


@dataclass(frozen=True)
class Broken:
    """Why there is no tree: a code, a 1-based line, a 0-based column, a message."""

    code: str
    line: int
    column: int
    message: str


@dataclass(eq=False)
class Statement:
    """A small statement, or a whole compound one. Offsets; `line` and `last` are 1-based lines."""

    node: cst.CSTNode
    start: int
    end: int
    line: int
    last: int
    block: Block
    index: int
    blocks: list[Block] = field(default_factory=list)

    @property
    def compound(self) -> bool:
        return isinstance(self.node, cst.BaseCompoundStatement)


@dataclass(eq=False)
class Block:
    """Statements in a row. `first` is the line of its header's colon; all its lines are before `limit`.

    `indent` is the white space that its lines begin with, None in a one-line suite.
    """

    owner: Statement | None
    indent: str | None
    first: int
    limit: int
    statements: list[Statement] = field(default_factory=list)


class Tree:
    """`ranges` holds each node's stretch without its own parentheses."""

    def __init__(self, source: Source, module: cst.Module, ranges: Mapping[cst.CSTNode, CodeRange]) -> None:
        self.source = source
        self._ranges = ranges
        self.root = Block(None, "", 1, len(source.starts) + 1)
        self._fill(self.root, module.body)

    def nodes(self) -> Iterator[cst.CSTNode]:
        """Every node once, children first."""
        return iter(self._ranges)

    def lines(self, node: cst.CSTNode) -> CodeRange:
        return self._ranges[node]

    def inner(self, node: cst.CSTNode) -> Range:
        """[start, end) without the node's own parentheses."""
        where = self._ranges[node]
        offset = self.source.offset
        return offset(where.start.line, where.start.column), offset(where.end.line, where.end.column)

    def outer(self, node: cst.CSTNode) -> Range:
        """[start, end) with the node's own parentheses."""
        start, end = self.inner(node)
        left, right = getattr(node, "lpar", ()), getattr(node, "rpar", ())
        if left and right:
            return self.inner(left[0])[0], self.inner(right[-1])[1]
        return start, end

    def text(self, node: cst.CSTNode) -> str:
        """A node as written, with its own parentheses."""
        start, end = self.outer(node)
        return self.source.text[start:end]

    def statements(self, block: Block | None = None) -> Iterator[Statement]:
        """Every statement, outer ones first, in the order of the file."""
        for statement in (block or self.root).statements:
            yield statement
            for each in statement.blocks:
                yield from self.statements(each)

    def _fill(self, block: Block, body: object) -> None:
        assert isinstance(body, (list, tuple))
        for node in body:
            if isinstance(node, cst.SimpleStatementLine):
                for small in node.body:
                    self._add(block, small)
            else:
                self._add(block, node)
        limit = block.limit
        for statement in reversed(block.statements):
            if statement.compound:
                self._clauses(statement, limit)
            limit = statement.line

    def _add(self, block: Block, node: cst.CSTNode) -> Statement:
        start, end = self.outer(node.value) if isinstance(node, cst.Expr) else self.inner(node)
        line = self.source.position(start)[0]
        for decorator in getattr(node, "decorators", ()):
            line = min(line, self._ranges[decorator].start.line)
        statement = Statement(
            node, start, end, line, self.source.position(end)[0], block, len(block.statements)
        )
        block.statements.append(statement)
        return statement

    def _clauses(self, statement: Statement, limit: int) -> None:
        """The blocks of a compound statement: its body, then those of its further clauses."""
        suites = list(_suites(statement.node))
        for number, (suite, _) in enumerate(suites):
            following = suites[number + 1][1] if number + 1 < len(suites) else None
            until = self._ranges[following].start.line if following is not None else limit
            where = self._ranges[suite]
            if isinstance(suite, cst.IndentedBlock):
                first = self._ranges[suite.body[0]].start if suite.body else where.start
                for decorator in getattr(suite.body[0], "decorators", ()) if suite.body else ():
                    first = min(first, self._ranges[decorator].start, key=lambda p: p.line)
                indent = indent_of(self.source.line(first.line)[: first.column])
                begin = self._ranges[suite.header].start.line
                block = Block(statement, indent, begin, until)
                statement.blocks.append(block)
                self._fill(block, suite.body)
            else:
                block = Block(statement, None, where.start.line, until)
                statement.blocks.append(block)
                for small in getattr(suite, "body", ()):
                    self._add(block, small)


def _suites(node: cst.CSTNode) -> Iterator[tuple[cst.BaseSuite, cst.CSTNode | None]]:
    """Each suite of a compound statement with the node that its clause begins with."""
    match node:
        case cst.If():
            yield node.body, None
            clause = node.orelse
            while isinstance(clause, cst.If):
                yield clause.body, clause
                clause = clause.orelse
            if clause is not None:
                yield clause.body, clause
        case cst.Try() | cst.TryStar():
            yield node.body, None
            for clause in (*node.handlers, node.orelse, node.finalbody):
                if clause is not None:
                    yield clause.body, clause
        case cst.For() | cst.While():
            yield node.body, None
            if node.orelse is not None:
                yield node.orelse.body, node.orelse
        case cst.Match():
            for case in node.cases:
                yield case.body, case
        case cst.FunctionDef() | cst.ClassDef() | cst.With():
            yield node.body, None
        case _:
            raise TypeError(f"LibCST has a compound statement that is not known here: {type(node).__name__}")


def string_value(node: cst.CSTNode) -> str | None:
    """The value of a string literal; None for bytes, f-strings, bad escapes and everything else."""
    if not isinstance(node, (cst.SimpleString, cst.ConcatenatedString)):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            value = node.evaluated_value
        except (SyntaxError, ValueError):
            return None
    return value if isinstance(value, str) else None


def read_tree(source: Source) -> Tree | Broken:
    """Parse and walk once."""
    if "\0" in source.text:
        return Broken(
            "E301", *source.position(source.text.index("\0")), "a source file has no null characters"
        )
    try:
        module = cst.parse_module(source.text)
        ranges = MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)
        return Tree(source, module, _with_feeds(source, module, ranges))
    except cst.ParserSyntaxError as error:
        return _broken(source, error)
    except RecursionError:
        return Broken("E303", 1, 0, "this file is nested too deeply to be read")


def _with_feeds(
    source: Source, module: cst.Module, ranges: Mapping[cst.CSTNode, CodeRange]
) -> Mapping[cst.CSTNode, CodeRange]:
    """LibCST loses a form feed at the beginning of a line: put the columns of such lines right."""
    if "\f" not in source.text:
        return ranges
    ends = re.compile(r"\r\n?|\n")
    pairs = zip(ends.split(source.text), ends.split(module.code), strict=False)
    lost = {line: len(a) - len(b) for line, (a, b) in enumerate(pairs, start=1) if len(a) > len(b)}

    def moved(at: CodePosition) -> CodePosition:
        return CodePosition(at.line, at.column + lost.get(at.line, 0))

    if not lost:
        return ranges
    return {node: CodeRange(moved(each.start), moved(each.end)) for node, each in ranges.items()}


def indent_of(before: str) -> str:
    """The white space that counts of what stands before a line's first word: a form feed begins anew."""
    return before.rpartition("\f")[2]


def _broken(source: Source, error: cst.ParserSyntaxError) -> Broken:
    """In Python's own words where Python cannot read the file either."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(source.text)
        except SyntaxError as python:
            return Broken("E301", python.lineno or 1, max(0, (python.offset or 1) - 1), python.msg)
        except (ValueError, RecursionError, MemoryError) as python:
            return Broken("E301", 1, 0, str(python))
    return Broken("E301", error.raw_line, max(0, error.raw_column), "this syntax is not known to the parser")
