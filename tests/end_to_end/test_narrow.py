"""`annotate narrow` over a real study."""

import json
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


def test_the_figures_come_from_the_study_alone(study):
    """Where the source has gone they are the same, and it is said that nothing can be written."""
    before = study("narrow").stderr.splitlines()
    (study.cwd / "train.py").unlink()
    done = study("narrow", "--apply")
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert "train.py is there no longer, so nothing is written to it" in done.stderr
    assert before[-2] in done.stderr.splitlines()
    assert not (study.cwd / "train.py").exists()


def test_a_file_that_has_errors_today_is_left_alone(study):
    """It is refused with its diagnostic."""
    path = study.write("train.py", TUNED.replace("nni.loguniform(1e-4, 1e-1)", "nni.loguniform(1e-4)"))
    text = path.read_text()
    done = study("narrow", "--apply")
    assert done.returncode == 2
    assert "train.py:1" in done.stderr
    assert path.read_text() == text


def test_a_notebook_is_narrowed_in_its_cells(annotate):
    """All else of its JSON stays to the byte."""
    lines = [f"{line}\n" for line in TUNED.splitlines()]
    cell = {"cell_type": "code", "metadata": {}, "source": lines, "outputs": [], "execution_count": None}
    document = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path = annotate.write("n.ipynb", json.dumps(document, indent=1))
    before = path.read_text()
    done = annotate("run", "n.ipynb", "--trials", "40", "--tuner", "random", "--seed", "1", "--jobs", "2")
    assert done.returncode == 0, done.stderr
    assert "wrote n.ipynb" in annotate("narrow", "--apply").stderr
    changed = [
        (old, new)
        for old, new in zip(before.splitlines(), path.read_text().splitlines(), strict=True)
        if old != new
    ]
    assert changed
    assert all("nni.loguniform(" in old and "nni.loguniform(" in new for old, new in changed)


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
