"""A study in lines, and what stays when it is over."""

from __future__ import annotations

import dataclasses
import io
import json
import math

import pytest
from rich.console import Console

from annotate.screen.lines import QUIET, LineLog
from annotate.screen.summary import summary
from annotate.study.events import Notice, StudyEnded, TrialEnded, TrialReported, TrialRetried, TrialStarted
from annotate.trial import FailureReason, Measurement, Trial, TrialState, fail, start
from tests.annotate.screen_studies import NAMES, TRACE, history, study


class Clock:
    """A clock that a test moves."""

    now = 1_795_000_000.0

    def __call__(self) -> float:
        return self.now


def log(style="text", direction="maximize", clock=None):
    """A line log into a string."""
    out = io.StringIO()
    return LineLog(out, "accuracy", direction, NAMES, style, clock or Clock()), out


def said(*events, **options):
    """The lines of some events, without their times of day."""
    lines, out = log(**options)
    for event in events:
        lines(event)
    return [line[10:] for line in out.getvalue().splitlines()]


BASE, FIRST = history(2)
LR = Trial(number=7, params={"train/lr/loguniform": 0.0123, "train/model/choice": "vgg11"}, gpus=("1",))


@pytest.mark.parametrize("style", ["text", "json"])
def test_the_first_line_names_the_study(style):
    """Whoever reads a log in CI, or a program, needs its id for every other command."""
    lines, out = log(style)
    lines.begin(study(budget=20, jobs=4))
    (line,) = out.getvalue().splitlines()
    assert "2026-11-21-0423-train" in line
    if style == "json":
        begun = json.loads(line)
        assert begun["event"] == "study-begun"
        assert begun["names"] == NAMES
        assert (begun["trials"], begun["jobs"], begun["direction"]) == (20, 4, "maximize")
    else:
        assert line.endswith("train.py, tpe, maximize accuracy, 20 trials")


def ended(value, number=7, state=TrialState.SUCCEEDED, **more):
    """The end of a trial that took a minute."""
    return TrialEnded(
        dataclasses.replace(LR, number=number, state=state, value=value, started=0.0, ended=60.0, **more)
    )


def test_a_start_says_the_parameters_by_their_short_names():
    assert said(TrialStarted(LR)) == ["trial 7 started          lr=0.0123 model=vgg11 gpu=1"]


def test_a_baseline_is_called_what_it_is():
    assert "the script's own defaults" in said(TrialStarted(BASE))[0]


def test_a_new_best_says_what_it_gained_over_the_defaults():
    lines = said(ended(0.8, 0, baseline=True), ended(0.9, 1), ended(0.85, 2))
    assert lines == [
        "trial 0 succeeded        accuracy 0.8000 in 1:00, best so far",
        "trial 1 succeeded        accuracy 0.9000 in 1:00, best so far, +0.1000 (+12.5 %) better than the defaults",
        "trial 2 succeeded        accuracy 0.8500 in 1:00",
    ]


def test_where_less_is_better_less_is_a_gain():
    assert (
        "+0.1000 (+20.0 %) better"
        in said(ended(0.5, 0, baseline=True), ended(0.4, 1), direction="minimize")[1]
    )


def test_a_failure_says_why_in_the_last_line_of_its_traceback():
    (line,) = said(ended(None, state=TrialState.FAILED, reason=FailureReason.OOM, message=TRACE))
    assert line.startswith("trial 7 failed           oom: torch.OutOfMemoryError: CUDA out of memory.")
    assert line.endswith(" (after 1:00)")


def test_a_retry_a_notice_and_the_end_are_a_line_each():
    failed = dataclasses.replace(LR, state=TrialState.FAILED, reason=FailureReason.LOST)
    assert said(
        TrialRetried(LR, failed), Notice("no GPU"), StudyEnded("gave-up", "3 of 3 trials failed")
    ) == [
        "trial 7 failed (lost) and is tried again",
        "note: no GPU",
        "study gave up: 3 of 3 trials failed",
    ]


def test_a_users_text_stays_on_its_line_and_acts_on_no_terminal():
    assert said(Notice("a\x1b[2Jb\nc")) == ["note: ab c"]


def test_reports_of_one_trial_are_shown_at_most_every_ten_seconds():
    clock = Clock()
    lines, out = log(clock=clock)
    for step in range(100):
        lines(TrialReported(7, (Measurement(step, clock.now, {"default": 0.5}),)))
        clock.now += 1
    assert len(out.getvalue().splitlines()) == 100 // QUIET


def test_in_json_there_is_one_document_an_event_with_every_report_in_it():
    lines, out = log(style="json")
    lines(TrialStarted(LR))
    lines(
        TrialReported(7, (Measurement(0, 1.0, {"default": math.nan}), Measurement(1, 2.0, {"default": 0.5})))
    )
    lines(StudyEnded("finished", "done"))
    first, second, third = (
        json.loads(line, parse_constant=pytest.fail) for line in out.getvalue().splitlines()
    )
    assert first["event"] == "trial-started"
    assert first["trial"]["params"] == LR.params
    assert [m["values"]["default"] for m in second["measurements"]] == [None, 0.5]
    assert third == {
        "time": Clock.now,
        "event": "study-ended",
        "how": "finished",
        "why": "done",
        "traceback": "",
    }


def test_a_reader_that_has_gone_away_ends_the_lines_and_not_the_study():
    class Closed(io.StringIO):
        tries = 0

        def write(self, _text):
            self.tries += 1
            raise BrokenPipeError

    out = Closed()
    lines = LineLog(out, "accuracy", "maximize", NAMES, clock=Clock())
    lines(Notice("one"))
    lines(Notice("two"))
    assert out.tries == 1


def printed(snapshot, *steps, width=60):
    """The summary as a console of some width prints it."""
    out = io.StringIO()
    Console(file=out, width=width).print(summary(snapshot, steps), soft_wrap=True)
    return out.getvalue()


def test_the_summary_has_the_best_parameters_in_full_beside_the_defaults():
    text = printed(study(finished=13), ("annotate best", "show them"))
    assert "best  accuracy 0.9107" in text
    assert "+0.0224 (+2.5 %) better than the defaults' 0.8883" in text
    assert "  lr          0.008513064642102839   was 0.1\n" in text
    assert '  model       "mobilenet_v2"         was "resnet18"\n' in text
    assert text.rstrip().endswith("next\n  annotate best   show them")


def test_the_summary_groups_failures_by_their_cause():
    text = printed(study(finished=47, jobs=0, waiting=0))
    assert "✗ 5 trials: oom  torch.OutOfMemoryError" in text
    assert "  43, 34, 29, 27, 18\n" in text


def test_numbers_do_not_tell_one_cause_from_another():
    """Each trial of a misspelt `--param` says its own value."""
    said = "train.py: error: unrecognized arguments: --rate "
    trials = [
        fail(start(Trial(n, {}), at=n), at=n + 1, reason=FailureReason.EXCEPTION, message=f"{said}{n / 8}")
        for n in range(1, 9)
    ]
    text = printed(dataclasses.replace(study(finished=0, jobs=0, waiting=0), trials=tuple(trials)))
    assert f"✗ 8 trials: exception  {said}1.0\n" in text
    assert text.count("✗ 8 trials") == 1
    assert "other ways to fail" not in text


def test_a_study_without_a_success_says_so():
    assert "No trial succeeded" in printed(study(finished=0, jobs=0, waiting=0))


def test_one_trial_is_one_trial():
    assert "  1 trial in " in printed(study(finished=1, jobs=0, waiting=0))


def test_no_line_of_the_summary_is_wrapped_or_cut():
    long = dataclasses.replace(study(), script="x" * 200)
    assert "x" * 200 in printed(long, width=40)


def test_when_the_defaults_are_the_best_the_summary_says_so():
    assert "the script's own defaults, so far unbeaten" in printed(study(finished=1, jobs=0, waiting=0))
