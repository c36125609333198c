"""A script that begins experiments by `nni.experiment`, run with our `nni`: each of its experiments is a study.

    annotate nnictl create --config launch.py -- --dataset cora

The script is run in the interpreter of the user, as Python runs it, before anything is known of what it does: that is
what a launcher is for. Its trials are read like any others.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from annotate.cli.hosting import python_of_user
from annotate.cli.targets import interpreter
from annotate_runtime.install import install_lib

HOST = "ANNOTATE_HOST"
_CODE = """\
import os, runpy, sys
lib = sys.argv[1]
del sys.argv[:2]
sys.path[:1] = lib, os.path.dirname(os.path.abspath(sys.argv[0]))
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def launch(script: Path, arguments: Sequence[str]) -> int:
    """Run the script; returns its exit code."""
    python = interpreter(None, python_of_user())
    with tempfile.TemporaryDirectory(prefix="annotate-nni-") as directory:
        lib = install_lib(Path(directory))
        process = subprocess.Popen(
            [python, "-c", _CODE, str(lib), str(script), *arguments],
            env={**os.environ, HOST: json.dumps([sys.executable, "-m", "annotate.cli"])},
        )
        while process.returncode is None:
            try:
                process.wait()
            except KeyboardInterrupt:  # the script's, which has it too
                continue
    return process.returncode if process.returncode >= 0 else 128 - process.returncode
