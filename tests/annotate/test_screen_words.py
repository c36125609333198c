"""Words, numbers and small charts."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from annotate.screen.charts import Curve, bar, plot, sparkline
from annotate.screen.paint import PLAIN
from annotate.screen.words import about, clean, fit, fold, number, parameter, seconds, size


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain text", "plain text"),
        ("训练 é ✓", "训练 é ✓"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07x", "x"),
        ("\x1b]8;;http://a\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9b31mred", "red"),
        ("a\nb\tc\r", "a b c "),
        ("a\x00b", "a\ufffdb"),
        ("left\u202eright", "leftright"),
        ("a\u200db\ufe0f", "ab"),
        ("a\u00a0b", "a b"),
        ("\x1b", "\ufffd"),
    ],
)
def test_clean_leaves_what_can_be_read_and_nothing_that_acts(raw, shown):
    assert clean(raw) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0"), (0.5, "0.5000"), (0.91234567, "0.9123"), (12.3456, "12.35"), (12345.6, "12346"),
        (1e-5, "1.000e-5"), (123456.0, "1.235e5"), (-0.25, "-0.2500"), (math.nan, "nan"), (-math.inf, "-inf"),
        (0.0123456, "0.0123"), (0.00123456, "0.001235"), (0.00012346, "0.0001235"),
    ],
)  # fmt: skip
def test_a_number_has_four_significant_digits(value, shown):
    assert number(value) == shown


def test_a_difference_takes_the_decimals_of_what_it_is_a_difference_to():
    assert number(0.00345678, like=0.8883) == "0.0035"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.1, "0.1"), (0.123456789, "0.1235"), (64, "64"), (True, "true"), (None, "null"), ("relu", "relu"),
        ("", '""'), ([1, 2], "[1, 2]"), ("a\nb", "a b"), (1e-7, "1e-07"),
    ],
)  # fmt: skip
def test_a_parameter_is_shown_as_short_as_it_is_clear(value, shown):
    assert parameter(value) == shown


@pytest.mark.parametrize(
    ("span", "shown"),
    [(0, "0:00"), (7.9, "0:07"), (761, "12:41"), (11112, "3:05:12"), (187800, "2d 04:10"), (-3, "0:00")],
)
def test_a_span_of_time_is_shown_as_a_clock(span, shown):
    assert seconds(span) == shown


@pytest.mark.parametrize(
    ("span", "shown"), [(1, "5 s"), (42, "40 s"), (700, "12 min"), (12000, "3 h 20 min"), (190000, "2 d 4 h")]
)
def test_an_estimate_claims_no_more_than_it_knows(span, shown):
    assert about(span) == shown


@pytest.mark.parametrize(
    ("count", "shown"), [(0, "0 B"), (512 * 2**20, "512 M"), (1610612736, "1.5 G"), (24 * 2**30, "24 G")]
)
def test_bytes_have_a_unit(count, shown):
    assert size(count) == shown


@given(st.text(max_size=60).map(clean), st.integers(0, 40))
def test_what_is_fitted_fits_and_is_untouched_where_it_fitted_before(text, width):
    fitted = fit(text, width)
    assert cell_len(fitted) <= width
    assert fitted == text or cell_len(text) > width


@given(st.text(max_size=200).map(clean), st.integers(2, 40), st.integers(1, 4))
def test_a_folded_text_keeps_to_its_lines_and_their_width(text, width, most):
    lines = fold(text, width, most)
    assert len(lines) <= most
    assert all(cell_len(line) <= width for line in lines)


def test_a_text_is_folded_between_words():
    assert fold("GPU 1 is held by another process", 18, 3) == ["GPU 1 is held by", "another process"]


@pytest.mark.parametrize(
    ("values", "width", "shown"),
    [
        ([], 5, ""), ([1.0], 5, "▄"), ([1, 1, 1], 5, "▄▄▄"), ([0, 1], 5, "▁█"), (range(100), 4, "▁▃▆█"),
        ([0, math.nan, 1], 5, "▁×█"), ([math.inf], 3, "×"), ([-1e308, 1e308], 2, "▁█"),
    ],
)  # fmt: skip
def test_a_sparkline_is_scaled_to_itself_and_never_longer_than_its_width(values, width, shown):
    assert sparkline(values, width) == shown


@pytest.mark.parametrize(
    ("share", "shown"),
    [(0, "    "), (0.5, "██  "), (1, "████"), (2, "████"), (-1, "    "), (0.03125, "▏   ")],
)
def test_a_bar_is_drawn_to_an_eighth_of_a_cell(share, shown):
    assert bar(share, 4) == shown


def drawn(*curves, width=4, height=1, low=0.0, high=1.0):
    """A plot as text."""
    return ["".join(s.text for s in line) for line in plot(curves, width, height, low, high)]


def test_a_rising_line_goes_from_the_lower_left_to_the_upper_right():
    assert drawn(Curve([0, 1], PLAIN), width=2, height=1) == ["⣠⠞"]


def test_stairs_hold_each_value_over_its_share_of_the_width():
    assert drawn(Curve([0, 1], PLAIN, "stairs"), width=2, height=1) == ["⣀⡏"]


def test_what_lies_outside_is_drawn_on_the_border():
    assert drawn(Curve([-5, 5], PLAIN, "dots"), width=1, height=2) == ["⠈", "⡀"]


def test_a_value_that_is_no_number_leaves_a_gap():
    assert drawn(Curve([0, math.nan, 0], PLAIN, "stairs"), width=3, height=1) == ["⣀ ⣀"]


def test_the_first_curve_lies_on_top():
    top = Curve([0], PLAIN, "stairs")
    red = Curve([0], Style(color="red"), "stairs")
    (line,) = plot([red, top], 2, 1, 0, 1)
    assert [segment.style for segment in line] == [Style(color="red")]
