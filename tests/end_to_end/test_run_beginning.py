"""A study that begins with what is known: `--init`, `--from`, `--repeats`, and a kill right at its start."""

import json
import signal
import sqlite3
import time
from contextlib import closing

import pytest

from .conftest import ENDLESS

COIN = "side = 1  # @nni.choice(1, 2)\n# @nni.report_final_result(side)\n"


def shown(trial):
    return {key.split("/")[1]: value for key, value in trial["parameters"].items()}


def test_known_points_come_right_after_the_baseline_and_count_as_trials(annotate):
    """Four trials: the defaults, two points of two --init, one of the tuner's."""
    annotate.write("train.py")
    annotate.write("known.json", json.dumps([{"lr": 0.003}]))
    done = annotate("run", "train.py", "--trials", 4, "--init", "lr=0.01,width=64", "--init", "known.json")
    assert done.returncode == 0, done.stderr
    trials = annotate.trials()
    assert [shown(trial) for trial in trials[:3]] == [
        {},
        {"lr": 0.01, "width": 64},
        {"lr": 0.003, "width": 32},
    ]
    assert len(trials) == 4


def test_the_best_trial_of_one_study_begins_the_next(annotate):
    """By what `best --format json` wrote, and by its number in the latest study."""
    annotate.write("train.py")
    annotate("run", "train.py", "--trials", 3, "--tuner", "random", "--seed", 1)
    best = annotate("best", "--format", "json").stdout
    annotate.write("best.json", best)
    number = json.loads(annotate("top", "--format", "json").stdout)[0]["trial"]
    for init in (str(number), "best.json"):
        assert annotate("run", "train.py", "--trials", 1, "--no-baseline", "--init", init).returncode == 0
        assert [shown(trial) for trial in annotate.trials()] == [json.loads(best)]


@pytest.mark.parametrize("point", ["lrr=0.1", "lr=7", "width=33", "99", "nothing.json"])
def test_a_point_that_cannot_be_is_refused_before_anything_is_written(annotate, point):
    annotate.write("train.py")
    done = annotate("run", "train.py", "--trials", 4, "--init", point)
    assert (done.returncode, done.stdout) == (2, "")
    assert "fix: " in done.stderr
    assert annotate.studies == []


def test_more_points_than_trials_are_refused(annotate):
    annotate.write("train.py")
    done = annotate("run", "train.py", "--trials", 1, "--init", "lr=0.01")
    assert done.returncode == 2
    assert "--trials 2" in done.stderr


def test_a_tuner_that_tells_its_trials_more_than_a_point_takes_no_point_of_the_users(annotate):
    """A point without the budget that the script asks for would fail, or run at full length among short ones."""
    annotate.write("train.py")
    done = annotate("run", "train.py", "--tuner", "hyperband:R=9,eta=3", "--init", "lr=0.01")
    assert done.returncode == 2
    assert "hyperband, which tells every trial its TRIAL_BUDGET" in done.stderr
    assert annotate.studies == []


def test_a_study_that_is_killed_at_its_start_runs_its_points_when_resumed(annotate):
    annotate.write("train.py", ENDLESS)
    process = annotate.start(
        "run", "train.py", "--trials", 3, "--jobs", 1, "--init", "lr=0.05", "--init", "lr=0.02"
    )
    while not (annotate.studies and (annotate.studies[0] / "trials" / "0" / "log").exists()):
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    annotate.write("train.py", ENDLESS.replace("time.sleep(600)", "'''@nni.report_final_result(lr)'''"))
    done = annotate("resume", "--new-code")
    assert done.returncode == 0, done.stderr
    assert [shown(trial) for trial in annotate.trials()] == [{}, {"lr": 0.05}, {"lr": 0.02}]


def test_what_another_study_knows_is_taken_told_and_kept(annotate):
    """The other side of the coin is known, so one trial ends the space; the first study may go."""
    annotate.write("coin.py", COIN)
    annotate("run", "coin.py", "--trials", 1)
    (first,) = annotate.studies
    done = annotate("run", "coin.py", "--trials", 5, "--no-baseline", "--from", first.name)
    assert f"--from: 1 of 1 trials of {first.name} taken" in done.stdout
    assert [shown(trial) for trial in annotate.trials()] == [{"side": 2}]
    (second,) = set(annotate.studies) - {first}
    for path in sorted(first.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    first.rmdir()
    done = annotate("resume", second.name, "--trials", 3)
    assert len(annotate.trials()) == 1
    with closing(sqlite3.connect(second / "study.db")) as connection:
        assert connection.execute("SELECT number, study, trial, value FROM taken").fetchall() == [
            (-1, first.name, 0, 1.0)
        ]


def test_a_study_of_the_other_direction_is_no_teacher(annotate):
    annotate.write("coin.py", COIN)
    annotate("run", "coin.py", "--trials", 1)
    done = annotate("run", "coin.py", "--minimize", "--from", annotate.studies[0].name)
    assert done.returncode == 2
    assert "it is to maximize side, and this study is to minimize side" in done.stderr
    assert len(annotate.studies) == 1


def test_a_point_runs_as_often_as_repeats_say_and_a_resumed_study_remembers(annotate):
    annotate.write("coin.py", COIN)
    annotate("run", "coin.py", "--trials", 4, "--tuner", "random", "--repeats", 3)
    annotate("resume", "--trials", 20)
    sides = [shown(trial).get("side", 1) for trial in annotate.trials()]
    assert sorted(sides) == [1, 1, 1, 2, 2, 2]
