"""The host killed at any moment of its life, by the command line: nothing is lost, double, or left behind."""

import contextlib
import os
import random
import re
import signal
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


def trials_of(annotate):
    """Of the study, if it has come to be one."""
    folders = [StudyFolder(path) for path in annotate.studies if (path / "study.db").exists()]
    assert len(folders) <= 1
    if not folders:
        return {}
    assert holder(folders[0].lock) is None
    with StudyStore.open(folders[0].database, read_only=True) as store:
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
        words = ("resume",) if before else ("run", "train.py", "--tuner", "random")
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
