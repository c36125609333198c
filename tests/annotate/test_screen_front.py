"""A study of several metrics on the screen, in lines and at its end: a front, where else there is one best."""

import io
import json
import random

import pytest
from rich.console import Console

from annotate.screen.facts import facts
from annotate.screen.frame import render
from annotate.screen.lines import LineLog
from annotate.screen.summary import summary
from annotate.screen.view import View
from annotate.study import StudySnapshot, TrialEnded, TrialReported
from annotate.trial import FailureReason, Measurement, Objective, Trial, fail, start, succeed

BOTH = (Objective("acc", "maximize", "acc"), Objective("ms", "minimize", "latency"))
KEY = "train/lr/uniform"
REACHED = [(0.80, 10.0), (0.90, 30.0), (0.85, 12.0), (0.70, 40.0), (0.60, 2.0)]


def ran(number, acc, ms):
    trial = Trial(number, {} if number == 0 else {KEY: acc}, baseline=number == 0)
    return succeed(start(trial, at=float(number)), at=number + 5.0, value=acc, further=(ms,))


def snapshot(trials, metrics=BOTH):
    return StudySnapshot(
        study="2026-11-21-0423-train", script="train.py", tuner="tpe", direction="maximize", metric="acc",
        metrics=metrics, now=100.0, started=0.0, budget_trials=20, jobs=2, trials=tuple(trials),
        names={KEY: "lr"}, defaults={KEY: 0.5},
    )  # fmt: skip


def study():
    failed = fail(
        start(Trial(5, {KEY: 0.1}), at=1.0), at=2.0, reason=FailureReason.NO_METRIC, message="no ms"
    )
    reported = (Measurement(0, 95.0, {"acc": 0.4321, "ms": 77.0}),)
    running = start(Trial(6, {KEY: 0.2}, measurements=reported), at=90.0)
    return snapshot([*(ran(number, *values) for number, values in enumerate(REACHED)), failed, running])


def shown(snapshot, width, height, view=View()):  # noqa: B008 - frozen
    console = Console(file=io.StringIO(), width=width, height=height, color_system=None, legacy_windows=False)
    console.print(render(snapshot, width=width, height=height, view=view))
    return console.file.getvalue()


@pytest.mark.parametrize(("width", "height"), [(80, 24), (160, 50)])
def test_the_front_stands_where_the_best_trial_would(width, height):
    """How many none beats, from where to where, who is in their middle, and both metrics of each trial."""
    text = shown(study(), width, height)
    assert "max acc, min latency" in text
    assert "4 trials that none beats   acc 0.9000 … 0.6000   latency 2.000 … 30.00" in text
    assert "trial 2 is in their middle  acc 0.8500" in text
    assert "0.4321    77.00" in text
    assert "★ 1" in text
    assert "✓ 3" in text


def test_trials_are_points_over_two_metrics():
    """Three on the front beside the defaults, and one that is beaten; the first metric grows upwards."""
    text = shown(study(), 160, 50)
    assert "acc by latency" in text
    panel = [line[97:] for line in text.splitlines()]
    legend = next(at for at, line in enumerate(panel) if "none beats it" in line)
    drawn = [line.partition("│")[2] for line in panel[:legend]]
    assert [sum(line.count(glyph) for line in drawn) for glyph in "★◆·"] == [3, 1, 1]
    rows = {glyph: [at for at, line in enumerate(drawn) if glyph in line] for glyph in "★◆·"}
    assert rows["★"][0] < rows["★"][1] < rows["◆"][0] < rows["·"][0] < rows["★"][2]
    assert panel[legend].split("│")[1].strip().endswith("· trials   latency →")


def test_a_single_trial_and_none_are_shown_too():
    assert "1 trial that none beats" in shown(snapshot([ran(0, 0.5, 3.0)]), 80, 24)
    assert "no trial has finished yet" in shown(snapshot([]), 160, 50)
    assert "begins with the first result" in shown(snapshot([]), 160, 50)


def test_an_opened_trial_shows_what_it_gained_in_each_metric():
    text = shown(study(), 140, 40, View(selected=1, opened=True))
    assert (
        "acc 0.9000  +0.1000 (+12.5 %) better  latency 30.00  -20.00 (-200.0 %) worse than the defaults"
        in text
    )


def test_many_metrics_and_a_narrow_screen_break_nothing():
    """Every size gives a picture of that size, with five metrics of long names."""
    many = tuple(Objective(f"m{i}", "maximize", f"a_metric_with_a_long_name_{i}") for i in range(5))
    rng = random.Random(1)
    trials = [
        succeed(start(Trial(n, {KEY: 0.1}), at=1.0), at=2.0, value=rng.random(), further=tuple(rng.random() for _ in range(4)))
        for n in range(30)
    ]  # fmt: skip
    for width, height in [(20, 5), (40, 12), (80, 24), (110, 28), (200, 60)]:
        lines = shown(snapshot(trials, many), width, height).splitlines()
        assert {len(line) for line in lines} <= set(range(width + 1))
        assert len(lines) <= height


def test_facts_that_follow_a_new_trial_are_those_made_anew():
    """The front is kept up to date trial by trial; it is the same as the front of all."""
    rng = random.Random(3)
    trials = [ran(number, rng.random(), rng.random()) for number in range(1, 200)]
    for count in range(1, 200):
        known = facts(snapshot(trials[:count]))
    facts(snapshot([]))
    fresh = facts(snapshot(trials))
    assert known is not fresh
    assert {t.number for t in known.front} == {t.number for t in fresh.front}
    assert known.ranked == fresh.ranked
    assert known.best == fresh.best == snapshot(trials).best


def test_the_summary_lists_the_front_with_its_gains_and_the_parameters_of_its_middle():
    text = summary(study()).plain
    assert "best  4 of 5 trials, which none beats in all metrics" in text
    assert "★ trial 1     acc 0.9000 +0.1000 (+12.5 %) better  latency 30.00 -20.00 (-200.0 %) worse" in text
    assert "the script's own defaults" in text
    assert "trial 2 is in their middle\n  lr  0.85   was 0.5" in text


def said(*events, **facts):
    out = io.StringIO()
    lines = LineLog(out, "acc", "maximize", {KEY: "lr"}, metrics=BOTH, clock=lambda: 0.0, **facts)
    for event in events:
        lines(event)
    return out.getvalue()


def test_lines_say_each_metric_and_what_none_beats():
    text = said(
        TrialReported(0, (Measurement(0, 1.0, {"acc": 0.5, "ms": 3.0}),)),
        *(TrialEnded(ran(number, *values)) for number, values in enumerate(REACHED)),
    )
    assert "trial 0 step 0           acc 0.5000, latency 3.000\n" in text
    assert "acc 0.8000, latency 10.00 in 5.0 s, beaten by none so far\n" in text
    assert "+0.1000 (+12.5 %) better, -20.00 (-200.0 %) worse than the defaults\n" in text
    assert "trial 3 succeeded        acc 0.7000, latency 40.00 in 5.0 s\n" in text


def test_json_lines_have_the_metrics_by_name():
    document = json.loads(said(TrialEnded(ran(1, 0.9, 30.0)), format="json"))
    assert document["values"] == {"acc": 0.9, "latency": 30.0}
