"""The code directory of a study: the closure's files as they were read, everything else by link.

A directory without a file of the closure is one symbolic link; one with such files is a real directory
whose other entries are links. So the study keeps its own snapshot of the code, and data stays where it is.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from annotate.sources.closure import Closure

_LEFT_OUT = frozenset({"__pycache__", ".annotate"})  # compiled code of other sources; studies themselves


def mirror(closure: Closure, into: Path) -> Path:
    """Write the mirrored code directory `into` a directory that is made; returns the mirrored script.

    Raises FileExistsError where `into` is there and not empty.
    """
    into = Path(os.path.abspath(into))  # noqa: PTH100 - links of the user's stay as they are
    into.mkdir(parents=True, exist_ok=True)
    if any(into.iterdir()):
        raise FileExistsError(into)
    files = {file.mirrored.relative_to(closure.code_dir): file for file in closure.files}
    real = {parent for path in files for parent in path.parents}
    for directory in sorted(real, key=lambda path: len(path.parts)):
        (into / directory).mkdir(exist_ok=True)
        _link_others(closure.code_dir / directory, into / directory, directory, real | {*files}, into)
    for path, file in files.items():
        (into / path).write_bytes(file.instrumented.code)
        shutil.copymode(file.path, into / path)
    return into / closure.files[0].mirrored.relative_to(closure.code_dir)


def _link_others(source: Path, target: Path, directory: Path, made: set[Path], into: Path) -> None:
    with os.scandir(source) as entries:
        for entry in entries:
            is_ours = entry.name in _LEFT_OUT or Path(entry.path) == into
            if not is_ours and directory / entry.name not in made:
                (target / entry.name).symlink_to(Path(entry.path))
