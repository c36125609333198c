"""The command line in this process: `annotate("check", "train.py")` as a user would have typed it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from annotate.cli.__main__ import main

TRAIN = """\
import net

lr = 0.1  # @nni.loguniform(1e-4, 1e-1)
# @nni.report_final_result(lr * net.width)
"""
NET = "width = 8  # @nni.choice(8, 16)\n"
WRONG = "lr = 0.1  # @nni.logunifrm(1e-4, 1e-1)\nx = 1  # @nni.uniform(3, 2)\n"


@dataclass(frozen=True)
class Done:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str


Command = Callable[..., Done]


@pytest.fixture
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory: a project with an annotated script, a module, and a script with two errors."""
    directory = tmp_path / "code"
    directory.mkdir()
    for name, text in {"train.py": TRAIN, "net.py": NET, "wrong.py": WRONG, "plain.py": "x = 1\n"}.items():
        (directory / name).write_text(text)
    monkeypatch.chdir(directory)
    return directory


@pytest.fixture
def annotate(code: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command in the project."""

    def run(*words: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["annotate", *words])
        with pytest.raises(SystemExit) as exited:
            main()
        said = capsys.readouterr()
        return Done(int(exited.value.code or 0), said.out, said.err)

    return run
