"""What is offered when a study is over."""

import pytest

from annotate.cli.following import next_steps
from annotate.storage import StudyFolder, StudyMeta, StudyStore
from annotate.trial import Trial, start, succeed

LR = "train/lr/loguniform"


def kept(cwd, now):
    folder = StudyFolder.create(cwd, script="train.py", now=now)
    meta = StudyMeta(
        study=folder.id, script=str(cwd / "train.py"), code_dir=str(cwd), cwd=str(cwd),
        command=["python", "train.py"], created=now, tuner="tpe", direction="maximize", seed=0, metric="acc",
        space={LR: {"_type": "loguniform", "_value": [1e-4, 1e-1]}}, defaults={LR: 0.1}, names={LR: "lr"},
    )  # fmt: skip
    StudyStore.create(folder.database, meta).close()
    return folder, meta


BEST = succeed(start(Trial(1, {LR: 0.01}), at=1.0), at=2.0, value=0.5)


def commands(folder, meta, trials=(BEST,), best=BEST, *, finished=True):
    return [command for command, _ in next_steps(folder, meta, trials, best, finished=finished)]


def test_a_finished_study_is_looked_at_confirmed_and_applied(tmp_path):
    assert commands(*kept(tmp_path, 1e9)) == [
        "annotate top", "annotate report --open", "annotate confirm", "annotate apply",
    ]  # fmt: skip


@pytest.mark.parametrize("finished", [True, False])
def test_a_study_that_is_not_the_latest_is_named_in_every_command(tmp_path, finished):
    """Two studies run at once: what is typed after the one must not be about the other."""
    folder, meta = kept(tmp_path, 1e9)
    kept(tmp_path, 1e9 + 600)
    assert all(folder.id in command for command in commands(folder, meta, finished=finished))
    assert all(folder.id in command for command in commands(folder, meta, best=None, finished=finished))


def test_where_nothing_beat_the_defaults_there_is_nothing_to_confirm_or_apply(tmp_path):
    unbeaten = succeed(start(Trial(0, {}, baseline=True), at=1.0), at=2.0, value=0.5)
    assert commands(*kept(tmp_path, 1e9), best=unbeaten) == ["annotate top", "annotate report --open"]


def test_every_line_of_the_latest_study_fits_a_terminal_of_80_columns(tmp_path):
    steps = next_steps(*kept(tmp_path, 1e9), (BEST,), BEST, finished=False)
    wide = max(len(command) for command, _ in steps)
    assert max(len(what) for _, what in steps) + wide + len("     ") <= 80


def test_a_stopped_study_is_run_on_first(tmp_path):
    assert commands(*kept(tmp_path, 1e9), finished=False)[0] == "annotate resume"


def test_without_a_result_the_first_log_that_there_is_is_shown(tmp_path):
    """Not that of trial 0 where only a later one ran."""
    folder, meta = kept(tmp_path, 1e9)
    assert commands(folder, meta, trials=(Trial(0, {}), BEST), best=None) == ["annotate log 1"]
    assert commands(folder, meta, trials=(), best=None) == []


def test_what_was_tuned_by_options_is_offered_for_a_command_line(tmp_path):
    folder, meta = kept(tmp_path, 1e9)
    by_option = succeed(start(Trial(1, {"lr": 0.01}), at=1.0), at=2.0, value=0.5)
    assert commands(folder, meta, best=by_option)[-1] == "annotate best --format args"
