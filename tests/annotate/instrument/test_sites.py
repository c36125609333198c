"""Where a variable's sampler and its arguments stand: for whoever writes other ranges."""

from __future__ import annotations

import pytest

from tests.annotate.instrument.verbs import read

ROWS = {
    "behind a value": ('lr = 0.1  # @nni.uniform(0.5, 1, name="a") x\n', 'nni.uniform(0.5, 1, name="a")', ["0.5", "1"]),
    "the long form": ("lr = 0.1  # @nni.variable(nni.uniform(0, 2**5), name=lr)\n", "nni.uniform(0, 2**5)", ["0", "2**5"]),
    "a comment over lines": (
        "# @nni.variable(nni.choice(3,\n#   f(5)), name=lr)\nlr=1\n", "nni.choice(3,\n#   f(5))", ["3", "f(5)"],
    ),
    "a string over lines, CRLF": (
        "'''@nni.variable(nni.uniform(0,\r\n   -1e-3 + 1), name=lr)'''\r\nlr = 0.1\r\n", "nni.uniform(0,\r\n   -1e-3 + 1)",
        ["0", "-1e-3 + 1"],
    ),
    "beside other letters": ("é = 'é'; lr = 0.1  # @nni.choice('é', 1)\n", "nni.choice('é', 1)", ["'é'", "1"]),
}  # fmt: skip


@pytest.mark.parametrize(("source", "call", "arguments"), ROWS.values(), ids=ROWS)
def test_the_sampler_and_its_arguments_are_where_they_are_said_to_be(source, call, arguments):
    """As offsets of the file's text."""
    (site,) = read(source).variables
    assert source[slice(*site.call)] == call
    assert [source[slice(*each)] for each in site.arguments] == arguments


def test_a_string_that_is_not_written_as_it_reads_tells_no_places():
    """Escapes move what stands behind them."""
    (site,) = read('"@nni.variable(nni.choice(\\"a\\", 1), name=lr)"\nlr = 1\n').variables
    assert (site.call, site.arguments) == (None, ())


@pytest.mark.parametrize("options", ["[16, 32]", "(16, 32)"])
def test_a_choice_of_one_list_is_answered_with_the_options_as_arguments(options: str) -> None:
    """As Optuna and hyperopt write it: here the list itself would be the only value that is tried."""
    (warning,) = read(f"batch = 64  # @nni.choice({options})\n").diagnostics
    assert warning.code == "W403"
    assert warning.remedy is not None
    assert warning.remedy.startswith("write choice(16, 32);")
