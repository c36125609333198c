"""Annotated files that a trial has loaded and the study does not tune, since no import that can be read leads there.

`importlib.import_module(f"models.{name}")`, a `_target_` of Hydra's: the trial side writes down what it meets (see
`annotate_runtime.redirect`), and the user is told once.
"""

from __future__ import annotations

import os
from pathlib import Path

from annotate.storage import StudyFolder
from annotate_runtime.redirect import UNTUNED

_SHOWN = 3  # files by name


class Untuned:
    """What a study has said of such files; each is named once, and others than the code directory's in one line only."""

    def __init__(self, folder: StudyFolder, code_dir: Path) -> None:
        self._folder = folder
        self._code_dir = code_dir
        self._said: set[Path] = set()

    def after(self, number: int) -> str | None:
        """What is to be said now that the trial of this number has ended."""
        found = {
            *_written(self._folder.path / UNTUNED),
            *_written(self._folder.trial(number) / UNTUNED),
        } - self._said
        inside = {path for path in found if path.is_relative_to(self._code_dir)}
        if not found or (self._said and not inside):
            return None
        self._said |= found
        names = sorted(str(path.relative_to(self._code_dir)) for path in inside) or sorted(map(str, found))
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        remedy = (
            f"--include '{names[0]}' takes it in" if inside else "--code-dir names a directory above them"
        )
        return (
            f"annotations are not tuned in {', '.join(names[:_SHOWN])}{more}, "
            f"which no import that can be read leads to; {remedy}"
        )


def _written(notes: Path) -> set[Path]:
    try:
        lines = notes.read_bytes().splitlines()
    except OSError:
        return set()
    return {Path(os.path.normpath(os.fsdecode(line))) for line in lines}
