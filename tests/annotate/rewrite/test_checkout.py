"""A trial's code as a directory: what is written, what is copied, what is left out, what runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from annotate.rewrite import check_out, of_trial
from annotate.rewrite.copying import LARGEST, MOST_FILES
from tests.annotate.rewrite.studies import made

SOURCE = """\
import pathlib, helper, net
lr = 0.1  # @nni.loguniform(1e-4, 1e-1)
print(lr, net.width, helper.x, (pathlib.Path(__file__).parent / "conf" / "a.yml").read_text())
"""
FILES = {"train.py": SOURCE, "net.py": "width = 8  # @nni.choice(8, 16)\n", "helper.py": "x = 1\n"}


def checked_out(study, trial, into):
    source = of_trial(study.folder, study.meta, trial, calls=True)
    return check_out(study.meta, source, into, name="trial 1")


def run(into):
    command = [sys.executable, into / "train.py"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    return done.stdout if done.returncode == 0 else done.stderr


def test_it_is_the_code_with_the_trials_values_and_runs_plainly(tmp_path):
    """Files of the study as they were, others as they are; nothing of ours is needed to run it."""
    user = tmp_path / "user"
    user.mkdir()
    study = made(user, FILES)
    (user / "train.py").write_text("changed since")
    (user / "conf").mkdir()
    (user / "conf" / "a.yml").write_text("a: 1")
    (user / "unused.py").write_text("y = 2\n")
    (user / "run.sh").write_text("#!/bin/sh\n")
    (user / "run.sh").chmod(0o755)
    into = tmp_path / "out"
    assert checked_out(study, study.trial(1, lr=0.01, width=16), into) == []
    assert run(into) == "0.01 16 1 a: 1\n"
    assert (into / "train.py").read_text() == SOURCE.replace("0.1 ", "0.01 ")
    assert (into / "unused.py").is_file()
    assert (into / "run.sh").stat().st_mode & 0o777 == 0o755


def test_what_is_large_is_left_out_and_said(tmp_path):
    """Big files, big directories, directories of many files; a directory with sources is looked into."""
    user = tmp_path / "user"
    user.mkdir()
    study = made(user, FILES)
    (user / "conf").mkdir()
    (user / "conf" / "a.yml").write_text("a")
    for name in ("weights.bin", "data/train.bin", "pkg/big.bin"):
        path = user / name
        path.parent.mkdir(exist_ok=True)
        with path.open("wb") as file:
            file.truncate(LARGEST + 1)
    (user / "pkg" / "code.py").write_text("z = 1\n")
    (user / "images").mkdir()
    for number in range(MOST_FILES + 1):
        (user / "images" / str(number)).touch()
    into = tmp_path / "out"
    left_out = checked_out(study, study.trial(1, lr=0.01), into)
    assert {each.name for each in left_out} == {"weights.bin", "data/", "images/", "pkg/big.bin"}
    assert sorted(path.name for path in into.iterdir()) == ["conf", "helper.py", "net.py", "pkg", "train.py"]
    assert (into / "pkg" / "code.py").is_file()


def test_what_belongs_to_git_and_environments_is_left_out_in_silence(tmp_path):
    """A virtual environment of any name, caches, studies, and the new directory itself where it lies within."""
    study = made(tmp_path, FILES)
    for name in (".git", "__pycache__", "env", "empty"):
        (tmp_path / name).mkdir()
    (tmp_path / ".git" / "HEAD").write_text("x")
    (tmp_path / "env" / "pyvenv.cfg").write_text("x")
    into = tmp_path / "out"
    assert checked_out(study, study.trial(1, lr=0.01), into) == []
    assert sorted(path.name for path in into.iterdir()) == ["helper.py", "net.py", "train.py"]


def test_a_link_stays_a_link_to_the_same_place(tmp_path):
    """Data behind a link is neither copied nor lost."""
    user, data = tmp_path / "user", tmp_path / "data"
    user.mkdir()
    data.mkdir()
    study = made(user, FILES)
    (user / "data").symlink_to("../data")
    into = tmp_path / "deep" / "out"
    checked_out(study, study.trial(1, lr=0.01), into)
    assert (into / "data").is_symlink()
    assert (into / "data").resolve() == data


def test_a_notebook_comes_with_the_script_that_its_trials_ran(tmp_path):
    """The notebook holds the values as well."""
    import json

    cells = [
        {
            "cell_type": "code",
            "metadata": {},
            "outputs": [],
            "source": ["lr = 0.1  # @nni.uniform(0, 1)\n", "print(lr)"],
        }
    ]
    text = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    study = made(tmp_path, {"train.ipynb": text})
    into = tmp_path / "out"
    checked_out(study, study.trial(1, lr=0.5), into)
    assert "lr = 0.5 " in (into / "train.ipynb").read_text()
    assert run(into) == "0.5\n"


HAND = """\
import nni
from nni.utils import merge_parameter
p = {"lr": 0.1, "n": 3}
merge_parameter(p, nni.get_next_parameter())
x = nni.uniform(0, 1, name="x")
'''@nni.report_intermediate_result(x)'''
print(p, x)
nni.report_final_result(p["lr"])
"""


def test_a_script_that_asks_nni_by_hand_gets_the_trials_parameters(tmp_path):
    """From a few lines beside it, in the place of NNI; its own calls of nni.uniform become their values."""
    study = made(tmp_path, {"train.py": HAND})
    meta = type(study.meta).from_json(
        {**vars(study.meta), "space": {**study.meta.space, "lr": {"_type": "uniform", "_value": [0, 1]}}}
    )
    source = of_trial(study.folder, meta, study.trial(1, lr=0.5, x=0.25), calls=True)
    into = tmp_path / "out"
    check_out(meta, source, into, name="trial 1")
    assert run(into) == "{'lr': 0.5, 'n': 3} 0.25\nFinal result: 0.5\n"
    assert "x = 0.25\n" in (into / "train.py").read_text()


@pytest.mark.parametrize("there", [True, False])
def test_nothing_is_left_of_a_copy_that_fails(tmp_path, there, monkeypatch):
    """The directory is as it was: empty, or not there."""
    study = made(tmp_path, FILES)
    into = tmp_path / "out"
    if there:
        into.mkdir()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copymode", full)
    with pytest.raises(OSError, match="No space"):
        checked_out(study, study.trial(1, lr=0.01), into)
    assert into.exists() == there
    assert not there or not any(into.iterdir())


def test_what_cannot_be_read_is_left_out_and_said(tmp_path, monkeypatch):
    """A file or a directory of somebody else's does not keep the rest from being copied."""
    user = tmp_path / "user"
    user.mkdir()
    study = made(user, FILES)
    (user / "secret").write_text("x")
    (user / "private").mkdir()
    access = os.access
    monkeypatch.setattr(
        os, "access", lambda path, mode: Path(path).name not in ("secret", "private") and access(path, mode)
    )
    into = tmp_path / "out"
    left_out = checked_out(study, study.trial(1, lr=0.01), into)
    assert [(each.name, each.why) for each in left_out] == [
        ("secret", "it cannot be read"),
        ("private/", "it cannot be read"),
    ]
    assert sorted(path.name for path in into.iterdir()) == ["helper.py", "net.py", "train.py"]


def test_what_is_hidden_may_be_secret_and_is_left_out(tmp_path):
    """A copy that is handed on holds no keys; what the study tunes is written, hidden or not."""
    user = tmp_path / "user"
    user.mkdir()
    study = made(user, FILES)
    (user / ".env").write_text("KEY=1")
    (user / ".ssh").mkdir()
    left_out = checked_out(study, study.trial(1, lr=0.01), tmp_path / "out")
    assert [(each.name, each.why) for each in left_out] == [
        (".env", "it is hidden"),
        (".ssh/", "it is hidden"),
    ]


def test_a_script_in_a_directory_of_many_things_does_not_bring_them_all(tmp_path, monkeypatch):
    """Its own neighbours come first; where there has been enough, directories are not even looked into."""
    monkeypatch.setattr("annotate.rewrite.copying.ROOM_FILES", 3)
    user = tmp_path / "user"
    user.mkdir()
    study = made(user, FILES)
    for name in ("a/1.py", "a/2.py", "b/3.py", "b/4.py", "c/5.py", "beside.txt"):
        (user / name).parent.mkdir(exist_ok=True)
        (user / name).touch()
    into = tmp_path / "out"
    left_out = checked_out(study, study.trial(1, lr=0.01), into)
    assert [each.name for each in left_out] == ["b/3.py", "b/4.py", "c/"]
    assert (into / "beside.txt").exists()
    assert {*FILES} <= {path.name for path in into.iterdir()}
