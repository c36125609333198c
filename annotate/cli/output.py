"""Rows on stdout in the format that was asked for: a table to read, JSON or CSV to pipe.

>>> write([{"trial": 0, "value": 0.5}], Format.csv)
trial,value
0,0.5
"""

from __future__ import annotations

import csv
import enum
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from annotate.cli.streams import stdout
from annotate.cli.tables import Column, show


class Format(str, enum.Enum):
    """How a command prints its rows."""

    table = "table"
    json = "json"
    csv = "csv"


FormatOption = Annotated[
    Format,
    typer.Option(
        "--format", "-f", help="How to print it; json and csv give every digit, durations in seconds."
    ),
]


class Difference(float):
    """A number that a table shows with its sign."""


class Seconds(float):
    """A span of time; a table says it as a person does."""


def write(rows: Sequence[Mapping[str, Any]], format: Format) -> None:
    """Print `rows`, whose first one names the columns; None is an empty cell, in JSON null."""
    match format:
        case Format.json:
            print(json.dumps(list(rows), indent=2, ensure_ascii=False))
        case Format.csv:
            if rows:
                writer = csv.DictWriter(sys.stdout, fieldnames=list(rows[0]), lineterminator="\n")
                writer.writeheader()
                writer.writerows(map(as_cells, rows))
        case Format.table:
            _table(rows)


def as_cells(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row for CSV: what is no plain value is written as JSON."""
    return {
        name: json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list | bool) else value
        for name, value in row.items()
    }


def shorten(value: object) -> str:
    """A value for a table: at most five significant digits, no type marks."""
    if value is None:
        return ""
    if isinstance(value, Seconds):
        return seconds(value)
    if isinstance(value, float):
        return f"{value:+.5g}" if isinstance(value, Difference) else f"{value:.5g}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def seconds(value: float | None) -> str:
    """A duration as a person says it: 4.2s, 3m05s, 2h07m."""
    if value is None:
        return ""
    if value < 60:
        return f"{value:.1f}s"
    minutes, rest = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02}m" if hours else f"{minutes}m{rest:02}s"


def _table(rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        return
    columns = [
        Column(
            name,
            tuple(shorten(row[name]) for row in rows),
            numeric=all(isinstance(row[name], int | float | None) for row in rows),
        )
        for name in rows[0]
    ]
    show(columns, stdout())
