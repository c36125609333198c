"""check, explain, extract-space, instrument: what goes where, the exit codes, and what is refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.annotate.cli.conftest import Command

SPACE = {
    "train/lr/loguniform": {"_type": "loguniform", "_value": [0.0001, 0.1]},
    "net/width/choice": {"_type": "choice", "_value": [8, 16]},
}


def listing(code: Path) -> dict[str, bytes]:
    """Every file below a directory."""
    return {str(p.relative_to(code)): p.read_bytes() for p in code.rglob("*") if p.is_file()}


def test_the_space_goes_to_stdout_as_json(annotate: Command) -> None:
    """And nothing else is said, so that it can be piped."""
    done = annotate("extract-space", "train.py")
    assert (done.code, json.loads(done.out), done.err) == (0, SPACE, "")


def test_the_space_as_yaml(annotate: Command) -> None:
    """The same document."""
    done = annotate("extract-space", "train.py", "--format", "yaml")
    assert (done.code, yaml.safe_load(done.out), done.err) == (0, SPACE, "")


def test_the_space_as_a_table(annotate: Command) -> None:
    """With short names and the values that stand in the source."""
    done = annotate("extract-space", "train.py", "--format", "table")
    words = [line.split() for line in done.out.splitlines() if line.strip()]
    assert words[0] == ["name", "type", "values", "default", "key"]
    assert words[2] == ["lr", "loguniform", "0.0001,", "0.1", "0.1", "train/lr/loguniform"]


def test_the_space_to_a_file(annotate: Command, code: Path) -> None:
    """It is there whole, with nothing beside it, and the mode of a file that was there is kept."""
    (code / "space.json").write_text("old")
    (code / "space.json").chmod(0o640)
    before = {*listing(code)}
    done = annotate("extract-space", "train.py", "-o", "space.json")
    assert (done.code, done.out, done.err) == (0, "", "")
    assert json.loads((code / "space.json").read_text()) == SPACE
    assert (code / "space.json").stat().st_mode & 0o777 == 0o640
    assert {*listing(code)} == before


def test_a_failed_write_leaves_the_old_file(
    annotate: Command, code: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is published is published whole or not at all."""
    (code / "space.json").write_text("old")
    before = listing(code)
    full = OSError(28, "No space left on device")

    def fail(*_: object) -> None:
        raise full

    monkeypatch.setattr(os, "fchmod", fail)
    done = annotate("extract-space", "train.py", "-o", "space.json")
    assert (done.code, done.err) == (2, "error: space.json cannot be written: No space left on device\n")
    assert listing(code) == before


@pytest.mark.parametrize("command", ["extract-space", "instrument", "check", "suggest"])
def test_all_errors_at_once_and_exit_code_2(annotate: Command, code: Path, command: str) -> None:
    """Every command shows the same diagnostics, with path, line, column, caret and remedy; nothing is written."""
    before = listing(code)
    done = annotate(command, "wrong.py")
    said = done.out if command == "check" else done.err
    assert done.code == 2
    assert "wrong.py:1:18: error E104: there is no directive 'logunifrm'" in said
    assert "                     ^^^^^^^^^\n  fix: did you mean 'loguniform'?" in said
    assert "wrong.py:2:11: error E108" in said
    assert "2 errors" in said
    assert (done.err if command == "check" else done.out) == ""
    assert listing(code) == before


def test_check_of_a_good_script(annotate: Command) -> None:
    """One line that counts, on stdout, and exit code 0."""
    done = annotate("check", "train.py")
    assert (done.code, done.out, done.err) == (0, "no errors in 2 files, 2 variables\n", "")


def test_check_of_a_directory(annotate: Command, code: Path) -> None:
    """Every annotated script in it; hidden directories are passed by, a module is part of what imports it."""
    (code / ".venv").mkdir()
    (code / ".venv" / "lib.py").write_text("x = 1  # @nni.unifrm()\n")
    done = annotate("check", ".")
    assert done.code == 2
    assert done.out.endswith("2 errors in 3 files, 2 variables\n")


def test_check_for_editors(annotate: Command) -> None:
    """JSON with 1-based lines and columns, stdout only."""
    done = annotate("check", "wrong.py", "--format", "json")
    first, second = json.loads(done.out)
    assert (done.code, done.err) == (2, "")
    assert (first["file"], first["code"], first["severity"]) == ("wrong.py", "E104", "error")
    assert (first["line"], first["column"], first["end_column"]) == (1, 18, 27)
    assert first["remedy"] == "did you mean 'loguniform'?"
    assert second["code"] == "E108"


def test_a_warning_is_no_error(annotate: Command, code: Path) -> None:
    """It is shown and the exit code is 0; the space is printed all the same."""
    (code / "warned.py").write_text("lr = 0.5  # @nni.uniform(0, 0.1)\n# @nni.report_final_result(lr)\n")
    checked, extracted = annotate("check", "warned.py"), annotate("extract-space", "warned.py")
    assert (checked.code, extracted.code) == (0, 0)
    assert "warning W" in checked.out
    assert "warning W" in extracted.err
    assert list(json.loads(extracted.out)) == ["warned/lr/uniform"]


def test_explain(annotate: Command) -> None:
    """The page of a code, in any case of its letter."""
    done = annotate("explain", "e108")
    assert done.code == 0
    assert done.out.startswith("E108: ")


@pytest.mark.parametrize(
    ("code_", "remedy"), [("E1088", "did you mean E108?"), ("lr", "the codes are E101, ")]
)
def test_explain_of_no_code(annotate: Command, code_: str, remedy: str) -> None:
    """The nearest one, or all."""
    done = annotate("explain", code_)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: there is no code {code_}\n  fix: {remedy}")


@pytest.mark.parametrize("options", [(), ("--diff",)])
def test_instrument_shows_a_diff(annotate: Command, code: Path, options: tuple[str, ...]) -> None:
    """Of every file that changes, without colour where no terminal is; nothing is written."""
    before = listing(code)
    done = annotate("instrument", "train.py", *options)
    assert (done.code, done.err) == (0, "")
    assert '+lr = (_annotate_trial["train/lr/loguniform"]' in done.out
    assert "+++ net.py (instrumented)" in done.out
    assert "\x1b" not in done.out
    assert listing(code) == before


def test_instrument_writes_a_tree_that_runs(annotate: Command, code: Path, tmp_path: Path) -> None:
    """Line for line the user's own, which is untouched; it runs where annotate is not installed."""
    before = listing(code)
    done = annotate("instrument", "train.py", "-o", str(tmp_path / "out"))
    assert (done.code, done.out) == (0, "")
    assert done.err == f"wrote {tmp_path / 'out' / 'train.py'}\n"
    assert len((tmp_path / "out" / "train.py").read_text().splitlines()) == 4
    assert listing(code) == before
    script = tmp_path / "out" / "train.py"
    run = "import runpy, sys; sys.path.insert(0, sys.argv[1]); print(runpy.run_path(sys.argv[2])['lr'])"
    ran = [sys.executable, "-ISc", run, str(script.parent), str(script)]
    assert subprocess.run(ran, capture_output=True, text=True, check=True).stdout == "0.1\n"


@pytest.mark.parametrize("into", [".", "..", "out", "sub/out", "train.py"])
def test_instrument_does_not_write_into_the_users_tree(annotate: Command, code: Path, into: str) -> None:
    """Neither over it nor below it; nor into a directory that holds something."""
    before = listing(code)
    done = annotate("instrument", "train.py", "-o", into)
    assert (done.code, done.out) == (2, "")
    assert "fix: name a new directory" in done.err
    assert listing(code) == before
    assert not (code / "out").exists()


def test_the_space_does_not_go_into_a_script(annotate: Command, code: Path) -> None:
    """`-o train.py` is a slip, and would cost the script."""
    before = listing(code)
    done = annotate("extract-space", "train.py", "-o", "net.py")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: net.py is your own code")
    assert listing(code) == before


@pytest.mark.parametrize("command", ["extract-space", "instrument"])
def test_a_script_without_annotations_is_told_of(annotate: Command, command: str) -> None:
    """An empty result is more often a mistake than meant; it says what to do."""
    done = annotate(command, "plain.py")
    assert done.code == 0
    assert (
        done.err
        == "plain.py and what it imports carry no annotation; `annotate suggest plain.py` proposes some\n"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("extract-space", "trian.py"), "there is no script trian.py\n  fix: did you mean train.py?"),
        (("check", "train"), "there is no script train\n  fix: did you mean train.py?"),
        (("suggest", "trian.py"), "there is no script trian.py\n  fix: did you mean train.py?"),
        (
            ("extract-space", "."),
            ". is a directory\n  fix: name the script in it: annotate extract-space train.py",
        ),
        (("suggest", "."), ". is a directory\n  fix: name the script in it: annotate suggest train.py"),
        (("extract-space",), "missing argument 'script'"),
        (("extract-space", "train.py", "--code-dir", "nowhere"), "does not lie in the code directory"),
        (("extract-space", "train.py", "--include", "z*.py"), "--include z*.py matches no Python file"),
        (
            ("extract-space", "train.py", "--format", "xml"),
            "--format xml is not known\n  fix: there are json",
        ),
        (("extract-space", "train.py", "-f", "table", "-o", "x"), "a table is for reading, not for a file"),
        (("extract-space", "train.py", "-o", "no/x.json"), "no/x.json cannot be written: No such file"),
        (("chekc", "train.py"), "no command chekc\n  fix: did you mean `annotate check`?"),
    ],
)
def test_a_mistake_gets_a_sentence(annotate: Command, words: tuple[str, ...], said: str) -> None:
    """On stderr, with exit code 2, and no traceback."""
    done = annotate(*words)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: ")
    assert said in done.err
    assert "Traceback" not in done.err


def test_an_included_file_counts(annotate: Command, code: Path) -> None:
    """A module that only a dynamic import reaches."""
    (code / "late.py").write_text("depth = 2  # @nni.randint(1, 5)\n")
    done = annotate("extract-space", "train.py", "--include", "late*.py")
    assert {*json.loads(done.out)} == {*SPACE, "late/depth/randint"}


def test_a_notebook_is_a_script(annotate: Command, code: Path) -> None:
    """Its space, and its faults at cell and line."""
    cells = ["import net", "%time\nlr = 0.1  # @nni.uniform(0, 1)\n# @nni.report_final_result(lr)"]
    document = {"cells": [{"cell_type": "code", "source": cell} for cell in cells], "nbformat": 4}
    (code / "nb.ipynb").write_text(json.dumps(document))
    extracted, checked, suggested = (annotate(c, "nb.ipynb") for c in ("extract-space", "check", "suggest"))
    assert list(json.loads(extracted.out)) == ["nb/lr/uniform", "net/width/choice"]
    assert "nb.ipynb:cell 2:1:1: note N502" in extracted.err
    assert checked.code == 0
    assert (suggested.code, suggested.err.splitlines()[0]) == (
        2,
        "error: nb.ipynb is a notebook, which is not written to",
    )


def test_a_reader_that_leaves_is_no_fault(code: Path) -> None:
    """`annotate instrument train.py | head -1` says nothing on stderr."""
    done = subprocess.run(
        f"{sys.executable} -m annotate.cli instrument train.py | head -1",
        shell=True, cwd=code, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("--- train.py\n", "")
