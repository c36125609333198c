"""Metrics that are printed, parameters that are given as options."""

import asyncio
import dataclasses
import re

import pytest

from annotate.errors import UsageError
from annotate.study.flags import Given, arguments
from annotate.study.pattern import Reading, compiled, values
from annotate.study.ports import News


class Silent:
    """A process that reports nothing; the test writes its log."""

    pid = 1

    def __init__(self, log):
        self.log = log

    def news(self):
        return News()

    async def wait(self):
        return 0


@pytest.fixture
def reading(tmp_path):
    return Reading(Silent(tmp_path / "log"), re.compile(r"acc: (\S+)"))


def write(reading, text):
    with reading.log.open("a", newline="") as log:
        log.write(text)


def said(reading):
    return [(m.step, m.values["default"], m.final) for m in reading.news().measurements]


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (r"acc: (\S+)", "acc: 0.5, acc: 91%\nacc: none", [0.5, 91.0]),
        (r"\d+\.\d+", "a 0.25 b 1.5", [0.25, 1.5]),
        (r"loss=(\S+)|err=(\S+)", "err=2 loss=1e-3", [2.0, 0.001]),
        (r"x (\S+)", "x -inf", [float("-inf")]),
        (r"^acc: (\S+)$", "begin\nacc: 0.5\nno acc: 0.6\r\nacc: 0.7\racc: 0.8\n", [0.5, 0.7, 0.8]),
        (r"acc:\s*(\S+)", "acc:\n3 files written\n", []),
        (r"^acc: (\S+)$", "\x1b[1;32macc:\x1b[0m \x1b[32m0.5\x1b[0m\n", [0.5]),
    ],
)
def test_numbers_are_found_as_they_are_printed(pattern, text, found):
    """The first group that matched, else the whole match; what is no number is left out, and lines are by themselves."""
    assert values(re.compile(pattern), text) == found


def test_a_line_counts_once_it_is_whole(reading):
    """Half a number is no number; a progress bar's carriage return ends a line."""
    assert said(reading) == []
    write(reading, "acc: 0.1\nacc: 0.")
    assert said(reading) == [(0, 0.1, False)]
    write(reading, "25\racc: 0.3\n")
    assert said(reading) == [(1, 0.25, False), (2, 0.3, False)]


def test_the_last_one_counts_when_the_trial_has_ended(reading):
    """Also where the last line has no newline; it is told once, and is not final: that is for who knows how it ended."""
    write(reading, "acc: 0.1\n")
    said(reading)
    write(reading, "acc: 0.7")
    asyncio.run(reading.wait())
    assert said(reading) == [(1, 0.7, False)]
    assert said(reading) == []


def test_a_log_that_begins_anew_is_read_from_its_beginning(reading):
    """As that of a forked trial does, which is run again as a fresh process."""
    write(reading, "acc: 0.1\nimporting\n")
    assert said(reading) == [(0, 0.1, False)]
    reading.log.write_text("acc: 0.2\n")
    assert said(reading) == [(1, 0.2, False)]


def test_a_long_log_is_read_to_its_end(reading):
    """In pieces, each with the promise of more."""
    write(reading, "".join(f"step {n} acc: {n}\n" for n in range(40_000)))
    asyncio.run(reading.wait())
    found, more = [], True
    while more:
        news = reading.news()
        found += news.measurements
        more = news.more
    assert [m.values["default"] for m in found] == [*map(float, range(40_000))]


def test_a_pattern_that_is_none_is_a_mistake_of_the_user():
    """Said before anything is written."""
    with pytest.raises(UsageError):
        compiled("(")


def test_parameters_become_options():
    """Numbers in full, a value that begins with a dash joined to its option, nothing for what has no value."""
    flags = {"lr": "--lr", "name": "--name", "deep": "--deep", "n": "-n"}
    assert arguments({"lr": 0.1 + 0.2, "name": "-x", "n": -1, "deep": True}, flags) == [
        "--lr", "0.30000000000000004", "--name=-x", "--deep", "True", "-n", "-1",
    ]  # fmt: skip
    assert arguments({}, flags) == []


def test_what_was_given_counts_as_read_once(tmp_path):
    """So that the tuner does not take it for inactive."""
    given = Given(Silent(tmp_path / "log"), ("lr",))
    assert [given.news().reads, given.news().reads] == [["lr"], ()]
    assert dataclasses.asdict(given.news())["measurements"] == ()
