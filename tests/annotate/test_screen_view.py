"""What keys do: a pure function of view, key and snapshot."""

from __future__ import annotations

import dataclasses

import pytest

from annotate.screen.view import Jobs, Kill, Pause, Resume, Stop, View, press
from tests.annotate.screen_studies import study

SNAPSHOT = study(finished=13)  # 13 to 16 run, 17 waits
KEYS = View(mode="keys")


def typed(view, *keys, snapshot=SNAPSHOT):
    """The view after some keys, and all that they asked for."""
    commands = []
    for key in keys:
        view, command = press(view, key, snapshot)
        commands += [command] if command is not None else []
    return view, commands


@pytest.mark.parametrize(
    ("keys", "selected"),
    [
        (["down"], 13),
        (["up"], 13),
        (["down", "down"], 14),
        (["down", "up"], 13),
        (["end"], 2),
        (["end", "down"], 2),
        (["end", "home"], 13),
        (["down", "pagedown", "pageup"], 13),
        (["down", "down", "down", "down", "down"], 12),
    ],
)
def test_the_cursor_walks_over_running_and_then_finished_trials(keys, selected):
    assert typed(KEYS, *keys)[0].selected == selected


def test_the_cursor_comes_back_to_the_top_when_its_trial_is_gone():
    assert press(dataclasses.replace(KEYS, selected=999), "down", SNAPSHOT)[0].selected == 13


def test_with_no_trial_there_is_no_cursor():
    assert press(KEYS, "down", study(finished=0, jobs=0, waiting=0))[0].selected is None


def test_enter_opens_the_trial_under_the_cursor_and_escape_goes_back_in_two_steps():
    view, _ = typed(KEYS, "down", "enter")
    assert (view.opened, view.selected) == (True, 13)
    view, _ = typed(view, "esc")
    assert (view.opened, view.selected) == (False, 13)
    assert typed(view, "esc")[0].selected is None


def test_enter_opens_nothing_without_a_cursor():
    assert not press(KEYS, "enter", SNAPSHOT)[0].opened


def test_moving_on_forgets_the_log_of_the_trial_before():
    view = dataclasses.replace(KEYS, selected=13, opened=True, log=("old",))
    assert press(view, "down", SNAPSHOT)[0].log == ()


@pytest.mark.parametrize(
    ("answer", "commands"), [("y", [Kill(14)]), ("enter", [Kill(14)]), ("n", []), ("x", []), ("esc", [])]
)
def test_a_trial_is_killed_only_after_a_yes(answer, commands):
    view, done = typed(KEYS, "down", "down", "k", answer)
    assert done == commands
    assert view.asked is None


def test_a_finished_trial_cannot_be_killed():
    assert typed(KEYS, "end", "k", "y")[1] == []


def test_the_question_names_the_trial_it_was_asked_for():
    view, _ = typed(KEYS, "down", "k")
    assert view.asked == Kill(13)


@pytest.mark.parametrize(("answer", "commands"), [("y", [Stop()]), ("n", []), ("q", [])])
def test_the_study_is_stopped_only_after_a_yes(answer, commands):
    assert typed(KEYS, "q", answer)[1] == commands


def test_pause_and_go_on_are_one_key():
    assert press(KEYS, "p", SNAPSHOT)[1] == Pause()
    assert press(KEYS, "p", dataclasses.replace(SNAPSHOT, phase="paused"))[1] == Resume()


@pytest.mark.parametrize("phase", ["stopping", "finished"])
def test_a_study_that_ends_is_not_paused(phase):
    assert press(KEYS, "p", dataclasses.replace(SNAPSHOT, phase=phase))[1] is None


def test_plus_and_minus_change_the_jobs_but_never_to_none():
    assert press(KEYS, "+", SNAPSHOT)[1] == Jobs(5)
    assert press(KEYS, "-", SNAPSHOT)[1] == Jobs(3)
    assert press(KEYS, "-", dataclasses.replace(SNAPSHOT, jobs=1))[1] is None


def test_s_goes_through_the_orders_and_round():
    view, sorts = KEYS, []
    for _ in range(4):
        view, _ = press(view, "s", SNAPSHOT)
        sorts.append(view.sort)
    assert sorts == ["best", "number", "longest", "latest"]


def test_any_key_closes_the_help_and_does_nothing_else():
    view, commands = typed(KEYS, "?", "q", "x")
    assert (view.help, view.asked, commands) == (False, None, [])


@pytest.mark.parametrize("key", ["x", "\t", "K"])
def test_a_key_without_a_meaning_to_a_watcher_does_nothing(key):
    watching = View(mode="watching", selected=13)
    assert press(watching, key, SNAPSHOT) == (watching, None)


@pytest.mark.parametrize("key", ["k", "p", "+", "-"])
def test_who_only_watches_changes_nothing_and_is_told_what_does(key):
    watching = View(mode="watching", selected=13)
    view, command = press(watching, key, SNAPSHOT)
    assert command is None
    assert "annotate " in view.said
    assert press(view, "x", SNAPSHOT) == (watching, None)


def test_who_only_watches_leaves_without_being_asked():
    assert press(View(mode="watching"), "q", SNAPSHOT)[1] == Stop()


@pytest.mark.parametrize("key", ["x", "\t", "Q", "1", "ö", ""])
def test_a_key_without_a_meaning_does_nothing(key):
    assert press(KEYS, key, SNAPSHOT) == (KEYS, None)


def test_a_key_that_can_do_nothing_says_why():
    """`k` away from a running trial, `-` at one job; the next key takes the answer away."""
    view, command = press(View(mode="keys"), "k", SNAPSHOT)
    assert (command, "running trial" in view.said) == (None, True)
    assert press(view, "s", SNAPSHOT)[0].said == ""
    least = dataclasses.replace(SNAPSHOT, jobs=1)
    assert press(View(mode="keys"), "-", least)[0].said
