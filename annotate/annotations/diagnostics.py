"""What is wrong in a user's source: where, why, and how it is mended; and the same as plain text.

Lines are 1-based, columns are 0-based and count characters. `render` writes columns 1-based, as
compilers do, and needs no terminal.

>>> where = Span(path="train.py", line=1, column=9, width=3, source_line="lr = a  #@ x")
>>> print(render(Diagnostic("E101", where, "no directive", remedy="write one")))
train.py:1:10: error E101: no directive
    lr = a  #@ x
             ^^^
  fix: write one
"""

from __future__ import annotations

import enum
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


class Severity(str, enum.Enum):
    """How much a diagnostic matters: an error stops everything, a warning and a note stop nothing."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True)
class Span:
    """A stretch of one source line: 1-based line, 0-based column, width in characters (at least 1)."""

    path: str
    line: int
    column: int
    width: int
    source_line: str


@dataclass(frozen=True)
class Diagnostic:
    """One finding. Its code's first letter is its severity: E, W or N."""

    code: str
    span: Span
    cause: str
    remedy: str | None = None
    related: Span | None = None

    @property
    def severity(self) -> Severity:
        return {"E": Severity.ERROR, "W": Severity.WARNING, "N": Severity.NOTE}[self.code[0]]

    @property
    def file(self) -> str:
        return self.span.path

    @property
    def line(self) -> int:
        """1-based."""
        return self.span.line

    @property
    def column(self) -> int:
        """0-based, in characters."""
        return self.span.column

    def to_json(self) -> dict[str, Any]:
        """For editors and CI: line and column 1-based, the end column behind the last character."""
        document: dict[str, Any] = {
            "code": self.code,
            "severity": self.severity.value,
            **_span_json(self.span),
            "source_line": self.span.source_line,
            "cause": self.cause,
            "remedy": self.remedy,
        }
        if self.related is not None:
            document["related"] = _span_json(self.related)
        return document


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Whether one of them stops the work."""
    return any(d.severity is Severity.ERROR for d in diagnostics)


def render(diagnostic: Diagnostic) -> str:
    """A diagnostic as plain text of a few lines, no newline at the end."""
    span = diagnostic.span
    head = f"{span.path}:{span.line}:{span.column + 1}: {diagnostic.severity.value} {diagnostic.code}"
    lines = [f"{head}: {diagnostic.cause}", *_picture(span)]
    if diagnostic.related is not None:
        other = diagnostic.related
        lines += [f"  see also {other.path}:{other.line}:{other.column + 1}:", *_picture(other)]
    if diagnostic.remedy is not None:
        lines.append(f"  fix: {diagnostic.remedy}")
    return "\n".join(lines)


def render_all(diagnostics: Iterable[Diagnostic]) -> str:
    """Every diagnostic, a blank line between two."""
    return "\n\n".join(render(diagnostic) for diagnostic in diagnostics)


def _span_json(span: Span) -> dict[str, Any]:
    return {
        "file": span.path,
        "line": span.line,
        "column": span.column + 1,
        "end_column": span.column + 1 + span.width,
    }


def _picture(span: Span) -> list[str]:
    if not span.source_line.strip():
        return []
    line = "".join(
        c if c == "\t" or c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in span.source_line
    )
    margin = "".join(c if c == "\t" else " " * _cells(c) for c in line[: span.column])
    marked = line[span.column : span.column + span.width]
    return [f"    {line.rstrip()}", f"    {margin}{'^' * max(1, sum(map(_cells, marked)))}"]


def _cells(character: str) -> int:
    """Terminal columns that a character takes."""
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
