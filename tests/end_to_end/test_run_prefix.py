"""What all trials have in common, run once: a study that is meddled with meanwhile, and one short of descriptors."""

import subprocess

import pytest

from .conftest import COMMAND

WAITS = """\
import os, time
open("began", "a").write("x")
while not os.path.exists("go"): time.sleep(0.05)
lr = 0.1  # @nni.loguniform(1e-4, 1e-1)
'''@nni.report_final_result(lr)'''
"""


def limited(annotate, files, *words):
    """Run the command with so many descriptors."""
    command = " ".join(["ulimit -n", str(files), "&& exec", *COMMAND, *words])
    return subprocess.run(
        ["sh", "-c", command],
        cwd=annotate.cwd,
        env=annotate.env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_one_trial_is_killed_while_the_common_part_runs(annotate):
    """It is cancelled at once, and the others are forked from that same run of it."""
    annotate.write("train.py", WAITS)
    study = annotate.start(
        "run", "train.py", "--trials", "2", "--jobs", "2", "--tuner", "random", "--log-format", "text"
    )
    for line in study.stdout:
        if annotate.cwd.joinpath("began").exists() or "note:" in line:
            break
    while "being ended" not in annotate("kill", "0").stdout:
        pass
    for line in study.stdout:
        if "trial 0 cancelled" in line:
            break
    assert not annotate.cwd.joinpath("go").exists()
    annotate.cwd.joinpath("go").touch()
    assert study.wait(30) == 0
    assert {t["number"]: t["state"] for t in annotate.trials()} == {
        0: "cancelled",
        1: "succeeded",
        2: "succeeded",
    }
    assert annotate.cwd.joinpath("began").read_text() == "x"


@pytest.mark.parametrize("start", ["auto", "spawn"])
def test_few_descriptors_are_enough_for_many_jobs(annotate, start):
    """The host holds no descriptor for a trial: twelve at once run with 24 of them, and no result is lost."""
    annotate.write(
        "train.py",
        "import time\nlr = 0.1  # @nni.uniform(0, 1)\ntime.sleep(0.2)\n'''@nni.report_final_result(lr)'''\n",
    )
    done = limited(
        annotate,
        24,
        "run",
        "train.py",
        "--trials",
        "16",
        "--jobs",
        "12",
        "--tuner",
        "random",
        "--start",
        start,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert [t["state"] for t in annotate.trials()] == ["succeeded"] * 16


def test_too_few_descriptors_are_told_before_anything_is_written(annotate):
    """Too few for the host itself: one sentence, a remedy, exit code 2, and no study left."""
    annotate.write("train.py")
    done = limited(annotate, 14, "run", "train.py", "--trials", "2")
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "error: the limit of open files is too low here",
        "  fix: raise it: ulimit -n 1024",
    ]
    assert annotate.studies == []
