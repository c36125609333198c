"""`annotate narrow` over a real study."""

import subprocess

import pytest

from .conftest import QUICK

TUNED = QUICK.replace("1 - abs(lr - 0.01) - width / 1000", "-abs(__import__('math').log10(lr) + 2.5)")


@pytest.fixture
def study(annotate):
    annotate.write("train.py", TUNED)
    done = annotate("run", "train.py", "--trials", "40", "--tuner", "random", "--seed", "1", "--jobs", "2")
    assert done.returncode == 0, done.stderr
    return annotate


def test_the_diff_can_be_reviewed_and_applied(study):
    """Nothing is written until it is asked for; what `git apply` makes of the diff is what --apply writes."""
    path = study.cwd / "train.py"
    before = path.read_text()
    shown = study("narrow")
    assert shown.returncode == 0, shown.stderr
    assert path.read_text() == before
    assert "of the 10 good trials" in shown.stderr
    assert "annotate narrow --apply" in shown.stderr
    subprocess.run(["git", "init", "-q", "."], cwd=study.cwd, check=True)
    subprocess.run(["git", "apply", "-"], cwd=study.cwd, input=shown.stdout, text=True, check=True)
    by_git = path.read_text()
    path.write_text(before)
    assert "wrote train.py" in study("narrow", "--apply").stderr
    assert path.read_text() == by_git != before
    assert "choice(16, 32, 64)" in by_git
    assert study("check", "train.py").returncode == 0


def test_ranges_that_have_changed_since_are_refused(study):
    """With the line and what stands there today; nothing is written."""
    path = study.write("train.py", TUNED.replace("1e-4", "1e-6"))
    done = study("narrow", "--apply")
    assert done.returncode == 2
    assert "train.py:1: lr is nni.loguniform(1e-6, 1e-1) now" in done.stderr
    assert path.read_text() == TUNED.replace("1e-4", "1e-6")


def test_too_few_trials_are_refused(annotate):
    """Ten trials tell nothing of a range."""
    annotate.write("train.py", TUNED)
    assert annotate("run", "train.py", "--trials", "10", "--tuner", "random").returncode == 0
    done = annotate("narrow")
    assert done.returncode == 2
    assert "fewer than 20" in done.stderr
    assert "annotate resume" in done.stderr


def test_ranges_of_the_command_line_are_told(annotate):
    """They stand in no file; what to write is said."""
    annotate.write("plain.py", "import argparse\np = argparse.ArgumentParser()\np.add_argument('--lr', type=float, default=0.5)\n"
                               "lr = p.parse_args().lr\nprint('acc', -abs(lr - 0.15))\n")  # fmt: skip
    done = annotate(
        "run",
        "plain.py",
        "--param",
        "lr=uniform(0, 1)",
        "--metric-pattern",
        r"acc (\S+)",
        "--trials",
        "40",
        "--tuner",
        "random",
    )
    assert done.returncode == 0, done.stderr
    done = annotate("narrow")
    assert "write --param 'lr=uniform(" in done.stderr
    assert done.stdout == ""
