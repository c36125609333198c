"""The text of one annotation, and where each of its characters stands in the file.

An annotation may run over several comment lines or the lines of a string; its text is put together
from pieces, and a fault in it is pointed at where the user wrote it.
"""

from __future__ import annotations

import bisect
import enum
from dataclasses import dataclass


class Form(enum.Enum):
    """How an annotation is written."""

    STRING = "string statement"
    COMMENT = "comment line"
    TRAILING = "trailing comment"


@dataclass(frozen=True)
class Anchor:
    """From `offset` of the text on, characters stand at `line` (1-based), `column` (0-based)."""

    offset: int
    line: int
    column: int


@dataclass(frozen=True)
class Snippet:
    """`text` begins with `@`. `exact` is False where escapes make columns unknown: then all is the first."""

    text: str
    form: Form
    anchors: tuple[Anchor, ...]
    last_line: int
    exact: bool = True

    def locate(self, offset: int) -> tuple[int, int]:
        """(1-based line, 0-based column) of a character of the text."""
        if not self.exact:
            return self.anchors[0].line, self.anchors[0].column
        anchor = self.anchors[bisect.bisect_right(self.anchors, offset, key=lambda a: a.offset) - 1]
        return anchor.line, anchor.column + offset - anchor.offset
