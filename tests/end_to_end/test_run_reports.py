"""What a trial reports, in numbers that hurt, and from processes that are not its own."""

import contextlib
import sqlite3
import time

import pytest

from annotate.study.control import ask

MANY = 1_000_000
FLOOD = """\
import itertools
x = 0.5  # @nni.uniform(0, 1)
for i in itertools.count() if FOREVER else range(MANY):
    '''@nni.report_intermediate_result(i)'''
'''@nni.report_final_result(x)'''
"""


def resident(pid):
    """The most memory that a process had, in kilobytes."""
    with open(f"/proc/{pid}/status") as status:
        return next((int(line.split()[1]) for line in status if line.startswith("VmHWM")), 0)


def answers(annotate):
    """Whether a host is there and tells how its study stands."""
    return bool(annotate.studies) and ask(annotate.studies[0] / "control.sock") is not None


@pytest.mark.timeout(120)
def test_a_million_reports_lose_none_and_hold_nobody_up(annotate):
    """All are in the database, in order; meanwhile the host answers, and it stays small."""
    annotate.write("train.py", FLOOD.replace("FOREVER", "False").replace("MANY", str(MANY)))
    host = annotate.start("run", "train.py", "--trials", 1)
    took, peak = [], 0
    while host.poll() is None:
        began = time.monotonic()
        if answers(annotate):
            took.append(time.monotonic() - began)
            peak = max(peak, resident(host.pid))
        time.sleep(0.1)
    assert "study finished" in host.stdout.read()
    with contextlib.closing(sqlite3.connect(annotate.studies[0] / "study.db")) as database:
        found = database.execute(
            "SELECT count(*), sum(value), max(step), sum(step != ordinal - unread) FROM measurements,"
            " (SELECT min(ordinal) AS unread FROM measurements) WHERE not final"
        ).fetchone()
    assert found == (MANY, MANY * (MANY - 1) / 2, MANY - 1, 0)
    assert sorted(took)[len(took) // 2] < 0.5, took
    assert peak < 200_000


@pytest.mark.timeout(90)
def test_a_flood_does_not_keep_a_study_from_ending(annotate):
    """`annotate stop` while reports come without end: the trial is ended, and the host is gone in seconds."""
    annotate.write("train.py", FLOOD.replace("FOREVER", "True"))
    host = annotate.start("run", "train.py", "--trials", 1)
    while not answers(annotate):
        time.sleep(0.1)
    time.sleep(1)
    began = time.monotonic()
    assert annotate("stop").returncode == 0
    assert time.monotonic() - began < 20
    assert host.wait(10) == 130


STRAY = """\
import os, subprocess, sys, time
x = 0.5  # @nni.uniform(0, 1)
if sys.argv[1:]:
    '''@nni.report_final_result(-1000)'''
    sys.exit()
if os.environ["NNI_TRIAL_SEQ_ID"] == "1":
    other = os.path.dirname(os.environ["ANNOTATE_TRIAL_DIR"]) + "/0"
    env = {**os.environ, "ANNOTATE_TRIAL_DIR": other}
    subprocess.run([sys.executable, "train.py", "stray"], env=env, check=True)
    open("strayed", "w").close()
while not os.path.exists("strayed"):
    time.sleep(0.05)
'''@nni.report_final_result(x)'''
"""


def values(trial):
    return [report["values"]["default"] for report in trial["metrics"]]


def test_a_process_with_another_trials_directory_is_not_believed(annotate):
    """A stale variable: what it reports into another trial, while that one runs, is nobody's result."""
    annotate.write("train.py", STRAY)
    words = ("--trials", 2, "--jobs", 2, "--tuner", "random", "--seed", 1)
    done = annotate("run", "train.py", *words)
    assert done.returncode == 0, done.stdout
    for trial in annotate.trials():
        assert values(trial) == [trial["parameters"].get("train/x/uniform", 0.5)]


TWICE = """\
import json, os, subprocess, sys
x = 0.5  # @nni.uniform(0, 1)
if sys.argv[1:]:
    '''@nni.report_final_result(-1000)'''
    sys.exit()
if not os.path.exists("first"):
    with open("first", "w") as file:
        json.dump(dict(os.environ), file)
    raise ValueError("once")
with open("first") as file:
    first = json.load(file)
subprocess.run([sys.executable, "train.py", "left"], env=first, check=True)
'''@nni.report_final_result(x)'''
"""


def test_what_outlived_an_earlier_attempt_is_not_believed(annotate):
    """A process with the environment of the first attempt reports while the second one runs."""
    annotate.write("train.py", TWICE)
    annotate("run", "train.py", "--trials", 1, "--on-failure", "stop-after:1", "--start", "spawn")
    assert annotate("retry", "--failed").returncode == 0
    assert values(annotate.trials()[0]) == [0.5]


PIPE = """\
import os
x = 0.5  # @nni.uniform(0, 1)
if os.environ["NNI_TRIAL_SEQ_ID"] == "0":
    path = os.environ["ANNOTATE_TRIAL_DIR"] + "/reports-" + os.environ["ANNOTATE_TRIAL_TOKEN"]
    if os.path.exists(path):
        os.remove(path)
    os.mkfifo(path)
    raise SystemExit
'''@nni.report_final_result(x)'''
"""


def test_a_pipe_in_the_place_of_the_reports_holds_nobody_up(annotate):
    """That trial has no result, and the next one has."""
    annotate.write("train.py", PIPE)
    assert annotate("run", "train.py", "--trials", 1, "--jobs", 1).returncode == 0
    states = [(trial["state"], trial["reason"]) for trial in annotate.trials()]
    assert states == [("failed", "no-metric"), ("succeeded", None)]


@pytest.mark.parametrize("start", ["auto", "spawn"])
def test_annotations_that_no_import_leads_to_are_named(annotate, start):
    """A module whose name is put together at run time: it ran with its defaults, in silence."""
    (annotate.cwd / "models").mkdir()
    annotate.write("models/a.py", "w = 2  # @nni.choice(1, 2)\n")
    annotate.write(
        "train.py",
        "import importlib\nw = importlib.import_module('models.' + 'a').w\nlr = 1  # @nni.choice(1, 2)\n"
        "# @nni.report_final_result(lr * w)\n",
    )
    words = ["run", "train.py", "--trials", "2", "--start", start]
    told = annotate(*words).stdout
    assert told.count("annotations are not tuned in models/a.py") == 1
    told = annotate(*words, "--include", "models/a.py").stdout
    assert "are not tuned" not in told


def test_a_copy_that_a_script_makes_of_a_tuned_file_is_tuned(annotate):
    """As mmcv loads its configurations; it is not named as one that is not."""
    annotate.write("cfg.py", "lr = 1  # @nni.choice(1, 2)\n")
    annotate.write(
        "train.py",
        "import importlib, shutil, sys, tempfile\n"
        "with tempfile.TemporaryDirectory() as directory:\n"
        "    shutil.copy(sys.argv[1], directory + '/made.py')\n"
        "    sys.path.insert(0, directory)\n"
        "    lr = importlib.import_module('made').lr\n"
        "# @nni.report_final_result(lr)\n",
    )
    told = annotate("run", "train.py", "--trials", "2", "--", "cfg.py").stdout
    assert "not tuned" not in told
    assert [trial["value"] for trial in annotate.trials()] == [1, 2]
