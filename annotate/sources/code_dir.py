"""The code directory of a script: its own, or the one above in which also lies what it imports.

scripts/train.py imports proj.model, by sys.path, PYTHONPATH or `pip install -e .`    the directory of both
"""

from __future__ import annotations

import os
from pathlib import Path

from annotate.sources.above import places
from annotate.sources.closure import python_of, reach


def code_dir_of(script: Path) -> Path:
    """The directory that holds a script and what it imports; never one that holds a home directory."""
    script = Path(os.path.abspath(script))  # noqa: PTH100 - a symbolic link keeps the user's own name
    code_dir = script.parent
    if not script.is_file():  # told where the script is read
        return code_dir
    elsewhere = [place for place in places(script, python_of(script)) if not place.is_relative_to(code_dir)]
    if not elsewhere:
        return code_dir
    own = {*reach(script, [code_dir])}
    for path in reach(script, [code_dir, *elsewhere]):
        if path not in own:
            place = max((place for place in elsewhere if path.is_relative_to(place)), key=_depth)
            above = Path(os.path.commonpath([code_dir, place]))
            code_dir = above if _may_be_mirrored(above) else code_dir
    return code_dir


def _depth(path: Path) -> int:
    return len(path.parts)


def _may_be_mirrored(directory: Path) -> bool:
    whole = Path(os.path.expanduser("~")).is_relative_to(directory)  # noqa: PTH111 - which raises without a HOME
    return not whole and os.access(directory, os.R_OK | os.X_OK)
