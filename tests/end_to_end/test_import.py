"""`annotate export` and `annotate import` as commands."""

import json

import pytest

from .conftest import ROOT
from .test_reading import study


@pytest.fixture
def exported(annotate):
    """A study of six trials as study.json."""
    study(annotate.cwd)
    assert annotate("export", "-o", "study.json").returncode == 0
    return annotate


def test_an_imported_study_is_read_like_any_other(exported):
    """ls, top, best, show, compare and export; the lines say what to type."""
    done = exported("import", "study.json")
    assert done.returncode == 0, done.stderr
    name = done.stdout.partition(":")[0]
    assert f"annotate top {name}" in done.stdout
    assert name in [row["study"] for row in json.loads(exported("ls", "--format", "json").stdout)]
    assert [row["trial"] for row in json.loads(exported("top", name, "--format", "json").stdout)] == [1, 0]
    assert exported("best", name, "--format", "args").stdout.startswith("--lr 0.01")
    assert exported("watch", name).returncode == 0
    again = json.loads(exported("export", name).stdout)
    assert len(again["trials"]) == 6


def test_an_imported_study_has_nothing_to_run(exported):
    """`resume` and `replay` say so, and what to do with its trials; there is no log of them."""
    name = exported("import", "study.json").stdout.partition(":")[0]
    for words in (("resume", name, "--trials", "9"), ("replay", name, "1")):
        done = exported(*words)
        assert done.returncode == 2
        assert "was imported" in done.stderr
        assert f"--from {name}" in done.stderr
    assert "was imported" in exported("log", "1", "--study", name).stderr


def test_a_file_is_replaced_only_by_force(exported, tmp_path):
    """Parquet's second file too."""
    before = (tmp_path / "study.json").read_bytes()
    done = exported("export", "--to", "csv", "-o", "study.json")
    assert done.returncode == 2
    assert "--force" in done.stderr
    assert (tmp_path / "study.json").read_bytes() == before
    assert exported("export", "--to", "csv", "-o", "study.json", "--force").returncode == 0
    (tmp_path / "t.measurements.parquet").write_text("mine")
    assert (
        "t.measurements.parquet is there" in exported("export", "--to", "parquet", "-o", "t.parquet").stderr
    )
    assert not (tmp_path / "t.parquet").exists()


def test_what_is_not_read_leaves_nothing_behind(annotate, tmp_path):
    """A refusal with the line, exit code 2, and no study."""
    (tmp_path / "bad.jsonl").write_text('{"number": 0}\n')
    done = annotate("import", "bad.jsonl")
    assert (done.returncode, "bad.jsonl:1" in done.stderr) == (2, True)
    assert not (tmp_path / ".annotate").exists()


@pytest.mark.parametrize(
    ("form", "target", "shown"),
    [
        ("tensorboard", "runs", "tensorboard --logdir runs"),
        ("mlflow", "m.db", "mlflow ui --backend-store-uri sqlite:///m.db"),
        ("optuna", "o.db", "optuna-dashboard sqlite:///o.db"),
        ("optuna", "o.journal", "optuna-dashboard o.journal"),
    ],
)
def test_exporting_into_a_tool_says_what_shows_it(exported, form, target, shown):
    """And the second time that nothing is new."""
    done = exported("export", "--to", form, "-o", target)
    assert done.returncode == 0, done.stderr
    assert shown in done.stderr
    assert ", 0 of them new" in exported("export", "--to", form, "-o", target).stderr


def test_a_tool_that_is_not_installed_is_named(exported, tmp_path):
    """With the command that installs it, on one line, exit code 2."""
    (tmp_path / "without.py").write_text(
        "import importlib.util, sys\n"
        "find = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, *more: None if name == 'mlflow' else find(name, *more)\n"
        "from annotate.cli.__main__ import main\n"
        "sys.argv = ['annotate', 'export', '--to', 'mlflow', '-o', 'm.db']\n"
        "main()\n"
    )
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "without.py"],
        cwd=tmp_path,
        env=exported.env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "--to mlflow needs mlflow" in done.stderr
    assert "pip install 'annotate-trials[mlflow]'" in done.stderr


def test_every_extra_is_in_pyproject():
    """What the remedies tell to install can be installed."""
    text = (ROOT / "pyproject.toml").read_text()
    for extra in ("parquet", "tensorboard", "mlflow", "optuna"):
        assert f"\n{extra} = [" in text
