"""The picture: golden files a person can read, and what holds for any snapshot at any size."""

from __future__ import annotations

import dataclasses
import io
import math
import string

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from annotate.screen import View, render
from annotate.screen.view import Kill, Stop
from annotate.study.snapshot import GpuReading, Machine, StudySnapshot
from annotate.trial import FailureReason, Measurement, Trial, TrialState
from tests.annotate.screen_scenes import SIZES, path, picture, scenes
from tests.annotate.screen_studies import study


@pytest.mark.parametrize("size", SIZES, ids=lambda size: "{}x{}".format(*size))
@pytest.mark.parametrize("scene", scenes())
def test_the_picture_is_the_one_that_a_person_approved(scene, size):
    assert picture(scene, *size) == path(scene, *size).read_text(encoding="utf-8")


NASTY = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        [
            "\x1b[2J\x1b[31mred", "\x1b]0;title\x07", "a\nb\r\nc", "[bold]x[/bold]", "[/]", ":smile:", "训练数据集" * 9,
            "e\u0301\u0301\u0301", "👩‍👩‍👧‍👦", "❤️", "\u202eright to left", "\ud800", "\x9b31m", "", "\x00\x07\x08",
        ]
    ),
)  # fmt: skip
NUMBERS = st.one_of(
    st.floats(width=64), st.sampled_from([0.0, math.nan, math.inf, -math.inf, 1e308, 5e-324, -1e308, 0.1])
)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
TIMES = st.floats(min_value=0, max_value=1e7)
JSON = st.one_of(st.none(), st.booleans(), st.integers(), NUMBERS, NASTY, st.lists(st.integers(), max_size=5))
KEYS = ["a/lr/uniform", "a/model/choice", "b/x/choice"]


@st.composite
def trials(draw: st.DrawFn, number: int) -> Trial:
    """A trial in any state, with anything in it."""
    state = draw(st.sampled_from(TrialState))
    started = draw(st.none() | TIMES)
    return Trial(
        number=number,
        params=draw(st.dictionaries(st.sampled_from(KEYS), JSON)),
        state=state,
        baseline=number == 0 and draw(st.booleans()),
        value=draw(st.none() | FINITE) if state is not TrialState.SUCCEEDED else draw(FINITE),
        measurements=tuple(
            Measurement(step=i, time=0.0, values={"default": draw(NUMBERS)})
            for i in range(draw(st.integers(0, 4)))
        ),
        started=started,
        ended=None if started is None or not state.finished else started + draw(TIMES),
        reason=draw(st.sampled_from(FailureReason)) if state is TrialState.FAILED else None,
        message=draw(st.none() | NASTY),
        gpus=tuple(draw(st.lists(NASTY, max_size=2))),
    )


@st.composite
def snapshots(draw: st.DrawFn) -> StudySnapshot:
    """Any snapshot that a study could make, and some that it could not."""
    some = tuple(draw(trials(number)) for number in range(draw(st.integers(0, 8))))
    gib = 2**30
    return StudySnapshot(
        study=draw(NASTY), script=draw(NASTY), tuner=draw(NASTY), metric=draw(NASTY),
        direction=draw(st.sampled_from(["maximize", "minimize"])),
        now=draw(TIMES), started=draw(TIMES), jobs=draw(st.integers(1, 99)), trials=some,
        budget_trials=draw(st.none() | st.integers(1, 10**6)), budget_seconds=draw(st.none() | TIMES),
        names={key: draw(NASTY) for key in KEYS}, defaults=draw(st.dictionaries(st.sampled_from(KEYS), JSON)),
        waiting=draw(st.dictionaries(st.integers(0, 9), NASTY, max_size=3)),
        notices=tuple(draw(st.lists(NASTY, max_size=4))),
        machine=Machine(
            cpu=tuple(draw(st.lists(st.floats(0, 1), max_size=70))), memory_used=draw(st.integers(0, 900 * gib)),
            memory_total=draw(st.integers(0, 900 * gib)),
            gpus=tuple(GpuReading(i, draw(NASTY), gib, draw(st.integers(0, 80 * gib)), draw(st.none() | st.floats(0, 1)),
                                  draw(NASTY)) for i in range(draw(st.integers(0, 9)))),
        ),
        phase=draw(st.sampled_from(["running", "paused", "stopping", "finished"])),
    )  # fmt: skip


VIEWS = st.builds(
    View,
    sort=st.sampled_from(["latest", "best", "number", "longest"]),
    selected=st.none() | st.integers(0, 9),
    opened=st.booleans(),
    help=st.booleans(),
    asked=st.sampled_from([None, Stop(), Kill(3)]),
    mode=st.sampled_from(["silent", "keys", "watching"]),
    log=st.lists(NASTY, max_size=5).map(tuple),
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(snapshots(), st.integers(40, 210), st.integers(10, 70), VIEWS)
def test_any_snapshot_at_any_size_fills_exactly_that_size_with_harmless_characters(
    snapshot, width, height, view
):
    block = render(snapshot, width=width, height=height, view=view).block
    assert len(block) == height
    for line in block:
        text = "".join(segment.text for segment in line)
        assert cell_len(text) == width, text
        assert all(char.isprintable() for char in text), ascii(text)
        assert not set(text) & {"\u200d", "\ufe0f"}


@pytest.mark.parametrize("size", [(1, 1), (5, 3), (20, 5), (39, 9), (110, 10), (300, 4), (400, 200)])
def test_even_a_size_that_no_one_can_read_is_kept(size):
    width, height = size
    block = render(study(), width=width, height=height, view=View(mode="keys")).block
    assert [cell_len("".join(s.text for s in line)) for line in block] == [width] * height


def test_markup_in_a_users_text_is_shown_as_it_stands():
    shown = dataclasses.replace(study(), script="[red]x[red].py", notices=("[bold]note[/bold]",))
    text = render(shown, width=160, height=50).text
    assert "[red]x[red].py" in text
    assert "[bold]note[/bold]" in text


def _bytes_of(snapshot: StudySnapshot, encoding: str = "utf-8", **console) -> str:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding=encoding, newline="")
    Console(file=out, force_terminal=True, width=160, height=50, legacy_windows=False, **console).print(
        render(snapshot, width=160, height=50)
    )
    out.flush()
    return raw.getvalue().decode(encoding)


def test_without_colour_nothing_of_colour_is_written(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    written = _bytes_of(study())
    assert "38;" not in written
    assert "✓ 12" in written


def test_with_colour_the_colours_are_there(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "38;2;" in _bytes_of(study(), color_system="truecolor")


def test_a_console_that_cannot_write_unicode_gets_ascii_of_the_same_width():
    written = _bytes_of(dataclasses.replace(study(), script="训练.py"), encoding="ascii", color_system=None)
    lines = written.rstrip("\n").split("\n")
    assert all(char in string.printable for char in written)
    assert [len(line) for line in lines] == [160] * 50


def test_a_minimized_metric_that_went_down_is_a_gain():
    snapshot = study(finished=13)
    negated = dataclasses.replace(
        snapshot,
        direction="minimize",
        metric="loss",
        trials=tuple(
            dataclasses.replace(t, value=None if t.value is None else 1 - t.value) for t in snapshot.trials
        ),
    )
    assert "+0.0224 (+20.0 %) better than the defaults' 0.1117" in render(negated, width=100, height=24).text


def test_the_same_snapshot_gives_the_same_picture_whatever_was_drawn_before():
    first = render(study(), width=100, height=30).text
    render(study(finished=47, budget=100), width=100, height=30)
    assert render(study(), width=100, height=30).text == first
