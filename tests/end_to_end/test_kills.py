"""The host killed at any moment of its life, by the command line: nothing is lost, double, or left behind."""

import contextlib
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from annotate.storage import StudyFolder, StudyStore, holder
from annotate.trial import FailureReason, TrialState

from .conftest import children, leased

LOADING = """\
import time
time.sleep(0.15)
lr = 0.1  # @nni.loguniform(1e-4, 1e-1)
'''@nni.report_intermediate_result(lr)'''
time.sleep(0.02)
'''@nni.report_final_result(2 * lr)'''
"""
SUCCEEDED = re.compile(r"trial (\d+) succeeded")


def left(mark):
    """The processes that this test's directory is in the environment or the command of."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                if os.fsencode(mark) in (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
    return found


def nothing_left(mark):
    deadline = time.monotonic() + 20
    while found := left(mark):
        assert time.monotonic() < deadline, found
        time.sleep(0.01)


def study_of(annotate):
    """The study, once it has come to be one."""
    folders = [StudyFolder(path) for path in annotate.studies if (path / "study.db").exists()]
    assert len(folders) <= 1
    return folders[0] if folders else None


def trials_of(annotate):
    """Of the study: none where the host died before its first."""
    folder = study_of(annotate)
    if folder is None:
        return {}
    assert holder(folder.lock) is None
    with StudyStore.open(folder.database, read_only=True) as store:
        return {trial.number: trial for trial in store.trials(measurements=True)}


@pytest.mark.timeout(400)
def test_fifty_kills_at_any_moment_lose_and_double_nothing(annotate, gpus):
    """While it is imported, makes the study, loads the script, forks, commits, resumes, ends; every third with its launcher."""
    annotate.env = {**annotate.env, **{name: os.environ[name] for name in ("LD_LIBRARY_PATH", "FAKE_NVML")}}
    del annotate.env["CUDA_VISIBLE_DEVICES"]
    annotate.env["THIS_TEST"] = str(annotate.cwd)
    annotate.write("train.py", LOADING)
    chance = random.Random(20)
    before, said = {}, set()
    for n in range(50):
        budget = sum(trial.state is TrialState.SUCCEEDED for trial in before.values()) + 6
        words = ("resume",) if study_of(annotate) else ("run", "train.py", "--tuner", "random")
        host = annotate.start(*words, "--trials", budget, "--jobs", 2)
        time.sleep(chance.uniform(0, 1.5))
        with contextlib.suppress(OSError):
            launchers = children(host.pid) if n % 3 == 0 else []
            os.kill(host.pid, signal.SIGKILL)
            for launcher in launchers:
                os.kill(launcher, signal.SIGKILL)
        told = {int(number) for number in SUCCEEDED.findall(host.communicate()[0])}
        assert not told & said, "one trial has succeeded twice"
        said |= told
        nothing_left(annotate.cwd)
        assert [leased(uuid) for uuid in gpus] == [""] * 3
        now = trials_of(annotate)
        done = {number: trial for number, trial in now.items() if trial.state is TrialState.SUCCEEDED}
        assert told <= done.keys()
        assert all(now[number] == trial for number, trial in before.items() if trial.state.finished)
        assert all(now[number].params == trial.params for number, trial in before.items())
        before = now
    assert len(said) > 20
    assert annotate("resume", "--trials", len(before) + 2).returncode == 0
    trials = trials_of(annotate)
    assert len(trials) == len(before) + 2
    for trial in trials.values():
        assert trial.state is TrialState.SUCCEEDED
        assert trial.value == 2 * trial.params.get("train/lr/loguniform", 0.1)
        assert [m.final for m in trial.measurements] == [False, True]


def test_a_trial_whose_launcher_dies_again_and_again_is_lost_in_the_end(annotate):
    """Twice it runs again with the same parameters; then it is marked, and the study goes on without it."""
    annotate.write(
        "train.py",
        "import os, time\nlr = 0.1  # @nni.loguniform(1e-4, 1e-1)\n"
        "if os.environ['NNI_TRIAL_SEQ_ID'] == '1':\n    print('here', flush=True)\n    time.sleep(600)\n"
        "'''@nni.report_final_result(lr)'''\n",
    )
    points = set()
    for n in range(3):
        words = ("resume",) if n else ("run", "train.py", "--tuner", "random", "--trials", 2, "--jobs", 1)
        host = annotate.start(*words)
        assert any("trial 1 started" in line for line in host.stdout)
        (launcher,) = children(host.pid)
        os.kill(launcher, signal.SIGKILL)
        host.communicate(timeout=30)
        trial = trials_of(annotate)[1]
        points.add(trial.params["train/lr/loguniform"])
    assert len(points) == 1
    assert (trial.state, trial.reason, trial.message) == (
        TrialState.FAILED, FailureReason.LOST, "the process was lost",
    )  # fmt: skip
    assert annotate("resume").returncode == 0
    assert trials_of(annotate)[2].state is TrialState.SUCCEEDED


KILLED = """\
import os, signal, sys
from annotate.cli import continuing
real = continuing.{name}
def killed(*arguments, **options):
    {before}
    os.kill(os.getpid(), signal.SIGKILL)
continuing.{name} = killed
from annotate.cli.__main__ import main
main()
"""


@pytest.mark.parametrize(
    ("name", "before"),
    [
        ("point_at", "pass"),
        ("write_code", "pass"),
        ("write_code", "real(*arguments, **options)"),
        ("renewed", "pass"),
    ],
)
def test_a_kill_while_the_code_is_replaced_leaves_the_old(annotate, name, before):
    """The study is run on with either, as if nobody had begun."""
    annotate.write("train.py")
    assert annotate("run", "train.py", "--trials", 2, "--tuner", "random").returncode == 0
    (study,) = annotate.studies
    files = ["source/train.py", "code/train.py"]
    kept = [(study / file).read_bytes() for file in files]
    annotate.write("train.py", (annotate.cwd / "train.py").read_text().replace("acc = 1", "acc = 5"))
    driver = annotate.write("driver.py", KILLED.format(name=name, before=before))
    words = [sys.executable, driver, "resume", "--trials", "3", "--new-code"]
    done = subprocess.run(words, cwd=annotate.cwd, env=annotate.env, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL
    assert annotate("resume", "--trials", 3, "--old-code").returncode == 0
    assert [(study / file).read_bytes() for file in files] == kept
    assert annotate("resume", "--trials", 4, "--new-code").returncode == 0
    values = [trial.value for trial in trials_of(annotate).values()]
    assert (max(values[:3]) < 2, values[3] > 2) == (True, True)


def test_a_retry_that_is_refused_changes_nothing(annotate):
    """Where it is not said which code is meant, what failed is still failed."""
    annotate.write("train.py", "lr = 0.1  # @nni.uniform(0, 1)\nraise ValueError(lr)\n")
    annotate("run", "train.py", "--trials", 1, "--tuner", "random")
    before = annotate.trials()
    annotate.write("train.py", "lr = 0.1  # @nni.uniform(0, 1)\n'''@nni.report_final_result(lr)'''\n")
    assert annotate("retry", "--failed").returncode == 2
    assert annotate.trials() == before
    assert annotate("retry", "--failed", "--new-code").returncode == 0
