"""What a study takes of another one: what fits, with its result; the rest counted, and told why."""

import dataclasses

import pytest

from annotate.errors import UsageError
from annotate.storage import StudyMeta
from annotate.study.warming import learned
from annotate.trial import FailureReason, Objective, Taken, Trial, fail, start, stop_early, succeed

LR, BATCH = "train/lr/loguniform", "train/batch/choice"


def meta(study, lr=(1e-4, 1.0), **facts):
    return StudyMeta(
        **{
            "study": study, "script": "/a/train.py", "code_dir": "/a", "cwd": "/a", "command": ["python", "train.py"],
            "created": 1.0, "tuner": "tpe", "direction": "maximize", "seed": 1, "metric": "acc",
            "space": {LR: {"_type": "loguniform", "_value": list(lr)}, BATCH: {"_type": "choice", "_value": [16, 32]}},
            "names": {LR: "lr", BATCH: "batch"}, "defaults": {LR: 0.1, BATCH: 16}, **facts,
        }
    )  # fmt: skip


def ran(number, lr, value=0.5, batch=16, **facts):
    trial = Trial(number, {} if lr is None else {LR: lr, BATCH: batch}, baseline=lr is None)
    return dataclasses.replace(succeed(start(trial, at=1.0), at=2.0, value=value), **facts)


def test_finished_trials_are_taken_with_their_results_and_the_rest_is_counted():
    failed = fail(start(Trial(3, {LR: 0.1, BATCH: 16}), at=1.0), at=2.0, reason=FailureReason.OOM)
    stopped = stop_early(start(Trial(4, {LR: 0.2, BATCH: 32}), at=1.0), at=2.0, value=0.25)
    trials = [ran(0, None), ran(1, 0.5, 0.9), ran(2, 0.001), failed, stopped, Trial(5, {LR: 0.1, BATCH: 16})]
    warm = learned(meta("old"), trials, meta("new", lr=(1e-2, 1.0)))
    assert warm.taken == (
        Taken("old", 0, {LR: 0.1, BATCH: 16}, 0.5),
        Taken("old", 1, {LR: 0.5, BATCH: 16}, 0.9),
        Taken("old", 4, {LR: 0.2, BATCH: 32}, 0.25),
    )
    assert warm.text == "3 of 6 trials of old taken: 1 lies outside the space, 2 have no result"


def test_parameters_are_the_same_by_name_and_one_that_is_missing_there_leaves_the_trial_out():
    """lr has become another kind and is known all the same; a study without batch has nothing for us."""
    renamed = meta(
        "old",
        space={"train/lr/uniform": {"_type": "uniform", "_value": [0, 1]}},
        names={"train/lr/uniform": "lr"},
    )
    trials = [succeed(start(Trial(1, {"train/lr/uniform": 0.5}), at=1.0), at=2.0, value=0.9)]
    here = meta("new", space={LR: {"_type": "loguniform", "_value": [1e-4, 1.0]}}, names={LR: "lr"})
    assert learned(renamed, trials, here).taken == (Taken("old", 1, {LR: 0.5}, 0.9),)
    assert learned(renamed, trials, meta("new")).text == "0 of 1 trials of old taken: 1 has no batch"


def test_what_a_trial_never_read_is_not_missing():
    """It was not active there, and the tuner is told so."""
    warm = learned(meta("old"), [ran(1, 0.5, unread=frozenset({BATCH}))], meta("new"))
    assert warm.taken == (Taken("old", 1, {LR: 0.5}, 0.5, inactive=(BATCH,)),)


@pytest.mark.parametrize(("facts", "said"), [
    ({"direction": "minimize"}, "maximize acc, and this study is to minimize acc"),
    ({"metrics": (Objective("f1", "maximize", "f1"),), "metric": "f1"}, "maximize acc, and this study is to maximize f1"),
])  # fmt: skip
def test_a_study_of_another_direction_or_metric_is_refused(facts, said):
    with pytest.raises(UsageError, match=said):
        learned(meta("old"), [ran(1, 0.5)], meta("new", **facts))


def test_a_metric_of_another_name_is_taken_for_ours_and_that_is_told():
    """Both are the plain number that the script reports; a variable may have been renamed."""
    warm = learned(meta("old"), [ran(1, 0.5)], meta("new", metric="val_acc"))
    assert warm.text == "1 of 1 trials of old taken; its acc is taken for val_acc here"


def test_of_several_metrics_a_trial_has_all_or_is_left_out():
    both = (Objective("acc", "maximize", "acc"), Objective("ms", "minimize", "ms"))
    trials = [ran(1, 0.5, further=(3.0,)), ran(2, 0.6)]
    warm = learned(meta("old", metrics=both), trials, meta("new", metrics=both))
    assert [(taken.trial, taken.further) for taken in warm.taken] == [(1, (3.0,))]
