"""Blocks around an annotation: the one a comment line belongs to, and what follows in it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from annotate.instrument.finding import Comment, Found
from annotate.instrument.tree import Block, Statement, Tree, indent_of


def block_at(tree: Tree, comment: Comment) -> Block | None:
    """The block whose statements are indented as a comment line is, None where none reaches to it."""
    indent = indent_of(tree.source.line(comment.line)[: comment.column])
    for block in _blocks(tree.root):
        if (
            block.indent == indent
            and block.first <= comment.line < block.limit
            and _free(block, comment.line)
        ):
            return block
    return None


def following(tree: Tree, found: Found) -> Statement | None:
    """The statement that follows an annotation in the annotation's own block."""
    if found.statement is not None:
        rest = found.statement.block.statements[found.statement.index + 1 :]
        return rest[0] if rest else None
    assert found.comment is not None
    block = block_at(tree, found.comment)
    statements = block.statements if block else list(tree.statements())
    return next((each for each in statements if each.line > found.snippet.last_line), None)


def is_terminator(node: cst.CSTNode) -> bool:
    """Whether nothing after a small statement runs."""
    match node:
        case cst.Return() | cst.Raise() | cst.Break() | cst.Continue():
            return True
        case cst.Expr(value=cst.Call(func=cst.Name(value="exit" | "quit"))):
            return True
        case cst.Expr(
            value=cst.Call(
                func=cst.Attribute(value=cst.Name(value="sys" | "os"), attr=cst.Name(value="exit" | "_exit"))
            )
        ):
            return True
        case _:
            return False


def ancestors(block: Block) -> Iterator[tuple[Block, int]]:
    """Each block outward, with the index of the statement that leads back inward."""
    owner = block.owner
    while owner is not None:
        yield owner.block, owner.index
        owner = owner.block.owner


def under_main(tree: Tree, statement: Statement) -> bool:
    """Whether a statement runs only where its file is the script itself."""
    owner = statement.block.owner
    while owner is not None:
        test = re.sub(r"[\s'\"()]", "", tree.text(owner.node.test)) if isinstance(owner.node, cst.If) else ""
        if test in ("__name__==__main__", "__main__==__name__"):
            return True
        owner = owner.block.owner
    return False


def _blocks(block: Block) -> Iterator[Block]:
    yield block
    for statement in block.statements:
        for each in statement.blocks:
            yield from _blocks(each)


def _free(block: Block, line: int) -> bool:
    """Whether no statement of the block runs across the line."""
    return not any(each.line < line < _end(each) for each in block.statements)


def _end(statement: Statement) -> int:
    """The first line that a statement, with all its clauses, certainly does not need."""
    return statement.last + 1
