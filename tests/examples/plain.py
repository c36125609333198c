"""Runs an example as a person would who never heard of annotate: in a process that cannot import it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"

WITHOUT_ANNOTATE = """
import runpy, sys
for name in ("annotate", "annotate_runtime", "annotate_tuners", "nni"):
    sys.modules[name] = None  # any import of it raises
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def run_plainly(script: Path, *args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """The script's exit code and output; `cwd` is where it looks for data."""
    environment = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "ANNOTATE_TRIAL_DIR"}}
    return subprocess.run(
        [sys.executable, "-c", WITHOUT_ANNOTATE, str(script), *args],
        cwd=cwd,
        env=environment | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
