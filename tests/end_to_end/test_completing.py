"""Tab in a shell: installed for bash, zsh and fish, and what it offers."""

import os
import shutil
import subprocess
import sys

import pytest

from .test_reading import study


@pytest.fixture
def shell(annotate, tmp_path_factory):
    """`annotate` as a program of that name, in a home of its own."""
    home = tmp_path_factory.mktemp("home")
    program = home / "annotate"
    program.write_text(f"#!{sys.executable}\nfrom annotate.cli.__main__ import main\nmain()\n")
    program.chmod(0o755)
    annotate.env |= {"HOME": str(home), "PATH": f"{home}:{os.environ['PATH']}"}
    return annotate, home


def asked(shell, protocol, line, **more):
    """What the program answers to a shell that completes `line`."""
    annotate, _ = shell
    env = {**annotate.env, "_ANNOTATE_COMPLETE": f"complete_{protocol}", **more}
    words = line.split(" ")
    env |= {"COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1), "_TYPER_COMPLETE_ARGS": line}
    done = subprocess.run(
        ["annotate"], env=env, cwd=annotate.cwd, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("bash", ".bash_completions/annotate.sh"),
        ("zsh", ".zfunc/_annotate"),
        ("fish", ".config/fish/completions/annotate.fish"),
    ],
)
def test_completion_is_installed_for_each_shell(shell, name, file):
    """Into the files where that shell looks for it."""
    annotate, home = shell
    annotate.env["_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION"] = "1"  # the shell is named, not looked for
    subprocess.run(
        ["annotate", "--install-completion", name],
        env=annotate.env,
        cwd=annotate.cwd,
        capture_output=True,
        check=True,
    )
    assert "annotate" in (home / file).read_text()


@pytest.mark.parametrize(
    "command", ["top", "best", "export", "watch", "stop", "resume", "rm", "gc", "report", "log --study"]
)
def test_studies_are_offered(shell, command):
    """The latest first, by the beginning that is typed."""
    first, second = (study(shell[0].cwd, name, now=1e9 + n) for n, name in enumerate(["z.py", "a.py"]))
    assert asked(shell, "bash", f"annotate {command} ").split() == [second.id, first.id]
    assert asked(shell, "bash", f"annotate {command} {first.id}").split() == [first.id]


@pytest.mark.parametrize("command", ["log", "show", "compare 1"])
def test_trials_are_offered(shell, command):
    """Those of the latest study, or of the one that is named."""
    study(shell[0].cwd)
    assert asked(shell, "bash", f"annotate {command} ").split()[:6] == ["0", "1", "2", "3", "4", "5"]


def test_the_trials_of_the_named_study_are_offered(shell):
    """And with zsh and fish what became of each."""
    first = study(shell[0].cwd, "z.py", now=1e9)
    study(shell[0].cwd, "a.py", trials=False, now=2e9)
    assert asked(shell, "bash", "annotate log ").split() == []
    assert "2" in asked(shell, "bash", f"annotate log --study {first.id} ").split()
    assert "failed" in asked(shell, "zsh", f"annotate log --study {first.id} ")
    assert "early-stopped" in asked(
        shell, "fish", f"annotate log --study {first.id} ", _TYPER_COMPLETE_FISH_ACTION="get-args"
    )


def test_only_what_runs_or_waits_can_be_killed(shell):
    """A finished trial is not offered."""
    study(shell[0].cwd)
    assert asked(shell, "bash", "annotate kill ").split() == ["5"]


def test_where_there_is_nothing_nothing_is_offered(shell):
    """No study, a damaged one: no word on the terminal of someone who types."""
    assert asked(shell, "bash", "annotate top ").strip() == ""
    study(shell[0].cwd).database.write_bytes(b"no database at all")
    assert asked(shell, "bash", "annotate log ").strip() == ""


def test_bash_itself_completes(shell):
    """The installed function, called as readline would."""
    annotate, home = shell
    here = study(annotate.cwd)
    annotate.env["_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION"] = "1"
    subprocess.run(
        ["annotate", "--install-completion", "bash"],
        env=annotate.env,
        cwd=annotate.cwd,
        capture_output=True,
        check=True,
    )
    asks = (
        f"source {home}/.bash_completions/annotate.sh; COMP_WORDS=(annotate best ''); COMP_CWORD=2;"
        ' f=$(complete -p annotate | sed "s/.*-F \\([^ ]*\\).*/\\1/"); $f annotate "" best; echo "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        [shutil.which("bash"), "-c", asks],
        env=annotate.env,
        cwd=annotate.cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == [here.id]


def test_tuners_and_pruners_are_offered(shell):
    """By their names."""
    assert asked(shell, "bash", "annotate run train.py --tuner hyper").split() == ["hyperband"]
    assert "median" in asked(shell, "bash", "annotate run train.py --pruner ").split()
