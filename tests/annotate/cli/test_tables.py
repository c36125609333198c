"""Tables for a person: never wider than the terminal, and nothing cut in a pipe."""

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from annotate.cli.tables import Column, fitted, show

NAMES = ["trial", "state", "value", *(f"learning_rate_of_module_{number}" for number in range(12))]


def columns(rows, names=NAMES):
    return [
        Column(name, tuple("0.12345" if at != 1 else "succeeded" for _ in range(rows)), numeric=at != 1)
        for at, name in enumerate(names)
    ]


def printed(of, *, width, terminal=True):
    out = io.StringIO()
    show(of, Console(file=out, width=width, force_terminal=terminal, color_system=None))
    return out.getvalue().splitlines()


@pytest.mark.parametrize("width", [40, 80, 120, 400])
def test_a_table_of_many_parameters_has_one_line_a_row_and_fits_the_terminal(width):
    lines = printed(columns(rows=3), width=width)
    assert max(map(cell_len, lines)) <= width
    assert sum("succeeded" in line for line in lines) == 3


def test_what_has_no_room_is_counted_below_the_table():
    shown, hidden = fitted(columns(rows=3), 80)
    assert len(shown) + hidden == len(NAMES)
    assert any(f"{hidden} more columns" in line for line in printed(columns(rows=3), width=80))
    assert not any("more" in line for line in printed(columns(rows=3), width=900))


def test_shortened_titles_differ():
    shown, _ = fitted(columns(rows=2), 120)
    assert len({column.title for column in shown}) == len(shown) > 4


def test_a_single_row_without_room_stands_upright_with_every_column():
    text = "\n".join(printed(columns(rows=1), width=80))
    assert all(name in text for name in NAMES)
    assert "more" not in text


def test_a_long_text_folds_and_loses_nothing():
    said = "the model does not fit beside its optimizer state " * 4
    table = [
        Column("name", ("trial", "message"), numeric=False),
        Column("value", ("3", said), numeric=False),
    ]
    lines = printed(table, width=60)
    assert max(map(cell_len, lines)) <= 60
    assert "".join(" ".join(lines).split()).count("optimizer") == 4


def test_nothing_is_shortened_where_stdout_is_no_terminal():
    lines = printed(columns(rows=2), width=80, terminal=False)
    assert all(name in lines[1] for name in NAMES)
