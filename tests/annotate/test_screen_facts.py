"""The facts of the finished trials, and what is predicted from them."""

from __future__ import annotations

import dataclasses
import random

import pytest

from annotate.screen.facts import Facts, facts, queued, running
from annotate.screen.outlook import counted, elapsed, seconds_left
from annotate.trial import TrialState
from tests.annotate.screen_studies import history, study


def test_facts_that_grew_trial_by_trial_are_those_of_all_trials_at_once():
    dice = random.Random(5)
    trials = history(120)
    base = study(finished=0, jobs=0, waiting=0)
    known = []
    order = dice.sample(trials, len(trials))
    while order:
        step = min(len(order), dice.choice([1, 1, 1, 2, 7]))
        known, order = sorted([*known, *order[:step]], key=lambda t: t.number), order[step:]
        grown = facts(dataclasses.replace(base, trials=tuple(known)))
        fresh = Facts(tuple(known), "maximize")
        for name in (
            "counts",
            "latest",
            "ranked",
            "longest",
            "best",
            "values",
            "best_so_far",
            "causes",
            "typical",
        ):
            assert getattr(grown, name) == getattr(fresh, name), name


def test_facts_are_the_same_object_while_no_trial_finishes():
    assert facts(study()) is facts(dataclasses.replace(study(), jobs=9))


def test_a_trial_that_is_run_again_is_no_longer_among_the_finished():
    snapshot = study(finished=47, jobs=0, waiting=0)
    failed = next(t for t in snapshot.trials if t.state is TrialState.FAILED)
    again = dataclasses.replace(failed, state=TrialState.QUEUED)
    changed = dataclasses.replace(
        snapshot, trials=tuple(again if t is failed else t for t in snapshot.trials)
    )
    before = facts(snapshot).counts[TrialState.FAILED]
    assert facts(changed).counts[TrialState.FAILED] == before - 1
    assert queued(changed) == [again]


def test_the_best_of_the_facts_is_the_best_of_the_snapshot():
    for direction in ("maximize", "minimize"):
        snapshot = dataclasses.replace(study(finished=47), direction=direction)
        assert facts(snapshot).best == snapshot.best


def test_failed_trials_do_not_use_up_the_budget():
    known = facts(study(finished=47))
    assert counted(known) == 47 - known.counts[TrialState.FAILED]


def test_nothing_is_predicted_before_the_first_result():
    assert seconds_left(study(finished=0), facts(study(finished=0))) is None


def test_with_all_but_one_trial_done_what_is_left_is_the_rest_of_that_one():
    snapshot = study(finished=13, budget=14, jobs=1, waiting=0)
    known = facts(snapshot)
    (last,) = running(snapshot)
    assert seconds_left(snapshot, known) == pytest.approx(known.typical - (snapshot.now - last.started))


def test_more_jobs_mean_less_time():
    few = study(finished=13, budget=100, waiting=0)
    many = dataclasses.replace(few, jobs=16)
    assert seconds_left(many, facts(many)) < seconds_left(few, facts(few)) / 3


def test_jobs_for_which_there_is_no_slot_end_nothing_sooner():
    """A trial that waits for a GPU, another program's say, shows how many really run at once."""
    held = study(finished=13, budget=100, jobs=3, waiting=1)
    more = dataclasses.replace(held, jobs=16)
    assert seconds_left(more, facts(more)) == seconds_left(held, facts(held))


def test_nothing_is_predicted_while_every_gpu_is_somebody_elses():
    held = study(finished=13, budget=20, jobs=0, waiting=1)
    assert seconds_left(held, facts(held)) is None


def test_a_budget_of_time_bounds_the_estimate():
    snapshot = dataclasses.replace(
        study(finished=13, budget=10**6), budget_seconds=elapsed(study(finished=13)) + 60
    )
    assert seconds_left(snapshot, facts(snapshot)) == pytest.approx(60)


def test_the_time_between_two_sessions_is_not_time_of_the_study():
    assert elapsed(dataclasses.replace(study(), elapsed=12.5)) == 12.5
