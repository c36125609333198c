"""Making room: what a finished study's lesser trials left on disk, their rows apart.

>>> keep = parse_keep("top:3")
>>> sweep(folder, keep.best_of(trials, meta.objectives))
1843200
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from annotate import pareto
from annotate.errors import UsageError
from annotate.storage.faults import told
from annotate.storage.folder import StudyFolder
from annotate.trial import Objective, Trial


@dataclass(frozen=True)
class KeepTop:
    """Keep the files of the `count` best trials, of a whole front where there are several metrics, and of the baseline."""

    count: int

    def best_of(self, trials: Iterable[Trial], objectives: Sequence[Objective]) -> set[int]:
        """The numbers of the trials whose files are kept; one that may still run keeps its own."""
        trials = list(trials)
        best = pareto.ranked(trials, objectives)[: self.count]
        if len(objectives) > 1 and self.count:
            best += pareto.front(trials, objectives)
        return {t.number for t in best} | {t.number for t in trials if t.baseline or not t.state.finished}


def parse_keep(text: str) -> KeepTop:
    """Read `--keep top:3`. Raises UsageError."""
    word, _, count = text.partition(":")
    if word != "top" or not count.isdecimal():
        raise UsageError(f"--keep {text!r} is not understood", remedy="write top:3, or top:0 for none")
    return KeepTop(int(count))


def sweep(folder: StudyFolder, keep: Collection[int], checkpoints: Iterable[Path] = ()) -> int:
    """Delete the directories of all trials but those to keep, and those of `checkpoints` that lie in the study.

    Returns the bytes that were freed.
    """
    lesser = [
        directory
        for directory in (folder.path / "trials").glob("*")  # none where somebody has removed them all
        if directory.name.isdecimal() and int(directory.name) not in keep
    ]
    inside = (each for each in checkpoints if each.is_relative_to(folder.path) and each.is_dir())
    freed = 0
    with told(folder.path):
        for directory in (*lesser, *inside):
            freed += _size(directory)
            shutil.rmtree(directory)
    return freed


def _size(directory: Path) -> int:
    return sum(path.lstat().st_size for path in directory.rglob("*") if path.is_symlink() or path.is_file())
