"""Ending `annotate run` from outside: what runs is ended, what was found is kept."""

import os
import signal
import sys
import time

import pexpect
import psutil
import pytest

from .conftest import COMMAND, ENDLESS

DEAF = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + ENDLESS
RUN = ("run", "train.py", "--trials", "5", "--jobs", "1", "--tuner", "random", "--start", "spawn")


def on_terminal(annotate, *words, env=None):
    child = pexpect.spawn(
        COMMAND[0], [*COMMAND[1:], *words], cwd=str(annotate.cwd), env={**annotate.env, **(env or {})},
        encoding="utf-8", timeout=20, dimensions=(24, 80),
    )  # fmt: skip
    child.delaybeforesend = None
    return child


def read_until(stream, text):
    for line in stream:
        if text in line:
            return line
    raise AssertionError(f"{text} was never said")


def gone(annotate):
    """No process is left whose environment names a study of this test."""
    mark = str(annotate.cwd)
    environments = [process.info["environ"] or {} for process in psutil.process_iter(["environ"])]
    return not any(mark in environ.get("ANNOTATE_TRIAL_DIR", "") for environ in environments)


def until(question, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not (answer := question()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
    return answer


def kept(annotate):
    """The baseline's result is there, and the trial that ran was cancelled."""
    states = {t["number"]: t["state"] for t in annotate.trials()}
    return states == {0: "succeeded", 1: "cancelled"}


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)],
    ids=lambda v: str(int(v)),
)
def test_one_signal_ends_the_study_cleanly(annotate, number, code):
    """The exit code names the signal, finished results are kept, no process is left."""
    annotate.write("train.py", ENDLESS)
    process = annotate.start(*RUN)
    read_until(process.stdout, "trial 1 step")
    process.send_signal(number)
    said = process.stdout.read()
    assert process.wait(20) == code
    assert "study stopped" in said
    assert "annotate resume" in said
    assert kept(annotate)
    assert gone(annotate)


def test_a_second_interrupt_does_not_wait_for_a_trial_that_will_not_end(annotate):
    """A trial that ignores SIGTERM has its ten seconds after the first, and none after the second."""
    annotate.write("train.py", DEAF)
    process = annotate.start(*RUN)
    read_until(process.stdout, "trial 1 step")
    process.send_signal(signal.SIGINT)
    read_until(process.stdout, "Ctrl-C again stops at once")
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.stdout.read()
    assert process.wait(20) == 130
    assert time.monotonic() - began < 8
    assert kept(annotate)
    assert gone(annotate)


def test_a_hang_up_that_is_ignored_does_not_end_the_study(annotate):
    """Under nohup the study goes on when its terminal is closed."""
    annotate.write("train.py", ENDLESS)
    words = " ".join(["trap '' HUP; exec", *COMMAND, *RUN])
    child = pexpect.spawn(
        "/bin/sh",
        ["-c", words],
        cwd=str(annotate.cwd),
        env={**annotate.env, "TERM": "dumb"},
        encoding="utf-8",
    )
    child.expect("trial 1 step", timeout=20)
    os.kill(child.pid, signal.SIGHUP)
    time.sleep(0.3)
    assert child.isalive()
    os.kill(child.pid, signal.SIGINT)
    child.expect(pexpect.EOF, timeout=20)
    assert kept(annotate)


def test_ctrl_c_on_the_live_screen_leaves_the_terminal_as_it_was(annotate):
    """The screen closes, the outcome is printed, results are kept."""
    annotate.write("train.py", ENDLESS)
    child = on_terminal(annotate, *RUN, env={"TERM": "xterm-256color"})
    child.expect("running")
    child.expect("0.1000")
    child.send("\x03")
    child.expect("you stopped it")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130
    assert kept(annotate)
    assert gone(annotate)


def test_a_terminal_that_is_closed_ends_the_study_cleanly(annotate):
    """What hangs up is the terminal's session; the results stay and nothing runs on."""
    annotate.write("train.py", ENDLESS)
    child = on_terminal(annotate, *RUN, env={"TERM": "xterm-256color"})
    child.expect("0.1000")
    pid = child.pid
    child.close(force=False)
    deadline = time.monotonic() + 20
    while (
        psutil.pid_exists(pid)
        and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
        and time.monotonic() < deadline
    ):
        time.sleep(0.05)
    assert kept(annotate)
    assert gone(annotate)
    assert "go on where it stopped" in annotate("watch").stdout


def test_an_interrupt_before_the_study_begins_leaves_nothing(annotate):
    """Ctrl-C while the study is made: it ends there and then, exit code 130, no traceback, no study."""
    annotate.write("train.py")
    driver = annotate.write(
        "driver.py",
        "import os, signal, sys\nfrom annotate.cli import building\n"
        "def write_code(*_, **__):\n"
        "    os.kill(os.getpid(), getattr(signal, sys.argv.pop()))\n    open('went-on', 'w').close()\n"
        "building.write_code = write_code\nfrom annotate.cli.__main__ import main\nmain()\n",
    )
    for name, code in (("SIGINT", 130), ("SIGTERM", 143)):
        child = pexpect.spawn(
            sys.executable,
            [str(driver), "run", "train.py", name],
            cwd=str(annotate.cwd),
            env=annotate.env,
            encoding="utf-8",
        )
        said = child.read()
        child.close()
        assert child.exitstatus == code, said
        assert "Traceback" not in said
        assert annotate.studies == []
        assert not (annotate.cwd / "went-on").exists()


def test_an_interrupt_does_not_wait_for_what_all_trials_have_in_common(annotate):
    """A script that is still loading, before any trial has begun, is ended at once."""
    annotate.write("train.py", "import time\nprint('loading', flush=True)\ntime.sleep(600)\n" + ENDLESS)
    process = annotate.start("run", "train.py", "--trials", "2", "--tuner", "random")
    (study,) = until(lambda: annotate.studies)
    until(lambda: (study / "prefix.log").is_file() and "loading" in (study / "prefix.log").read_text())
    process.send_signal(signal.SIGINT)
    process.stdout.read()
    assert process.wait(20) == 130


def test_an_interrupt_while_the_command_is_imported_says_nothing(annotate):
    """Its first tenth of a second, in which a mistyped command is often taken back."""
    annotate.write("early/typer.py", "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    annotate.env["PYTHONPATH"] = f"{annotate.cwd / 'early'}{os.pathsep}{annotate.env['PYTHONPATH']}"
    done = annotate("ls")
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
