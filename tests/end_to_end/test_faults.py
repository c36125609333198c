"""Faults with real processes: whatever dies, no finished result is lost or double, and nothing is left behind."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from annotate.errors import UsageError
from annotate.storage import StudyFolder, StudyStore, holder
from annotate.study.control import Kill, Stop, Update, send
from annotate.trial import FailureReason, TrialState
from tests.end_to_end.conftest import COMMAND, ENDLESS, QUICK, children, leased

HOST = Path(__file__).parent / "faults_host.py"
GOOD = """
x = _annotate_trial["t/x/uniform"] if "t/x/uniform" in _annotate_trial else 0.5
_annotate_trial.report_intermediate_result(x)
_annotate_trial.report_final_result(x * 2)
"""


class Lab:
    """A study directory, a script, and hosts that run them."""

    def __init__(self, tmp_path):
        self.folder = StudyFolder(tmp_path / "study")
        self.script = tmp_path / "script.py"
        self.hosts = []

    def write(self, *bodies):
        self.script.write_text(
            "import os, signal, subprocess, sys, time\n"
            "from annotate_runtime.trial import trial as _annotate_trial\n"
            + "\n".join(textwrap.dedent(body) for body in bodies or [GOOD])
        )

    def begin(self, preexec=None, **options):
        arguments = [sys.executable, HOST, self.folder.path, self.script, json.dumps(options)]
        host = subprocess.Popen(
            arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
            preexec_fn=preexec,
        )  # fmt: skip
        self.hosts.append(host)
        return host

    def run(self, **options):
        host = self.begin(**options)
        out, err = host.communicate(timeout=60)
        assert host.returncode == 0, err
        return json.loads(out)

    def trials(self):
        with StudyStore.open(self.folder.database, read_only=True) as store:
            return store.trials(measurements=True)

    def shown(self):
        path = self.folder.path / "shown"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def until(self, condition, seconds=20.0):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with contextlib.suppress(Exception):
                if found := condition():
                    return found
            time.sleep(0.01)
        pytest.fail(f"waited {seconds} s in vain")

    def pid_of(self, name):
        """A pid that the script wrote into a file beside it."""
        return self.until(lambda: int((self.script.parent / name).read_text()))

    def processes(self):
        """Whatever of this study runs on this machine: all have its directory in their environment or command."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal():
                with contextlib.suppress(OSError):
                    said = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
                    if os.fsencode(self.folder.path) in said:
                        found.append(int(entry.name))
        return found

    def nothing_left(self):
        self.until(lambda: not self.processes())


@pytest.fixture
def lab(tmp_path):
    lab = Lab(tmp_path)
    lab.write()
    yield lab
    for host in lab.hosts:
        host.kill()
        host.communicate()
    lab.nothing_left()


def test_a_study_of_real_processes_runs_to_its_end(lab):
    assert lab.run(trials=6, jobs=2) == ["finished", "all 6 trials are done"]
    trials = lab.trials()
    assert [t.value for t in trials] == [2 * t.params.get("t/x/uniform", 0.5) for t in trials]
    assert [len(t.measurements) for t in trials] == [2] * 6
    assert [n for n, *_ in lab.shown()] == sorted(range(6), key=lambda n: trials[n].ended)


def test_a_trial_killed_from_outside_is_failed_and_replaced(lab):
    lab.write("if 't/x/uniform' not in _annotate_trial: os.kill(os.getpid(), signal.SIGKILL)", GOOD)
    lab.run(trials=2)
    assert [(t.state.value, t.reason) for t in lab.trials()] == [
        ("failed", FailureReason.KILLED),
        ("succeeded", None),
        ("succeeded", None),
    ]


def test_every_way_of_failing_is_told_by_its_name_and_none_uses_up_the_budget(lab):
    lab.write(
        """
        number = int(os.environ["NNI_TRIAL_SEQ_ID"])
        if number == 1: raise ValueError("lr is bad")
        if number == 2: _annotate_trial.report_final_result(float("nan")); sys.exit()
        if number == 3: sys.exit()
        if number == 4: time.sleep(100)
        if number == 5: os.abort()
        if number == 6: sys.exit(3)
        if number == 7: bytearray(1 << 60)
        """,
        GOOD,
    )
    lab.run(trials=2, trial_timeout=1.5, grace=0.2, on_failure={"stop_after": 20})
    failed = [t for t in lab.trials() if t.state is TrialState.FAILED]
    assert [(t.number, t.reason.value, t.message) for t in failed] == [
        (1, "exception", "ValueError: lr is bad"),
        (2, "nan", "its result is nan"),
        (3, "no-metric", "it ended without reporting a result"),
        (4, "timeout", "stopped after 1.5 s without a result"),
        (5, "killed", "killed by SIGABRT"),
        (6, "exception", "exited with 3"),
        (7, "oom", "MemoryError"),
    ]
    assert [(t.alone, t.attempt) for t in failed if t.number == 7] == [(True, 2)]
    assert sum(t.state is TrialState.SUCCEEDED for t in lab.trials()) == 2


def test_a_trial_that_ignores_sigterm_is_killed_all_the_same(lab):
    lab.write(
        """
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        _annotate_trial.report_intermediate_result(0.25)
        time.sleep(100)
        """
    )
    began = time.monotonic()
    lab.run(trials=1, trial_timeout=0.5, grace=0.5)
    assert time.monotonic() - began < 15
    assert [(t.state.value, t.value) for t in lab.trials()] == [("early-stopped", 0.25)]


def test_a_trial_that_forks_daemons_leaves_none(lab):
    lab.write(
        """
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                open("daemon", "w").write(str(os.getpid()))
                os.closerange(0, 256)
                os.execve("/bin/sleep", ["sleep", "100"], {})  # it hides even what it belongs to
            os._exit(0)
        os.wait()
        time.sleep(0.3)
        """,
        GOOD,
    )
    lab.run(trials=1)
    daemon = lab.pid_of("daemon")
    lab.until(lambda: not Path(f"/proc/{daemon}").exists())


def test_a_trial_that_writes_a_hundred_megabytes_holds_nobody_up(lab):
    lab.write("for _ in range(1600): sys.stdout.write('x' * 65536)\nsys.stdout.flush()", GOOD)
    lab.run(trials=1)
    assert (lab.folder.trial(0) / "log").stat().st_size == 1600 * 65536
    assert lab.trials()[0].state is TrialState.SUCCEEDED


@pytest.mark.parametrize("bodies", [(GOOD, "os.closerange(0, 256)"), ("os.closerange(0, 256)", GOOD)])
def test_a_trial_that_closes_all_its_descriptors_ends_and_is_judged(lab, bodies):
    lab.write(*bodies)
    lab.run(trials=2)
    assert [t.state for t in lab.trials()] == [TrialState.SUCCEEDED] * 2


def test_a_trial_that_is_suspended_goes_on_when_it_is_woken_and_is_ended_when_it_is_not(lab):
    lab.write("open('pid', 'w').write(str(os.getpid()))\ntime.sleep(0.5)", GOOD)
    host = lab.begin(trials=1)
    pid = lab.pid_of("pid")
    os.kill(pid, signal.SIGSTOP)
    time.sleep(0.7)
    assert host.poll() is None
    os.kill(pid, signal.SIGCONT)
    assert host.wait(20) == 0
    (lab.script.parent / "pid").unlink()
    host = lab.begin(trials=2, trial_timeout=1.5, grace=0.2, on_failure={"stop_after": 1})
    os.kill(lab.pid_of("pid"), signal.SIGSTOP)
    assert host.wait(20) == 0
    assert [t.reason for t in lab.trials()] == [None, FailureReason.TIMEOUT]


def test_a_second_host_is_refused_and_told_who_runs_the_study(lab):
    lab.write("time.sleep(100)")
    first = lab.begin(trials=1)
    lab.until(lambda: holder(lab.folder.lock))
    second = lab.begin(trials=1)
    _, said = second.communicate(timeout=20)
    assert second.returncode == 2
    assert f"run by pid {first.pid} " in said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_cleanly_and_a_resume_goes_on_with_the_same_parameters(lab, number):
    lab.write("if 't/x/uniform' in _annotate_trial: time.sleep(100)", GOOD)
    host = lab.begin(trials=3, jobs=2, grace=0.5)
    lab.until(lambda: any(t.number == 1 and t.state is TrialState.RUNNING for t in lab.trials()))
    host.send_signal(number)
    out, _ = host.communicate(timeout=20)
    assert json.loads(out)[0] == "stopped"
    lab.nothing_left()
    stopped = {t.number: t.params for t in lab.trials() if t.state is TrialState.CANCELLED}
    assert stopped
    lab.write()
    lab.run(trials=3, jobs=2)
    again = {t.number: t for t in lab.trials()}
    assert all(
        again[n].params == params and again[n].state is TrialState.SUCCEEDED for n, params in stopped.items()
    )


def test_a_host_that_was_suspended_goes_on(lab):
    lab.write("time.sleep(0.2)", GOOD)
    host = lab.begin(trials=3)
    lab.until(lambda: lab.trials())
    host.send_signal(signal.SIGSTOP)
    time.sleep(0.6)
    host.send_signal(signal.SIGCONT)
    assert host.wait(30) == 0
    assert [t.state for t in lab.trials()] == [TrialState.SUCCEEDED] * 3


def test_a_host_out_of_file_descriptors_says_so_and_keeps_its_results(lab):
    import resource

    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (12, 12))

    lab.run(trials=2)
    host = lab.begin(preexec=few, trials=4, jobs=4)
    _, said = host.communicate(timeout=30)
    assert host.returncode != 0
    assert "Too many open files" in said or "too many open files" in said or "cannot be opened" in said
    assert [t.value for t in lab.trials()][:2] == [v for _, _, v, _ in lab.shown()][:2]
    lab.run(trials=4)
    assert sum(t.state is TrialState.SUCCEEDED for t in lab.trials()) == 4


def test_a_running_study_is_extended_a_trial_killed_and_the_study_stopped_from_outside(lab):
    lab.write("time.sleep(100)")
    host = lab.begin(trials=1, grace=0.2)
    lab.until(lambda: [t for t in lab.trials() if t.state is TrialState.RUNNING])
    lab.until(lab.folder.socket.exists)
    send(lab.folder.socket, Update({"trials": 5}))
    send(lab.folder.socket, Kill(0))
    lab.until(lambda: len(lab.trials()) == 2)
    with pytest.raises(UsageError, match="cannot be changed"):
        send(lab.folder.socket, Update({"baseline": False}))
    send(lab.folder.socket, Stop())
    out, _ = host.communicate(timeout=20)
    assert json.loads(out)[0] == "stopped"
    assert [t.message for t in lab.trials()] == ["killed by you", "stopped with the study"]


def test_trials_share_out_the_gpus_and_a_killed_host_leaves_no_lease_behind(lab, gpus, tmp_path):
    lab.write("open('seen', 'a').write(os.environ['CUDA_VISIBLE_DEVICES'] + '\\n')\ntime.sleep(100)", GOOD)
    host = lab.begin(trials=4, jobs=4)
    seen = lab.until(lambda: len(lines := (tmp_path / "seen").read_text().split()) == 2 and lines)
    assert sorted(seen) == ["0", "1"]
    assert sorted(t.gpus for t in lab.trials() if t.state is TrialState.RUNNING) == [("0",), ("1",)]
    assert [leased(uuid) for uuid in gpus] == [f" (pid {host.pid})"] * 2 + [""]
    host.kill()
    host.communicate()
    lab.nothing_left()
    assert [leased(uuid) for uuid in gpus] == [""] * 3


def test_a_launcher_that_is_killed_ends_the_study_and_a_resume_loses_nothing(lab):
    lab.write("time.sleep(100 if 't/x/uniform' in _annotate_trial else 0)", GOOD)
    host = lab.begin(trials=3)
    lab.until(lambda: [t for t in lab.trials() if t.state is TrialState.RUNNING and t.number == 1])
    (launcher,) = [
        pid for pid in children(host.pid) if b"launcher.py" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]
    os.kill(launcher, signal.SIGKILL)
    _, said = host.communicate(timeout=20)
    assert host.returncode == 2
    assert "LaunchError" in said
    lab.nothing_left()
    params = {t.number: t.params for t in lab.trials()}
    lab.write()
    lab.run(trials=3)
    assert all(
        t.state is TrialState.SUCCEEDED and t.params == params.get(t.number, t.params) for t in lab.trials()
    )


BROKEN_TUNER = """
class Mine:
    def __init__(self, space, *, direction, seed, good=3):
        self.left = good
    def suggest(self, number):
        self.left -= 1
        return {"train/lr/loguniform": 0.01 / (self.left or self.fail())}
    def fail(self):
        raise ZeroDivisionError("mine broke")
    def pending(self, number, params): pass
    def observe(self, observation): pass
    def forget(self, number): pass
"""


def test_running_trials_are_finished_or_stopped_when_time_is_over_as_told(annotate):
    annotate.write("train.py", f"import time\n{QUICK}".replace("acc =", "time.sleep(2)\nacc ="))
    words = ("run", "train.py", "--jobs", 1, "--max-duration", "1s")
    assert annotate(*words, "--at-deadline", "finish").returncode == 0
    assert [t["state"] for t in annotate.trials()] == ["succeeded"]
    assert annotate(*words).returncode == 1
    assert [t["state"] for t in annotate.trials()] == ["cancelled"]
    assert "are over" in annotate("resume").stderr
    assert annotate("resume", "--max-duration", "2s", "--at-deadline", "finish").returncode == 0
    assert [t["state"] for t in annotate.trials()] == ["succeeded"]


def test_every_budget_of_a_running_study_is_changed_from_another_terminal(annotate):
    annotate.write("train.py", ENDLESS)
    host = annotate.start("run", "train.py", "--trials", 50, "--jobs", 1, "--trial-timeout", "1h")
    while "started" not in host.stdout.readline():
        pass
    changed = annotate(
        "update", "--trials", 2, "--trial-timeout", "200s", "--at-deadline", "finish", "--jobs", 1
    )
    assert "trials 2, jobs 1, trial timeout 200, at deadline finish" in changed.stdout
    assert annotate("update").returncode == 2
    assert annotate("update", "--max-duration", "1h").returncode == 0
    assert "max duration none" in annotate("update", "--max-duration", "none").stdout
    annotate("update", "--trial-timeout", "1s")
    host.wait(30)
    assert [t["state"] for t in annotate.trials()] == ["succeeded", "early-stopped"]


def test_a_tuner_of_the_users_that_breaks_midway_costs_no_running_trial(annotate):
    annotate.write("mine.py", BROKEN_TUNER)
    annotate.write("train.py", f"import time\n{QUICK}time.sleep(0.5)\n")
    words = ("--trials", 9, "--jobs", 2, "--start", "spawn")
    refused = annotate("run", "train.py", *words, "--tuner", "mine.py:Mine:god=3")
    assert (refused.returncode, annotate.studies) == (2, [])
    assert "mine.py:Mine has no argument 'god'" in refused.stderr
    done = subprocess.run(
        [*COMMAND, "run", "train.py", *map(str, words), "--tuner", "mine.py:Mine"],
        cwd=annotate.cwd, env=annotate.env, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "study gave up: its tuner failed: ZeroDivisionError: mine broke" in done.stdout
    assert 'mine.py", line 9, in fail' in done.stdout
    assert "annotate resume" in done.stdout
    assert [t["state"] for t in annotate.trials()] == ["succeeded"] * 3
    annotate.write("mine.py", BROKEN_TUNER.replace("good=3", "good=99"))
    assert annotate("resume").returncode == 0
    assert [t["state"] for t in annotate.trials()] == ["succeeded"] * 9


def test_a_trial_that_scribbles_into_its_reports_harms_only_itself(lab):
    lab.write(
        GOOD,
        """
with open(os.environ["ANNOTATE_TRIAL_DIR"] + "/reports-" + os.environ["ANNOTATE_TRIAL_TOKEN"], "ab") as file:
    file.write(b"\\xff not json\\n[1]\\n" + b'{"kind": "final", "time": 1, "step": 0, "values": 3}\\n')
""",
    )
    lab.run(trials=3)
    assert len(lab.trials()) >= 3
    assert all(t.state.finished for t in lab.trials())
