"""Rows as a table that a person reads, never wider than the terminal.

Where there is no room for everything, the titles are shortened, long texts fold, and the columns that are still
too many are left out from the right, which a line below says. A single row then stands upright. Where stdout is
no terminal, nothing is shortened and every row is one line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from annotate.screen.words import distinct

if TYPE_CHECKING:
    from rich.console import Console

TITLE = 14  # cells to which a title is shortened
FOLDED = 24  # cells to which a text may be folded
GAP = 2  # cells between two columns
NO_LIMIT = 10_000


@dataclass(frozen=True)
class Column:
    """A title and the texts below it; `numeric` ones stand at the right and are never folded."""

    title: str
    cells: tuple[str, ...]
    numeric: bool

    @property
    def width(self) -> int:
        """Cells that it takes unfolded."""
        from rich.cells import cell_len

        return max(map(cell_len, (self.title, *self.cells)))

    @property
    def least(self) -> int:
        """Cells that it takes at least."""
        return self.width if self.numeric else min(self.width, FOLDED)


def show(columns: Sequence[Column], console: Console) -> None:
    """Print the columns, which are equally long."""
    if not console.is_terminal:
        console.width = NO_LIMIT
    shown, hidden = fitted(columns, console.width)
    _print(shown, console)
    if hidden:
        console.print(
            f" {hidden} more {'column' if hidden == 1 else 'columns'}: in a wider window, or with --format csv",
            style="dim",
        )


def fitted(columns: Sequence[Column], width: int) -> tuple[list[Column], int]:
    """What of the columns fits into so many cells, and how many are left out."""
    if _taken(columns) <= width:
        return list(columns), 0
    if len(columns[0].cells) == 1 and len(columns) > 2:
        return upright(columns), 0
    titles = distinct([column.title for column in columns], TITLE)
    short = [replace(column, title=title) for column, title in zip(columns, titles, strict=True)]
    while len(short) > 1 and _taken(short) > width:
        short.pop()
    return short, len(columns) - len(short)


def upright(columns: Sequence[Column]) -> list[Column]:
    """One row as a list of names and values."""
    names = Column("name", tuple(column.title for column in columns), numeric=False)
    return [names, Column("value", tuple(column.cells[0] for column in columns), numeric=False)]


def _taken(columns: Sequence[Column]) -> int:
    return sum(column.least + GAP for column in columns) - GAP + 2


def _print(columns: Sequence[Column], console: Console) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for column in columns:
        table.add_column(
            column.title,
            justify="right" if column.numeric else "left",
            overflow="fold",
            no_wrap=column.width == column.least,
        )
    for row in zip(*(column.cells for column in columns), strict=True):
        table.add_row(*map(Text, row))
    console.print(table)
