"""The trial side in a study's `lib`."""

from __future__ import annotations

import os
import py_compile
import shutil
import sys
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

import pytest

from annotate_runtime import install
from annotate_runtime.install import _copy_byte_code

Study = Any  # of conftest, which importlib mode keeps to itself


def test_a_trial_that_may_write_no_byte_code_compiles_nothing_of_ours(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Containers often forbid it: then the host has written what every fresh process would compile anew."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    stale = {"sitecustomize.py", "trial.py"}
    monkeypatch.setattr(
        install, "_copy_byte_code", lambda source, copy: _old(copy) if copy.name in stale else None
    )
    source = (
        "from annotate_runtime.trial import trial as _annotate_trial\n"
        "_annotate_trial.report_final_result(1)\n"
        "import sys\n"
        "for m in list(sys.modules.values()):\n"
        "    if '/lib/' in (getattr(m, '__file__', '') or '') and 'study' in m.__file__: print(m.__file__)\n"
    )
    outcome = study.python(source, env={"PYTHONDONTWRITEBYTECODE": "1"})
    imported = [Path(line) for line in outcome.log.splitlines()]
    assert {"sitecustomize.py", "trial.py", "reporter.py"} <= {path.name for path in imported}
    assert [path.name for path in imported if _byte_code_of(path) != int(path.stat().st_mtime)] == []


def _old(module: Path) -> None:
    """Give it the byte code of an earlier version."""
    now = module.stat().st_mtime
    os.utime(module, (1.0e9, 1.0e9))
    py_compile.compile(str(module))
    os.utime(module, (now, now))


def _byte_code_of(module: Path) -> int:
    """The time of the module that its byte code was made from."""
    return int.from_bytes(Path(cache_from_source(str(module))).read_bytes()[8:12], "little")


def test_byte_code_goes_with_its_module(tmp_path: Path) -> None:
    """What Python has compiled once is not compiled again in each study: the copy's byte code is valid there."""
    (tmp_path / "lib").mkdir()
    original, copy = tmp_path / "module.py", tmp_path / "lib" / "module.py"
    original.write_text("x = 1\n")
    os.utime(original, (1.0e9, 1.0e9))
    py_compile.compile(str(original))
    shutil.copyfile(original, copy)
    _copy_byte_code(original, copy)
    header = Path(cache_from_source(str(copy))).read_bytes()[:16]
    assert _byte_code_of(copy) == int(copy.stat().st_mtime) == 10**9
    assert int.from_bytes(header[12:16], "little") == copy.stat().st_size
