"""`annotate replay`: one trial again, in the foreground, and the line that does the same by hand."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys

import pytest

SAYS = """\
import os, sys
lr = 0.1  # @nni.uniform(0, 1)
print(lr, sys.argv, os.getcwd(), os.environ.get("COLOUR"), sys.stdin.readline().strip())
'''@nni.report_final_result(lr)'''
sys.exit(7 if lr != 0.1 else 0)
"""
FAILS = """\
def part(whole):
    share = whole / zero
    return share

zero = 0  # @nni.choice(0, 1)
'''@nni.report_final_result(part(3))'''
"""


def tree(path):
    """Every file below a directory and what it holds, compiled code apart."""
    return {
        file.relative_to(path): hashlib.sha256(file.read_bytes()).digest()
        for file in path.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }


def study_of(annotate, *words, trials=2):
    """Run a study and return its directory."""
    annotate("run", *words, "--trials", trials, "--tuner", "random", "--seed", 1)
    (study,) = annotate.studies
    return study


def replay(annotate, *words, stdin="", **env):
    return subprocess.run(
        [sys.executable, "-m", "annotate.cli", "replay", *map(str, words)],
        cwd=annotate.cwd, env={**annotate.env, **env}, input=stdin, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def by_hand(done):
    return re.search(r"^by hand: (\(.*\))$", done.stderr, re.MULTILINE)[1]


def test_a_trial_is_replayed_as_it_was(annotate):
    """Its own source and environment, the terminal's stdin, the script's exit code, and a study left as it is."""
    annotate.env["COLOUR"] = "blue"
    script = annotate.write("train.py", SAYS)
    annotate("run", "train.py", "--trials", 2, "--tuner", "random", "--seed", 1)
    (study,) = annotate.studies
    lr = annotate.trials()[1]["parameters"]["train/lr/uniform"]
    script.write_text("raise SystemExit('edited since')\n")
    before = tree(study)
    done = replay(annotate, 1, stdin="typed\n", COLOUR="red")
    assert done.stdout == f"{lr} ['train.py'] {annotate.cwd} blue typed\n", done.stderr
    assert done.returncode == 7
    assert f"this replay came to {lr:.6g}; the trial came to {lr:.6g}" in done.stderr
    assert tree(study) == before


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_the_line_by_hand_does_the_same(annotate, shell):
    """In a plain shell it prints the same, exits the same, and leaves nothing behind."""
    annotate.env["COLOUR"] = 'it\'s "blue"'
    annotate.write("train.py", SAYS)
    study_of(annotate, "train.py", "--", "--name", "a b")
    annotate.env["NEWER"] = annotate.env.pop("COLOUR")
    done = replay(annotate, 1, stdin="typed\n")
    (annotate.cwd / "tmp").mkdir()
    again = subprocess.run(
        [shell, "-c", by_hand(done)],
        cwd="/", env={**annotate.env, "TMPDIR": str(annotate.cwd / "tmp")}, input="typed\n", capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert "it's" in done.stdout
    assert (again.stdout, again.stderr, again.returncode) == (done.stdout, "", 7)
    assert not list((annotate.cwd / "tmp").iterdir())


def test_the_debugger_stops_where_the_user_would_look(annotate):
    """Her file, her line and her text, as it was in the study; our own frames are not there."""
    script = annotate.write("train.py", FAILS)
    study_of(annotate, "train.py", trials=1)
    script.write_text(FAILS.replace("whole / zero", "whole // zero"))
    done = replay(annotate, 0, "--pdb", stdin="p whole\nlist\nup\nwhere\nquit\n")
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr
    stopped, *_ = done.stdout.split("(Pdb)")
    assert stopped.strip().startswith(f"> {script}(2)part()")
    assert "(Pdb) 3\n" in done.stdout
    assert "-> \tshare" not in done.stdout
    assert "2  ->\t    share = whole / zero\n" in done.stdout
    assert "'''@nni.report_final_result(part(3))'''" in done.stdout
    assert "annotate_runtime" not in done.stdout
    assert str(study_dir(annotate)) not in done.stdout


def test_a_mistake_in_a_report_is_debugged_at_the_report(annotate):
    """The exception is raised in our code; the frame is the user's."""
    script = annotate.write(
        "train.py", "lr = 0.1  # @nni.uniform(0, 1)\n'''@nni.report_final_result('high')'''\n"
    )
    study_of(annotate, "train.py", trials=1)
    done = replay(annotate, 0, "--pdb", stdin="p lr\nquit\n")
    assert done.stdout.startswith(f"> {script}(2)<module>()")
    assert "(Pdb) 0.1" in done.stdout


def test_a_script_with_a_hook_of_its_own_is_debugged_too(annotate):
    """`sys.excepthook` is the script's; the debugger comes after it."""
    annotate.write("train.py", "import sys\nsys.excepthook = lambda *a: print('mine')\n" + FAILS)
    study_of(annotate, "train.py", trials=1)
    assert re.match(r"mine\n> .*train.py\(4\)part\(\)", replay(annotate, 0, "--pdb", stdin="quit\n").stdout)


def study_dir(annotate):
    (study,) = annotate.studies
    return study


@pytest.mark.parametrize(
    "words",
    [
        ("-m", "pkg.train"),
        ("--", sys.executable, "-W", "ignore", "pkg/train.py"),
        ("--", "sh", "run.sh"),
        ("nb.ipynb",),
        ("theirs.py", "-p", "lr=uniform(0, 1)", "--metric-pattern", r"says (\S+)"),
        ("pkg/train.py", "--start", "spawn"),
    ],
    ids=lambda words: words[-1] if words[0] == "--" else words[0],
)
def test_whatever_was_tuned_is_replayed(annotate, words):
    """Modules, commands, notebooks, options of a stranger's script: the same value as in the study."""
    annotate.write("pkg/__init__.py", "")
    train = annotate.write(
        "pkg/train.py",
        "lr = 0.1  # @nni.uniform(0, 1)\nprint('says', lr)\n'''@nni.report_final_result(lr)'''\n",
    )
    annotate.write("run.sh", f"{sys.executable} pkg/train.py\n")
    annotate.write("theirs.py", "import sys\nprint('says', sys.argv[2] if sys.argv[1:] else 0.5)\n")
    cell = {"cell_type": "code", "source": train.read_text()}
    annotate.write(
        "nb.ipynb", json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    )
    study_of(annotate, *words)
    for trial in annotate.trials():
        done = replay(annotate, trial["number"])
        assert done.returncode == 0, done.stderr
        assert done.stdout == f"says {trial['value']}\n"


def test_a_study_that_took_up_new_code_replays_each_trial_with_its_own(annotate):
    """Also where a trial starts the script again by the user's own path."""
    again = (
        "import os, subprocess, sys\nif not sys.argv[1:]: subprocess.run([sys.executable, 'train.py', 'x'])\n"
    )
    code = again + "lr = 0.1  # @nni.uniform(0, 1)\nprint('old', lr)\n'''@nni.report_final_result(lr)'''\n"
    script = annotate.write("train.py", code)
    study_of(annotate, "train.py")
    script.write_text(code.replace("old", "new"))
    assert annotate("resume", "--trials", 3, "--new-code").returncode == 0
    said = [replay(annotate, number).stdout.split()[::2] for number in range(3)]
    assert said == [["old", "old"], ["old", "old"], ["new", "new"]]
    assert "old" not in subprocess.run(["sh", "-c", by_hand(replay(annotate, 2))], capture_output=True, text=True, env=annotate.env, check=True).stdout  # fmt: skip


def test_a_resumed_study_keeps_the_environment_of_each_session(annotate):
    """What was unset or changed between two sessions is so in the replay of a trial of each."""
    annotate.write(
        "train.py",
        "import os\nlr = 0.1  # @nni.uniform(0, 1)\nprint(os.environ.get('A'), os.environ.get('B'))\n'''@nni.report_final_result(lr)'''\n",
    )
    annotate.env["A"] = "1"
    study_of(annotate, "train.py", trials=1)
    del annotate.env["A"]
    annotate.env["B"] = "2"
    annotate("resume", "--trials", 2)
    annotate.env["A"] = "9"
    assert [replay(annotate, number).stdout for number in range(2)] == ["1 None\n", "None 2\n"]


def test_what_died_of_a_signal_exits_as_a_shell_says(annotate):
    """128 and the signal's number."""
    annotate.write("train.py", "import os\nlr = 0.1  # @nni.uniform(0, 1)\nos.kill(os.getpid(), 9)\n")
    study_of(annotate, "train.py", trials=1)
    assert replay(annotate, 0).returncode == 137


@pytest.mark.parametrize(
    "words", [("STUDY", "1"), ("STUDY-1",), ("1",), ("1", "--study", "STUDY"), ("train", "1")]
)
def test_a_trial_is_named_as_elsewhere(annotate, words):
    """By study and number, by id, by number alone."""
    annotate.write("train.py", SAYS.replace("7 if", "0 if"))
    study = study_of(annotate, "train.py")
    done = replay(annotate, *(word.replace("STUDY", study.name) for word in words))
    assert f"trial 1 of {study.name}: succeeded, lr=" in done.stderr, done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [(("9",), "no trial 9"), (("no-such-1",), "there is no study"), (("x",), "there is no trial x"), (("1", "2", "3"), "one trial"),
     (("1", "x"), "there is no trial x")],
)  # fmt: skip
def test_what_is_no_trial_is_refused(annotate, words, said):
    """Exit code 2 and one sentence."""
    annotate.write("train.py")
    study_of(annotate, "train.py")
    done = replay(annotate, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_an_interpreter_that_is_gone_is_named(annotate, tmp_path):
    """Before anything is run."""
    annotate.write("train.py")
    (tmp_path / "bin").mkdir()
    python = tmp_path / "bin/python"
    python.symlink_to(sys.executable)
    study_of(annotate, "train.py", "--python", python)
    python.unlink()
    done = replay(annotate, 1)
    assert done.returncode == 2
    assert f"ran {python}, which is no longer there" in done.stderr


def test_files_that_gc_cleared_away_are_not_needed(annotate):
    """The parameters are in the database, and the environment is the study's."""
    annotate.write("train.py", SAYS)
    study = study_of(annotate, "train.py")
    shutil.rmtree(study / "trials/1")
    assert str(annotate.trials()[1]["parameters"]["train/lr/uniform"]) in replay(annotate, 1).stdout


SEES = "import os\nlr = 0.1  # @nni.uniform(0, 1)\nprint(os.environ.get('CUDA_VISIBLE_DEVICES'))\n'''@nni.report_final_result(lr)'''\n"


@pytest.fixture
def gpus(annotate, tmp_path):
    """Write which GPUs this machine has, for the driver that the commands load."""
    source = os.path.join(os.path.dirname(__file__), "../runtime/fake_nvml/nvml.c")
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", tmp_path / "libnvidia-ml.so.1", source], check=True)
    (tmp_path / "tmp").mkdir()
    del annotate.env["CUDA_VISIBLE_DEVICES"]
    annotate.env.update(
        LD_LIBRARY_PATH=str(tmp_path), FAKE_NVML=str(tmp_path / "gpus"), TMPDIR=str(tmp_path / "tmp")
    )

    def write(*used):
        lines = [
            f"gpu GPU-{n}{n}{n}{n} A100 {40 << 30} {gigabytes << 30} 0\n" for n, gigabytes in enumerate(used)
        ]
        (tmp_path / "gpus").write_text("".join(lines))

    return write


def test_a_replay_has_the_trials_own_gpu(annotate, gpus):
    """The one it ran on; none with --cpu; none, and a word about it, where it is no longer there."""
    gpus(0, 0)
    annotate.write("train.py", SEES)
    study_of(annotate, "train.py", "--jobs", 1, "--gpus", "1")
    assert replay(annotate, 1).stdout == "1\n"
    assert replay(annotate, 1, "--cpu").stdout == "\n"
    gpus(0)
    done = replay(annotate, 1)
    assert done.stdout == "\n"
    assert "it ran on GPU 1, which is not here: no GPU is used" in done.stderr


def test_a_gpu_that_somebody_uses_is_not_taken(annotate, gpus):
    """Refused, with who has it and the way round."""
    gpus(0, 0)
    annotate.write("train.py", SEES)
    study_of(annotate, "train.py", "--jobs", 1, "--gpus", "1")
    gpus(0, 30)
    done = replay(annotate, 1)
    assert (done.returncode, done.stdout) == (2, "")
    assert "GPU 1: its memory is in use" in done.stderr
    assert "--cpu" in done.stderr


def test_a_replay_is_held_against_the_metric_of_its_study(annotate):
    """Where a key of a dictionary is what counts, that key is compared."""
    annotate.write(
        "train.py", "lr = 0.5  # @nni.uniform(0, 1)\n# @nni.report_final_result({'acc': lr, 'ms': 2.0})\n"
    )
    done = annotate("run", "train.py", "--trials", "1", "--metric", "acc:max", "--metric", "ms:min")
    assert done.returncode == 0, done.stderr
    assert "this replay came to 0.5; the trial came to 0.5" in annotate("replay", "0").stderr
