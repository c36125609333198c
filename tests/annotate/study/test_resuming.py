"""Before a study runs again: its source held against today's, its failed trials queued."""

import dataclasses

import pytest

from annotate.errors import UsageError
from annotate.study import OnFailure
from annotate.study.resuming import keep_source, renewed, run_again, source_diff
from annotate.trial import TrialState


def test_a_source_that_is_the_same_has_no_diff(tmp_path):
    files = {"train.py": b"lr = 0.1\n", "models/net.py": b"\xff\r\n"}
    keep_source(tmp_path, files)
    assert source_diff(tmp_path, files) == ""


def test_a_changed_source_is_shown_as_a_diff(tmp_path):
    keep_source(tmp_path, {"train.py": b"lr = 0.1\n", "gone.py": b"x\n", "same.py": b"y\n"})
    assert source_diff(tmp_path, {"train.py": b"lr = 0.2\n", "new.py": b"z", "same.py": b"y\n"}) == (
        "--- gone.py (as the study has it)\n+++ gone.py (now)\n@@ -1 +0,0 @@\n-x\n"
        "--- new.py (as the study has it)\n+++ new.py (now)\n@@ -0,0 +1 @@\n+z\n\\ No newline at end of file\n"
        "--- train.py (as the study has it)\n+++ train.py (now)\n@@ -1 +1 @@\n-lr = 0.1\n+lr = 0.2\n"
    )


def test_a_change_that_a_diff_cannot_show_is_told(tmp_path):
    keep_source(tmp_path, {"train.py": b"a \xff\n"})
    assert "train.py differs" in source_diff(tmp_path, {"train.py": b"a \xfe\n"})


async def good(process):
    process.report(process.params.get("t/lr/uniform", 0.0), final=True)
    return 0


def test_failed_trials_run_again_with_their_parameters(lab):
    async def odd_ones_fail(process):
        return 1 if process.trial.number == 1 else await good(process)

    lab.run(odd_ones_fail, trials=3)
    params = lab.store.trial(1).params
    assert [t.number for t in run_again(lab.store)] == [1]
    lab.run(good, trials=4)
    trial = lab.store.trial(1)
    assert (trial.state, trial.attempt, trial.params) == (TrialState.SUCCEEDED, 2, params)
    assert len(lab.store.trials()) == 4


@pytest.mark.parametrize(("number", "said"), [(0, "is succeeded"), (9, "not in this study")])
def test_only_a_failed_trial_is_run_again(lab, number, said):
    lab.run(good, trials=1)
    with pytest.raises(UsageError, match=said):
        run_again(lab.store, [number])


def test_with_new_code_the_baseline_is_told_with_the_defaults_it_ran_with(lab):
    lab.run(good, trials=2)
    for default in (6, 7):
        meta = renewed(
            lab.store.meta(),
            space=lab.store.meta().space,
            defaults={"t/lr/uniform": default},
            names={},
            source_hash="new",
            git_commit=None,
        )
        lab.store.write_meta(meta)
    lab.tuner.told.clear()
    lab.run(good, trials=3)
    assert lab.tuner.told[0] == ("observe", 0, {"t/lr/uniform": 5}, 0.0)


def test_a_changed_space_keeps_the_history(lab):
    lab.run(good, trials=2)
    meta = lab.store.meta()
    space = {**meta.space, "t/new/uniform": {"_type": "uniform", "_value": [0, 1]}}
    lab.store.write_meta(dataclasses.replace(meta, space=space))
    lab.tuner.told.clear()
    lab.run(good, trials=3)
    assert next(call for call in lab.tuner.told if call[0] == "observe") == (
        "observe",
        1,
        {"t/lr/uniform": 1},
        1.0,
    )


def test_budgets_are_extended_by_running_with_larger_ones(lab):
    lab.run(good, trials=2)
    lab.run(good, trials=4, on_failure=OnFailure(retries=1))
    assert lab.states == ["succeeded"] * 4
