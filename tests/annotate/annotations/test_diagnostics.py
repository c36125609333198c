"""A diagnostic as text: the caret stands under what is wrong, whatever is left of it."""

from __future__ import annotations

import pytest

from annotate.annotations import Diagnostic, Span, render, render_all
from annotate.instrument import instrument


def first(source: str) -> Diagnostic:
    return instrument(source.encode(), "m", "m.py").diagnostics[0]


def marked(source: str) -> str:
    span = first(source).span
    return span.source_line[span.column : span.column + span.width]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("lr = 1  # @nni.unifrom(0, 1)\n", "unifrom"),
        ("# @nni.variable(nni.unifrom(0, 1), name=lr)\nlr = 1\n", "nni.unifrom"),
        ("'''@nni.variable(nni.unifrom(0, 1), name=lr)'''\nlr = 1\n", "nni.unifrom"),
        ("'''@nni.variable(\n   nni.unifrom(0, 1), name=lr)'''\nlr = 1\n", "nni.unifrom"),
        ("# @nni.variable(\n#    nni.unifrom(0, 1), name=lr)\nlr = 1\n", "nni.unifrom"),
        ("lr = 1  # @nni.choice('ä', 1,  1)\n", "1"),
        ("lr = 1  # @nni.uniform(0, high)\n", "high"),
        ("lr = 1  # @nni.loguniform(0, 1)\n", "0"),
        (
            "'''@nni.variable(nni.unifrom(0, \\x31), name=lr)'''\nlr = 1\n",
            "'''@nni.variable(nni.unifrom(0, \\x31), name=lr)'''",
        ),
        ("lr = (1  # @nni.uniform(0, 1)\n", "("),
    ],
)
def test_the_stretch_that_is_wrong_is_marked(source: str, text: str) -> None:
    assert marked(source) == text


def test_columns_are_counted_from_1_and_the_nearest_name_is_told() -> None:
    assert render(first("lr = 1  # @nni.unifrom(0, 1)\n")) == (
        "m.py:1:16: error E104: there is no directive 'unifrom'\n"
        "    lr = 1  # @nni.unifrom(0, 1)\n"
        "                   ^^^^^^^\n"
        "  fix: did you mean 'uniform'?"
    )


def test_the_caret_keeps_tabs_and_counts_wide_characters_twice() -> None:
    assert render(Diagnostic("W401", Span("m.py", 1, 3, 1, "\t漢x!"), "c")).splitlines()[2] == "    \t   ^"


def test_the_other_place_of_a_conflict_is_shown() -> None:
    text = render(first("a = 1  # @nni.uniform(0, 2)\n\na = 1  # @nni.uniform(0, 3)\n"))
    assert "m.py:3:10: error E211" in text
    assert "see also m.py:1:10:\n    a = 1  # @nni.uniform(0, 2)" in text


def test_all_mistakes_of_a_file_are_told_at_once() -> None:
    source = "a = 1  # @nni.uniform(2, 1)\nb = 1  # @nni.foo(1)\nc = d = 1  # @nni.uniform(0, 2)\n"
    done = instrument(source.encode(), "m", "m.py")
    assert [d.code for d in done.diagnostics] == ["E108", "E104", "E203"]
    assert render_all(done.diagnostics).count("\n\n") == 2


def test_json_for_editors_counts_lines_and_columns_from_1() -> None:
    document = first("lr = 1  # @nni.unifrom(0, 1)\n").to_json()
    assert (document["file"], document["line"], document["column"], document["end_column"]) == (
        "m.py",
        1,
        16,
        23,
    )
    assert (document["code"], document["severity"]) == ("E104", "error")


def test_a_syntax_error_is_told_in_pythons_words() -> None:
    diagnostic = first("x = (1\nlr = 1  # @nni.uniform(0, 1)\n")
    assert (diagnostic.code, diagnostic.line) == ("E301", 1)
    assert "never closed" in diagnostic.cause
