"""The tabular example is a plain script that needs no annotate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.examples import plain

if TYPE_CHECKING:
    from pathlib import Path


def test_it_runs_plainly_and_prints_its_error(tmp_path: Path) -> None:
    done = plain.run_plainly(plain.EXAMPLES / "annotated_tabular" / "train.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    *folds, final = done.stdout.splitlines()
    assert len(folds) == 5
    assert (
        40 < float(final.removeprefix("final rmse ")) < 77
    )  # 77 is the standard deviation of what is predicted
