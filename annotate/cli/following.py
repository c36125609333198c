"""What to type next when a study is over: for `annotate run` and for `annotate watch`.

A study that is not the latest one of its directory is named, so that no command is about another.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from annotate.storage import find

if TYPE_CHECKING:
    from annotate.storage import StudyFolder, StudyMeta
    from annotate.trial import Trial


def next_steps(
    folder: StudyFolder, meta: StudyMeta, trials: Sequence[Trial], best: Trial | None, *, finished: bool
) -> list[tuple[str, str]]:
    """Commands, each with what it does."""
    cwd = folder.path.parent.parent
    study = "" if find(cwd).id == folder.id else f" {folder.id}"
    resume = [] if finished else [(f"annotate resume{study}", "go on where it stopped")]
    if best is None:
        ran = [trial.number for trial in trials if trial.started is not None]
        which = f" --study{study}" if study else ""
        return resume + [(f"annotate log {n}{which}", "what the first trial printed") for n in ran[:1]]
    shown = [
        *resume,
        (f"annotate top{study}", "the best trials"),
        (f"annotate report{study} --open", "charts, what mattered, every trial: one page"),
    ]
    if best.baseline:
        return shown
    name = Path(meta.script).name
    in_source = any("/" in key and key not in meta.flags for key in best.active)
    return [
        *shown,
        (f"annotate confirm{study}", "run the best and the defaults again: is it so?"),
        (f"annotate apply{study}", f"make the best values {name}'s defaults")
        if in_source
        else (f"annotate best{study} --format args", "the best parameters, for a command line"),
    ]
