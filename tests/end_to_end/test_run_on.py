"""Running a study on, steering it from another terminal, and clearing up: real processes."""

import json
import shutil
import signal
import subprocess
import time

import pexpect
import psutil
import pytest

from annotate.storage import StudyStore

from .conftest import COMMAND, ENDLESS, QUICK

QUICK_ARGS = ("--trials", 3, "--tuner", "random", "--jobs", 1)
STEADY = """\
import time
lr = 0.1  # @nni.loguniform(1e-4, 1e-1)
for _ in range(3):
    time.sleep(0.1)
    '''@nni.report_intermediate_result(lr)'''
'''@nni.report_final_result(lr)'''
"""
WAITING = "import os, time\nwhile not os.path.exists('go'):\n    time.sleep(0.05)\n" + STEADY
NOTEBOOK = json.dumps(
    {
        "nbformat": 4, "nbformat_minor": 5, "metadata": {},
        "cells": [{"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "execution_count": None, "source": STEADY}],
    }
)  # fmt: skip
FLAKY = (
    "import os\nlr = 0.1  # @nni.uniform(0, 1)\nopen('fine').close()\n'''@nni.report_final_result(lr)'''\n"
)


def until(question, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not (answer := question()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
    return answer


def detached(annotate, script, *words):
    annotate.write("train.py", script)
    done = annotate("run", "train.py", "--tuner", "random", "--jobs", 1, "--detach", *words)
    assert done.returncode == 0, done.stderr
    return int(done.stdout.split("pid ")[1].split()[0])


def states(annotate):
    return {t["number"]: t["state"] for t in annotate.trials()}


def test_a_finished_study_is_run_on_with_a_larger_budget(annotate):
    """Its trials stay as they are, the new ones follow, and nothing is run twice."""
    annotate.write("train.py")
    annotate("run", "train.py", *QUICK_ARGS)
    before = annotate.trials()
    assert annotate("resume", "--trials", 5).returncode == 0
    after = annotate.trials()
    assert after[:3] == before
    assert [t["number"] for t in after] == [0, 1, 2, 3, 4]


def test_a_study_whose_budget_is_used_up_says_how_to_extend_it(annotate):
    """`resume` alone has nothing to do."""
    annotate.write("train.py")
    annotate("run", "train.py", *QUICK_ARGS)
    done = annotate("resume")
    assert done.returncode == 2
    assert "all 3 trials" in done.stderr
    assert "annotate resume --trials" in done.stderr


def test_a_stopped_study_runs_its_unfinished_trial_again_with_the_same_parameters(annotate):
    """What was cancelled with the study is queued anew."""
    detached(annotate, ENDLESS, "--trials", 2)
    until(lambda: states(annotate).get(1) == "running")
    assert annotate("stop", "--now").returncode == 0
    point = annotate.trials()[1]["parameters"]
    annotate.write("train.py", ENDLESS.replace("time.sleep(600)", "'''@nni.report_final_result(lr)'''"))
    assert annotate("resume", "--new-code").returncode == 0
    assert states(annotate) == {0: "succeeded", 1: "succeeded"}
    assert annotate.trials()[1]["parameters"] == point


def test_a_changed_source_is_shown_and_asked_about(annotate):
    """Without a terminal the diff is shown and an answer demanded; each answer is what the trials then run."""
    annotate.write("train.py")
    annotate("run", "train.py", *QUICK_ARGS)
    annotate.write("train.py", (annotate.cwd / "train.py").read_text().replace("acc = 1", "acc = 5"))
    done = annotate("resume", "--trials", 4)
    assert done.returncode == 2
    assert "+acc = 5" in done.stderr
    assert "--new-code or --old-code" in done.stderr
    assert annotate("resume", "--trials", 4, "--old-code").returncode == 0
    assert annotate.trials()[3]["value"] < 2
    assert annotate("resume", "--trials", 5, "--new-code").returncode == 0
    assert annotate.trials()[4]["value"] > 2
    assert annotate("resume", "--trials", 6).returncode == 0, "the new code is the study's own from then on"


def test_values_of_a_variable_stay_with_it_when_its_sampler_has_changed(annotate):
    """It has another key from then on: trials of before would stand without a value in every table and export."""
    annotate.write("train.py", QUICK)
    assert annotate("run", "train.py", "--trials", 2).returncode == 0
    before = json.loads(annotate("show", "--format", "json").stdout)
    annotate.write("train.py", QUICK.replace("loguniform(1e-4, 1e-1)", "uniform(0, 1)"))
    assert annotate("resume", "--trials", 3, "--new-code").returncode == 0
    shown = json.loads(annotate("show", "--format", "json").stdout)
    assert [row["lr"] for row in shown][:2] == [row["lr"] for row in before]
    assert annotate("best", "--trial", 1, "--format", "args").stdout.startswith(f"--lr {shown[1]['lr']} ")


def test_a_study_whose_script_is_gone_goes_on_with_its_own_code_only(annotate):
    annotate.write("train.py", QUICK)
    assert annotate("run", "train.py", "--trials", 2).returncode == 0
    (annotate.cwd / "train.py").rename(annotate.cwd / "other.py")
    for words in ((), ("--new-code",)):
        refused = annotate("resume", "--trials", 3, *words)
        assert refused.returncode == 2
        assert "train.py is there no longer" in refused.stderr
        assert "--old-code" in refused.stderr
    assert annotate("resume", "--trials", 3, "--old-code").returncode == 0


def test_a_study_whose_directory_is_removed_while_it_runs_keeps_what_it_writes_anew(annotate):
    """Also where no trial has printed anything, so that nothing else shows that one ran."""
    quiet = "import time\nlr = 0.1  # @nni.uniform(0, 1)\ntime.sleep(1)\n# @nni.report_final_result(lr)\n"
    annotate.write("train.py", quiet)
    host = annotate.start("run", "train.py", "--trials", 2, "--jobs", 1)
    until(lambda: annotate.studies and states(annotate).get(0) == "succeeded")
    shutil.rmtree(annotate.cwd / ".annotate")
    said, _ = host.communicate(timeout=60)
    assert "was removed while the study ran; every result is in it again" in said
    assert states(annotate)[0] == "succeeded"


def test_applied_values_are_no_change_that_is_asked_about(annotate):
    """Trials have values of their own: whoever applies the best ones and goes on is told, not asked."""
    annotate.write("train.py")
    annotate("run", "train.py", *QUICK_ARGS)
    before = (annotate.cwd / "train.py").read_text()
    assert annotate("apply", "1", "--yes").returncode == 0
    assert (annotate.cwd / "train.py").read_text() != before
    done = annotate("resume", "--trials", 4)
    assert done.returncode == 0, done.stderr
    assert "the source has other defaults now" in done.stdout
    assert len(annotate.trials()) == 4


def test_the_answer_may_be_given_on_the_terminal(annotate):
    """On a terminal the question is asked there."""
    annotate.write("train.py")
    annotate("run", "train.py", *QUICK_ARGS)
    annotate.write("train.py", (annotate.cwd / "train.py").read_text().replace("acc = 1", "acc = 5"))
    child = pexpect.spawn(
        COMMAND[0], [*COMMAND[1:], "resume", "--trials", "4"],
        cwd=str(annotate.cwd), env={**annotate.env, "TERM": "dumb"}, encoding="utf-8", timeout=20,
    )  # fmt: skip
    child.expect("Go on with the new code")
    child.sendline("y")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert annotate.trials()[3]["value"] > 2


@pytest.mark.parametrize(
    "files", [{"nb.ipynb": NOTEBOOK}, {"train.py": "import part\n", "part.py": STEADY}], ids=" ".join
)
def test_a_study_of_any_form_is_run_on(annotate, files):
    """A notebook; a script whose annotations stand in what it imports."""
    for name, text in files.items():
        annotate.write(name, text)
    assert annotate("run", next(iter(files)), *QUICK_ARGS).returncode == 0
    done = annotate("resume", "--trials", 4)
    assert done.returncode == 0, done.stderr
    assert states(annotate) == dict.fromkeys(range(4), "succeeded")


def test_constraints_and_options_hold_in_a_study_that_is_run_on(annotate):
    """What was asked of the study is asked of it still."""
    annotate.write(
        "train.py",
        "a = 1  # @nni.choice(1, 2, 3)\nb = 3  # @nni.choice(1, 2, 3)\n# @nni.constraint(a < b)\n"
        "'''@nni.report_final_result(a + b)'''\n",
    )
    annotate("run", "train.py", "--trials", 1, "--tuner", "random", "--minimize")
    done = annotate("resume", "--trials", 10)
    assert done.returncode == 0
    assert "minimized" in done.stdout
    tried = [t["parameters"] for t in annotate.trials()[1:]]
    assert len(tried) == 2, "the space has three points, one of them the baseline"
    assert all(t["train/a/choice"] < t["train/b/choice"] for t in tried)


def test_failed_trials_are_run_again_when_asked(annotate):
    """`retry --failed` queues them with the same parameters."""
    annotate.write("train.py", FLAKY)
    assert annotate("run", "train.py", *QUICK_ARGS).returncode == 1
    before = {t["number"]: t["parameters"] for t in annotate.trials()}
    annotate.write("fine", "")
    assert annotate("retry", "--failed").returncode == 0
    after = annotate.trials()
    assert {t["number"]: t["parameters"] for t in after} == before
    assert {t["state"] for t in after} == {"succeeded"}
    assert annotate("retry", "--failed").returncode == 2


FAILS_ONCE = """\
import os
lr = 0.1  # @nni.loguniform(1e-4, 1e-1)
n = os.environ["NNI_TRIAL_SEQ_ID"]
if n in "12" and not os.path.exists(n):
    open(n, "w").close()
    raise ValueError(n)
'''@nni.report_final_result(lr)'''
"""


@pytest.mark.parametrize(
    ("policy", "found"),
    [
        ("skip", ["succeeded", "failed", "failed", "succeeded"]),
        ("retry:1", ["succeeded", "succeeded", "succeeded"]),
        ("value:0", ["succeeded", "failed", "failed", "succeeded"]),
        ("stop-after:2", ["succeeded", "failed", "failed"]),
    ],
)
def test_what_becomes_of_a_failed_trial_is_as_told(annotate, policy, found):
    """It is replaced, run again, or ends the study."""
    annotate.write("train.py", FAILS_ONCE)
    trials = 3 if policy == "retry:1" else 2
    done = annotate("run", "train.py", "--trials", trials, "--jobs", 1, "--on-failure", policy)
    assert done.returncode == (1 if policy == "stop-after:2" else 0)
    assert [t["state"] for t in annotate.trials()] == found
    again = annotate("retry", "--failed")
    assert again.returncode == (2 if policy == "retry:1" else 0)
    assert {t["state"] for t in annotate.trials()} == {"succeeded"}


def test_a_study_keeps_its_source_with_hash_and_commit(annotate):
    """The files as they were, whatever becomes of them."""
    script = annotate.write("train.py")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", annotate.cwd]
    for words in (("init", "-q"), ("add", "train.py"), ("commit", "-q", "-m", "first")):
        subprocess.run([*git, *words], check=True)
    commit = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout
    assert annotate("run", "train.py", *QUICK_ARGS).returncode == 0
    before = script.read_bytes()
    script.write_text("changed")
    (study,) = annotate.studies
    with StudyStore.open(study / "study.db", read_only=True) as store:
        meta = store.meta()
    assert meta.git_commit == commit.strip()
    assert len(meta.source_hash) >= 32
    assert (study / "source/train.py").read_bytes() == before
    assert {path.name for path in (study / "trials/0").iterdir()} >= {
        "log",
        "parameters.json",
        "environment.json",
    }


def test_a_detached_study_outlives_its_terminal_and_says_where_it_is(annotate):
    """It is its session's leader, writes to host.log, and is found by `ls`."""
    pid = detached(annotate, STEADY, "--trials", 3)
    until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    assert set(states(annotate).values()) == {"succeeded"}
    (study,) = annotate.studies
    assert "study finished" in (study / "host.log").read_text()


def test_ctrl_c_before_a_study_is_detached_leaves_none_behind(annotate):
    """Whoever takes the command back finds no study that runs on unseen."""
    annotate.write("train.py", ENDLESS)
    process = annotate.start("run", "train.py", "--trials", 2, "--detach")
    (child,) = until(psutil.Process(process.pid).children)
    until(lambda: child.cpu_times().user > 0.05)
    process.send_signal(signal.SIGINT)
    assert process.wait(20) in (130, -signal.SIGINT)
    assert not child.is_running()
    assert annotate.studies == []


def test_a_detached_study_that_is_refused_says_so_where_it_was_typed(annotate):
    """The same error and exit code as in the foreground."""
    annotate.write("train.py", "lr = 0.1\n")
    done = annotate("run", "train.py", "--detach")
    assert done.returncode == 2
    assert "carry no annotation" in done.stderr
    assert annotate.studies == []


def test_warnings_of_a_detached_study_are_shown_where_it_was_typed_and_kept_in_its_log(annotate):
    """Nobody would look for them before the morning."""
    annotate.write("train.py", "import time\nlr = 0.1  # @nni.uniform(0, 1)\nwd = 1  # @uniform(0, 1)\n")
    done = annotate("run", "train.py", "--detach", "--trials", 1)
    assert done.returncode == 0
    assert "warning W405: nothing reports a result" in done.stderr
    (study,) = annotate.studies
    said = "note: train.py:2: nothing reports a result, so no trial can be told from another; and 1 warning"
    until(lambda: said in (study / "host.log").read_text())


def test_a_short_number_is_no_study_since_it_may_have_been_meant_as_a_trial(annotate):
    """`annotate stop 2` would end a whole study, its id having a 2 somewhere."""
    detached(annotate, ENDLESS, "--trials", 2)
    for words in (("stop", 2), ("best", 2), ("rm", 2, "--yes")):
        refused = annotate(*words)
        assert refused.returncode == 2
        assert "2 is a trial's number, not a study" in refused.stderr
    assert annotate("stop", "--now").returncode == 0


def test_a_running_study_is_steered_from_another_terminal(annotate):
    """Its budget grows, a trial is killed, a second host is refused, it is stopped."""
    detached(annotate, ENDLESS, "--trials", 2)
    until(lambda: states(annotate).get(1) == "running")
    assert "trials 7" in annotate("update", "--trials", 7).stdout
    assert annotate("kill", 1).returncode == 0
    until(lambda: states(annotate).get(1) == "cancelled")
    until(lambda: states(annotate).get(2) == "running")
    refused = annotate("kill", 0)
    assert refused.returncode == 2
    assert "trial 0 has ended: succeeded" in refused.stderr
    assert "is run by pid" in annotate("resume").stderr
    assert "is run by pid" in annotate("rm", "train", "--yes").stderr
    assert annotate("stop").returncode == 0
    assert states(annotate)[2] == "cancelled"
    assert "is not running" in annotate("stop").stderr
    assert "is not running" in annotate("update", "--jobs", 2).stderr


def test_watching_follows_a_study_to_its_end(annotate):
    """Without a terminal one line per event, then the outcome."""
    detached(annotate, WAITING, "--trials", 4)
    watching = annotate.start("watch")
    first = watching.stdout.readline()
    (annotate.cwd / "go").touch()
    said = first + watching.communicate(timeout=30)[0]
    assert watching.returncode == 0, said
    assert "trial 3 succeeded" in said
    assert "4 done" in said


def test_a_watcher_is_told_when_the_host_is_killed(annotate):
    """What the database says of its trials is no longer so."""
    pid = detached(annotate, ENDLESS, "--trials", 2)
    watching = annotate.start("watch")
    while "trial 1 started" not in watching.stdout.readline():
        pass
    psutil.Process(pid).kill()
    said = watching.communicate(timeout=30)[0]
    (study,) = annotate.studies
    assert f"Its host was killed or lost: `annotate resume {study.name}` runs it on" in said
    assert (
        f"its host was killed or lost: `annotate resume {study.name}` runs it on" in annotate("show").stderr
    )


def test_leaving_the_screen_of_a_watched_study_leaves_it_running(annotate):
    """q ends the watching alone."""
    pid = detached(annotate, ENDLESS, "--trials", 2)
    child = pexpect.spawn(
        COMMAND[0], [*COMMAND[1:], "watch"],
        cwd=str(annotate.cwd), env={**annotate.env, "TERM": "xterm-256color"}, encoding="utf-8", timeout=20,
        dimensions=(24, 80),
    )  # fmt: skip
    child.expect("0.1000")
    child.send("q")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert psutil.pid_exists(pid)
    assert annotate("stop", "--now").returncode == 0


def test_lesser_trials_files_are_deleted_and_their_results_kept(annotate):
    """`gc` keeps the best and the baseline; the tables are as before."""
    annotate.write("train.py")
    annotate("run", "train.py", "--trials", 4, "--tuner", "random")
    before = annotate.trials()
    best = max(before, key=lambda t: t["value"])["number"]
    assert annotate("gc", "--keep", "top:1").returncode == 0
    (study,) = annotate.studies
    assert {int(path.name) for path in study.glob("trials/*")} == {0, best}
    assert annotate.trials() == before


@pytest.mark.parametrize(("words", "code"), [((), 2), (("--yes",), 0)])
def test_a_study_is_deleted_only_where_somebody_confirms_it(annotate, words, code):
    """Without a terminal --yes is needed."""
    annotate.write("train.py")
    annotate("run", "train.py", *QUICK_ARGS)
    assert annotate("rm", "train", *words).returncode == code
    assert bool(annotate.studies) == (code == 2)


def test_a_study_misnamed_is_answered_with_the_nearest_one(annotate):
    """The nearest known name stands in the remedy."""
    annotate.write("train.py")
    annotate("run", "train.py", *QUICK_ARGS)
    (study,) = annotate.studies
    done = annotate("show", study.name.replace("train", "trian"))
    assert done.returncode == 2
    assert f"did you mean {study.name}?" in done.stderr
