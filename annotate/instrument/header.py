"""Where an instrumented module imports the trial: on a line that is there already.

Before the first statement behind the docstring and `from __future__`; where that is a compound
statement, behind the docstring or the future import; where there is neither, nowhere: then each use
imports for itself. It always runs before the first use, which may be a comment line above everything.
"""

from __future__ import annotations

import libcst as cst

from annotate.instrument.edits import (
    Edit,
    ImportAfter,
    ImportBefore,
    LayersAt,
    LayerValue,
    Replacement,
    ReportAfter,
    ReportBefore,
)
from annotate.instrument.tree import Statement, Tree


def header(tree: Tree, edits: list[Edit]) -> Edit | None:
    """The import's place, None where there is no line to put it on."""
    starts = {_start(edit): edit for edit in edits}
    first = min(starts)
    last: Statement | None = None
    for statement in tree.root.statements:
        if not stands_first(statement):
            break
        last = statement
        if first <= statement.end:
            return None if isinstance(starts[first], LayersAt) else ImportAfter(statement.end)
    behind = tree.root.statements[last.index + 1 if last else 0 :]
    if behind and not behind[0].compound and behind[0].start <= first:
        layers = behind[0].start == first and isinstance(starts[first], LayersAt)
        return None if layers else ImportBefore(behind[0].start)
    if last is not None:
        return ImportAfter(last.end)
    above = not behind or first < behind[0].start
    return ImportBefore(first) if above and isinstance(starts[first], ReportBefore) else None


def stands_first(statement: Statement) -> bool:
    """Whether nothing may be put before a statement: a docstring, a future import."""
    match statement.node:
        case cst.ImportFrom(module=cst.Name(value="__future__")):
            return True
        case cst.Expr(value=cst.SimpleString() | cst.ConcatenatedString()):
            owner = statement.block.owner
            has_docstring = owner is None or isinstance(owner.node, (cst.FunctionDef, cst.ClassDef))
            return statement.index == 0 and has_docstring
        case _:
            return False


def _start(edit: Edit) -> int:
    match edit:
        case Replacement(start=at) | LayersAt(start=at) | LayerValue(start=at):
            return at
        case ReportAfter(at) | ReportBefore(at) | ImportBefore(at) | ImportAfter(at):
            return at
