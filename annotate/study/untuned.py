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


def untuned(folder: StudyFolder, code_dir: Path, number: int) -> str | None:
    """What is to be said of the trial of this number, None where all that it loaded is tuned."""
    found: set[Path] = set()
    for directory in (folder.path, folder.trial(number)):
        try:
            lines = (directory / UNTUNED).read_bytes().splitlines()
        except OSError:
            continue
        found |= {Path(os.path.normpath(os.fsdecode(line))) for line in lines}
    if not found:
        return None
    inside = sorted(str(path.relative_to(code_dir)) for path in found if path.is_relative_to(code_dir))
    names = inside or sorted(map(str, found))
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    remedy = f"--include '{names[0]}' takes it in" if inside else "--code-dir names a directory above them"
    return f"annotations are not tuned in {', '.join(names[:_SHOWN])}{more}, which no import that can be read leads to; {remedy}"
