"""The page of a finished trial: its curve is read from the study, since a snapshot has the running ones' only."""

import dataclasses
import io

from rich.console import Console

from annotate.screen import View, render
from annotate.screen.live import LiveScreen
from annotate.trial import Measurement
from tests.annotate.screen_studies import study

WHOLE = study(finished=20)
SNAPSHOT = dataclasses.replace(
    WHOLE,
    trials=tuple(dataclasses.replace(t, measurements=()) if t.state.finished else t for t in WHOLE.trials),
)
REPORTS = {t.number: t.measurements for t in WHOLE.trials if t.state.finished}
OPENED = next(
    t.number for t in WHOLE.trials if t.state.finished and t is not WHOLE.best and len(t.measurements) > 5
)


def test_a_finished_trial_has_its_curve_beside_the_best_one():
    """As a running one has."""
    view = View(mode="keys", selected=OPENED, opened=True, reports=REPORTS)
    text = render(SNAPSHOT, width=100, height=40, view=view).text
    assert f"{len(REPORTS[OPENED])} reports" in text
    assert f"trial {WHOLE.best.number}, the best" in text
    without = render(SNAPSHOT, width=100, height=40, view=dataclasses.replace(view, reports={})).text
    assert "no values yet" in without


def test_reports_are_read_once_a_trial():
    """Not four times a second; those of the opened trial and of the best."""
    asked = []

    def read(number: int) -> tuple[Measurement, ...]:
        asked.append(number)
        return REPORTS[number]

    console = Console(file=io.StringIO(), force_terminal=True, width=100, height=40)
    screen = LiveScreen(console, read_reports=read, clock=iter(range(1000)).__next__)
    screen._view = View(mode="keys", selected=OPENED, opened=True)
    with screen:
        for _ in range(3):
            screen.update(SNAPSHOT)
    assert sorted(asked) == sorted({OPENED, WHOLE.best.number})
