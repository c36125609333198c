"""The code directory of a script: its own, or the one above in which also lies what it imports.

scripts/train.py imports proj.model, by sys.path, PYTHONPATH or `pip install -e .`    the directory of both
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from annotate.sources.above import places
from annotate.sources.closure import python_of, reach


def code_dir_of(script: Path, others: Iterable[Path] = ()) -> Path:
    """The directory that holds a script, what it imports, and `others`; never one that holds a home directory."""
    script = Path(os.path.abspath(script))  # noqa: PTH100 - a symbolic link keeps the user's own name
    code_dir = script.parent
    for other in others:
        code_dir = _above(code_dir, Path(os.path.abspath(other)))  # noqa: PTH100
    if not script.is_file():  # told where the script is read
        return code_dir
    elsewhere = [place for place in places(script, python_of(script)) if not place.is_relative_to(code_dir)]
    if not elsewhere:
        return code_dir
    bases = list(dict.fromkeys([script.parent, code_dir]))
    own = {*reach(script, bases)}
    for path in reach(script, [*bases, *elsewhere]):
        if path not in own:
            place = max((place for place in elsewhere if path.is_relative_to(place)), key=_depth)
            code_dir = _above(code_dir, place)
    return code_dir


def _depth(path: Path) -> int:
    return len(path.parts)


def _above(code_dir: Path, other: Path) -> Path:
    above = Path(os.path.commonpath([code_dir, other]))
    return above if _may_be_mirrored(above) else code_dir


def _may_be_mirrored(directory: Path) -> bool:
    whole = Path(os.path.expanduser("~")).is_relative_to(directory)  # noqa: PTH111 - which raises without a HOME
    return not whole and os.access(directory, os.R_OK | os.X_OK)
