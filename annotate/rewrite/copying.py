"""What is copied of a code directory, so that the copy can be handed on.

Left out, and said: what is large, which is data, and what is hidden, which may be secret; what git, a virtual
environment or Python keep for themselves is left out in silence. A link is copied as a link. A script that lies in a
directory of a thousand other things does not bring them all.

    for left_out in Copy(code, into, written).directory(PurePosixPath()): ...
"""

from __future__ import annotations

import functools
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

LARGEST: Final = 16 << 20  # bytes of a file, or of a directory without sources, that is copied
MOST_FILES: Final = 1000  # in a directory without sources that is copied
ROOM: Final = 256 << 20  # bytes of all that is copied
ROOM_FILES: Final = 10_000

_OTHERS = frozenset(
    {
        ".git", ".hg", ".svn", ".annotate", "__pycache__", ".venv", "venv", "node_modules", ".tox", ".nox", ".eggs",
        ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", ".ipynb_checkpoints", ".idea", ".vscode",
    }
)  # fmt: skip


@dataclass
class _Room:
    """What may still be copied."""

    bytes: int
    files: int

    @property
    def used_up(self) -> bool:
        return self.bytes < 0 or self.files < 0

    def takes(self, size: int) -> bool:
        """Whether one more file is copied."""
        self.bytes -= size
        self.files -= 1
        return not self.used_up


@dataclass(frozen=True)
class LeftOut:
    """What was not copied, by its path in the code directory, and why."""

    name: str
    why: str


@dataclass(frozen=True)
class Copy:
    """Of what lies in the directory `code`, but for what is `written` anyway, into another one that is there."""

    code: Path
    into: Path
    written: frozenset[PurePosixPath]
    room: _Room = field(default_factory=lambda: _Room(ROOM, ROOM_FILES))

    @functools.cached_property
    def needed(self) -> frozenset[PurePosixPath]:
        """The directories of what is written."""
        return frozenset(parent for path in self.written for parent in path.parents)

    def directory(self, at: PurePosixPath) -> Iterator[LeftOut]:
        """Copy a directory: its files, then the directories in it, those first that hold what is written."""
        with os.scandir(self.code / at) as found:
            entries = sorted(
                found, key=lambda each: (each.is_dir(), at / each.name not in self.needed, each.name)
            )
        for entry in entries:
            name = at / entry.name
            if entry.name in _OTHERS or name in self.written or (self.code / name).resolve() == self.into:
                continue
            why_not = None if name in self.needed else self._why_not(entry)
            if why_not is not None:
                yield LeftOut(f"{name}/" if entry.is_dir() and not entry.is_symlink() else str(name), why_not)
            elif entry.is_symlink():
                (self.into / name).symlink_to(_aim(self.code / name))
            elif entry.is_dir():
                yield from self._subdirectory(name)
            else:
                shutil.copy2(self.code / name, self.into / name)

    def _subdirectory(self, name: PurePosixPath) -> Iterator[LeftOut]:
        if (self.code / name / "pyvenv.cfg").exists():
            return
        (self.into / name).mkdir()
        yield from self.directory(name)
        if name not in self.needed and not any((self.into / name).iterdir()):
            (self.into / name).rmdir()

    def _why_not(self, entry: os.DirEntry[str]) -> str | None:
        """Why something is left out, None where it is copied."""
        if entry.name.startswith("."):
            return "it is hidden"
        if entry.is_symlink():
            return None
        if not os.access(entry.path, os.R_OK):
            return "it cannot be read"
        if not entry.is_dir() and not entry.is_file():
            return "it is no plain file"
        size = entry.stat().st_size
        if entry.is_file() and size > LARGEST:
            return _bytes(size)
        if self.room.used_up or (entry.is_file() and not self.room.takes(size)):
            return "enough is copied already"
        return _too_large(Path(entry.path)) if entry.is_dir() else None


def _aim(link: Path) -> Path:
    """Where a copy of a link points: to the same place, wherever the copy is."""
    return link.parent.resolve() / link.readlink()


def _too_large(directory: Path) -> str | None:
    """Why a directory without sources is left out, None where it is copied: looked at only until that is certain."""
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
