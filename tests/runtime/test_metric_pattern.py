"""Metrics taken from output."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate_runtime.metric_pattern import InvalidPattern, LogTail, MetricPattern

OUTPUT = b"acc: 0.5\nloss 3\racc: 1e-1, acc: 70%\nacc: n/a\nacc: nan\nacc: 0.9"


@given(st.lists(st.integers(0, len(OUTPUT)), max_size=6))
def test_pieces_do_not_matter(cuts: list[int]) -> None:
    """However the output is cut, the same numbers are found, and a half line never."""
    pattern = MetricPattern(r"acc: (\S+)")
    edges = [0, *sorted(cuts), len(OUTPUT)]
    found = [value for a, b in itertools.pairwise(edges) for value in pattern.feed(OUTPUT[a:b])]
    assert [str(value) for value in found] == ["0.5", "0.1", "70.0", "nan"]
    assert pattern.feed(b"", last=True) == [0.9]


def test_colours_are_not_looked_at() -> None:
    """Neither those of the number nor those of what stands before it."""
    pattern = MetricPattern(r"^acc: (\S+)")
    assert pattern.feed(b"\x1b[1;32macc:\x1b[0m \x1b[32m0.5\x1b[0m\n") == [0.5]


@pytest.mark.parametrize("text", ["acc: (", r"acc: \S+"])
def test_a_pattern_that_cannot_work_is_refused(text: str) -> None:
    """No expression, or no group."""
    with pytest.raises(InvalidPattern):
        MetricPattern(text)


def test_a_log_is_followed_from_where_it_stood(tmp_path: Path) -> None:
    """Before it exists there is nothing; what comes later comes once."""
    tail = LogTail(tmp_path / "log", MetricPattern(r"acc=(\S+)"))
    assert tail.new_metrics() == []
    (tmp_path / "log").write_text("acc=1\nacc=")
    assert tail.new_metrics() == [1.0]
    with (tmp_path / "log").open("a") as file:
        file.write("2")
    assert tail.new_metrics(ended=True) == [2.0]
