"""Tables of trials: columns as wide as what stands in them, parameters side by side.

The columns that do not fit are left out from the right; how many parameters are missing is said in
the heading. A table never wraps and never cuts a number: a column has room or is not there.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from annotate.screen.paint import (
    DIM,
    HEADING,
    PLAIN,
    SELECTED,
    SUBHEADING,
    UNDERLINE,
    Block,
    Line,
    put,
    shape,
    width_of,
)
from annotate.screen.weight import parameter_keys
from annotate.screen.words import clean, distinct, fit, parameter
from annotate.study.snapshot import StudySnapshot
from annotate.trial import Trial

_GAP = "  "
_CAP = 16  # cells that a parameter's value may take
_NAME = 12  # and its name


@dataclass(frozen=True)
class Column:
    """A title and one cell a row."""

    title: str
    cells: Sequence[tuple[str, Style]]
    right: bool = False

    @property
    def width(self) -> int:
        return max(cell_len(self.title), *(cell_len(text) for text, _ in self.cells), 0)


def table(title: str, columns: Sequence[Column], width: int, *, selected: int | None = None) -> Block:
    """A heading line with `title` over the first column, and the rows; `selected` is the cursor's."""
    room = width - 1
    columns = [
        dataclasses.replace(column, title=title) if not i else column for i, column in enumerate(columns)
    ]
    taken: list[tuple[Column, int]] = []
    for column in columns:
        wide = column.width
        if wide + len(_GAP) > room:
            break
        taken.append((column, wide))
        room -= wide + len(_GAP)
    hidden = len(columns) - len(taken)
    rows: Block = [_heading(taken, width, f"+{hidden}" if hidden else "")]
    for index in range(len(columns[0].cells) if columns else 0):
        line: Line = [put("›" if index == selected else " ")]
        for column, wide in taken:
            line.append(_cell(*column.cells[index], column, wide))
        line.append(put(" " * room))
        rows.append(list(Segment.apply_style(line, post_style=SELECTED)) if index == selected else line)
    return rows


def fits(columns: Sequence[Column], width: int) -> bool:
    """Whether a table of that width has room for all the columns."""
    return 1 + sum(column.width + len(_GAP) for column in columns) <= width


def _cell(text: str, style: Style, column: Column, width: int) -> Segment:
    blank = " " * (width - cell_len(text))
    return put(blank + text + _GAP if column.right else text + blank + _GAP, style)


def _heading(columns: Sequence[tuple[Column, int]], width: int, note: str) -> Line:
    line: Line = [put(" ", SUBHEADING)]
    for index, (column, wide) in enumerate(columns):
        line.append(_cell(column.title, SUBHEADING if index else HEADING, column, wide))
    room = width - width_of(line)
    tail = fit(note, max(0, room - 1))
    line.append(put(" " * (room - cell_len(tail) - 1) + tail + " "))
    return [Segment(text, (style or PLAIN) + UNDERLINE) for text, style, _ in shape([line], width)[0]]


def parameter_columns(trials: Sequence[Trial], snapshot: StudySnapshot) -> list[Column]:
    """A column for each parameter; a baseline shows the script's own values, dimmed."""
    keys = parameter_keys(snapshot)
    columns = []
    for key, title in zip(keys, distinct([clean(snapshot.names[key]) for key in keys], _NAME), strict=True):
        cells = [_parameter(trial, key, snapshot) for trial in trials]
        right = all(_numeric(trial, key) for trial in trials)
        columns.append(Column(title, cells, right=right))
    return columns


def _parameter(trial: Trial, key: str, snapshot: StudySnapshot) -> tuple[str, Style]:
    if key in trial.active:
        return fit(parameter(trial.active[key], digits=3), _CAP), PLAIN
    if trial.baseline and key in snapshot.defaults:
        return fit(parameter(snapshot.defaults[key]), _CAP), DIM
    return ("default" if trial.baseline else "–"), DIM


def _numeric(trial: Trial, key: str) -> bool:
    value = trial.active.get(key, 0)
    return isinstance(value, (int, float)) and not isinstance(value, bool)
