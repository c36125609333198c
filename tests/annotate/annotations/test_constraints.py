"""Conditions are interpreted as Python would, without running Python."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.annotations import holds
from annotate.annotations.calls import Refusal
from annotate.annotations.constraint import read_text, tie
from annotate.errors import SpaceError

KEYS = {
    "a": "m/a/uniform",
    "b": "m/b/uniform",
    "s": "m/s/choice",
    "self.x": "m/self.x/choice",
    "c['d']": "m/c/choice",
}


def decide(source: str, **values: object) -> bool:
    keys = {name: name for name in (*KEYS, *values)}
    return holds(tie(read_text(source), keys, source), values)


@pytest.mark.parametrize(
    "source",
    [
        "a < b", "a <= b < 10", "a == 1", "a != b", "a + b * 2 - 1 == 4", "a / b == 0.5", "b // a == 2", "b % 2 == 0",
        "b ** 2 == 4", "-a < 0", "+a > 0", "not a > b", "a > b or s == 'x'", "a < b and s != 'y'", "s in ('x', 'y')",
        "s not in ['z']", "min(a, b) == 1", "max(a, b, 0) == 2", "abs(-a) == 1", "len(s) == 1", "s is not None",
        "a > 0 or a / 0 > 1", "s == 'x' and True",
    ],
)  # fmt: skip
def test_a_true_condition_holds(source: str) -> None:
    assert decide(source, a=1, b=2, s="x")
    assert not decide(f"not ({source})", a=1, b=2, s="x")


@given(st.integers(-9, 9), st.integers(-9, 9), st.integers(-9, 9))
def test_comparisons_and_arithmetic_are_pythons(a: int, b: int, c: int) -> None:
    for source in (
        "a < b <= c",
        "a + b > c * 2",
        "a == b or not b < c and a != c",
        "max(a, b) - min(b, c) >= abs(a)",
    ):
        assert decide(source, a=a, b=b, c=c) == eval(source, {"a": a, "b": b, "c": c})


@pytest.mark.parametrize(
    "source",
    [
        "f(a) < 1",
        "a.clip(0) < 1",
        "[x for x in a]",
        "a if b else 1",
        "lambda: 1",
        "a := 1",
        "f'{a}'",
        "min()",
        "{a: 1}",
    ],
)
def test_what_is_not_of_the_language_is_refused(source: str) -> None:
    with pytest.raises((Refusal, SyntaxError)):
        read_text(source)


def test_a_condition_without_an_answer_is_a_users_mistake_that_names_the_values() -> None:
    with pytest.raises(SpaceError, match=r"a < s has no answer where a = 1, s = 'x'"):
        decide("a < s", a=1, s="x")


def test_a_point_that_lacks_a_key_satisfies_the_constraint() -> None:
    assert decide("a < b", a=1)
