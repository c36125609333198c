"""A trial's code as a directory that can be handed on: its sources with its values, and what lies beside them.

The files that the study tunes are written as they were when it began; the rest of the code directory is copied as
it is today. Left out, and said: what is large, which is data; what git, a virtual environment or Python keep for
themselves is left out in silence. A link is copied as a link.

A script that imports `nni` by hand gets one of a few lines beside it, which has the trial's parameters.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from annotate.notebooks import SUFFIX, python_name, read_notebook
from annotate.rewrite.stand_in import stand_in
from annotate.rewrite.trials import TrialSource
from annotate.storage import StudyMeta

LARGEST: Final = 16 << 20  # bytes of a file, or of a directory without sources, that is copied
MOST_FILES: Final = 1000  # in a directory without sources that is copied

_OTHERS = frozenset(
    {
        ".git", ".hg", ".svn", ".annotate", "__pycache__", ".venv", "venv", "node_modules", ".tox", ".nox", ".eggs",
        ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", ".ipynb_checkpoints", ".idea", ".vscode",
    }
)  # fmt: skip
_IMPORTS_NNI = re.compile(rb"^[ \t]*(?:import|from)[ \t]+(?:nni|dlkit_utils)\b", re.MULTILINE)


@dataclass(frozen=True)
class LeftOut:
    """What was not copied, by its path in the code directory, and why."""

    name: str
    why: str


def check_out(meta: StudyMeta, source: TrialSource, into: Path, *, name: str) -> list[LeftOut]:
    """Write the directory `into`, which is new or empty, and leave nothing in it where that fails; `name` is the trial's.

    Returns what was left out. Raises OSError.
    """
    made = not into.exists()
    into.mkdir(parents=True, exist_ok=True)
    try:
        return list(_written(meta, source, into.resolve(), name))
    except BaseException:
        for each in into.iterdir():
            shutil.rmtree(each) if each.is_dir() and not each.is_symlink() else each.unlink()
        if made:
            into.rmdir()
        raise


def _written(meta: StudyMeta, source: TrialSource, into: Path, name: str) -> Iterator[LeftOut]:
    files = _files(meta, source, name)
    code = Path(meta.code_dir)
    if code.is_dir():
        yield from _copied(code, into, PurePosixPath(), {PurePosixPath(each) for each in files}, into)
    for each, content in files.items():
        path = into / each
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        if (code / each).is_file():
            shutil.copymode(code / each, path)


def _files(meta: StudyMeta, source: TrialSource, name: str) -> dict[str, bytes]:
    """What is written rather than copied; a notebook as the script that runs, too."""
    files = {file.name: file.after for file in source.files}
    for each, content in list(files.items()):
        if each.endswith(SUFFIX):
            files[python_name(each)] = read_notebook(content, each).code.encode()
    if meta.nni == "ours" and any(_IMPORTS_NNI.search(content) for content in files.values()):
        beside = PurePosixPath(Path(meta.script).relative_to(meta.code_dir)).parent
        for path, text in stand_in(source.asked, name).items():
            files.setdefault((beside / path).as_posix(), text.encode())
    return files


def _copied(
    source: Path, target: Path, at: PurePosixPath, written: set[PurePosixPath], into: Path
) -> Iterator[LeftOut]:
    """Copy what lies in a directory, but for what is written anyway."""
    needed = {parent for path in written for parent in path.parents}
    with os.scandir(source) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        name, path = at / entry.name, Path(entry.path)
        if entry.name in _OTHERS or name in written or path.resolve() == into:
            continue
        if entry.is_symlink():
            (target / entry.name).symlink_to(_aim(path))
        elif entry.is_dir():
            if (path / "pyvenv.cfg").exists():
                continue
            why_not = None if name in needed else _unfit(path)
            if why_not is not None:
                yield LeftOut(f"{name}/", why_not)
                continue
            (target / entry.name).mkdir()
            yield from _copied(path, target / entry.name, name, written, into)
            if name not in needed and not any((target / entry.name).iterdir()):
                (target / entry.name).rmdir()
        elif not entry.is_file():
            yield LeftOut(str(name), "no plain file")
        elif entry.stat().st_size > LARGEST:
            yield LeftOut(str(name), _bytes(entry.stat().st_size))
        elif not os.access(path, os.R_OK):
            yield LeftOut(str(name), "it cannot be read")
        else:
            shutil.copy2(path, target / entry.name)


def _aim(link: Path) -> Path:
    """Where a copy of a link points: to the same place, wherever the copy is."""
    return link.parent.resolve() / link.readlink()


def _unfit(directory: Path) -> str | None:
    """Why a directory is left out, None where it is copied: looked at only until that is certain."""
    if not os.access(directory, os.R_OK | os.X_OK):
        return "it cannot be read"
    size = count = 0
    for base, directories, names in os.walk(directory):
        directories[:] = [each for each in directories if each not in _OTHERS]
        if any(name.endswith(".py") for name in names):
            return None
        for name in names:
            count += 1
            size += os.lstat(Path(base, name)).st_size
            if size > LARGEST:
                return f"more than {_bytes(LARGEST)}"
            if count > MOST_FILES:
                return f"more than {MOST_FILES} files"
    return None


def _bytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"
