"""Where an instrumented module imports the trial: on a line that is there already.

Before the first statement behind the docstring and `from __future__`; where that is a compound
statement, behind the docstring or the future import; where there is neither, nowhere: then each use
imports for itself.
"""

from __future__ import annotations

import libcst as cst

from annotate.instrument.edits import Edit, ImportAfter, ImportBefore, LayersAt
from annotate.instrument.tree import Statement, Tree


def header(tree: Tree, edits: list[Edit]) -> Edit | None:
    """The import's place, None where there is no line to put it on."""
    last: Statement | None = None
    for statement in tree.root.statements:
        if _stands_first(statement):
            last = statement
            continue
        layers = any(
            isinstance(e, LayersAt) and e.start <= statement.start < max(e.end, e.start + 1) for e in edits
        )
        if not statement.compound and not layers:
            return ImportBefore(statement.start)
        break
    if last is None or any(isinstance(e, LayersAt) and e.start <= last.start <= e.end for e in edits):
        return None
    return ImportAfter(last.end)


def _stands_first(statement: Statement) -> bool:
    match statement.node:
        case cst.ImportFrom(module=cst.Name(value="__future__")):
            return True
        case cst.Expr(value=cst.SimpleString() | cst.ConcatenatedString()):
            return statement.index == 0
        case _:
            return False
