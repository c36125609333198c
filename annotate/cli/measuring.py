"""Whether a point has been measured: by a trial of its own study, or of another one of the same source.

A trial counts that succeeded and ran with these very values, no more and no fewer.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from annotate.errors import StorageError
from annotate.rewrite import same_point
from annotate.screen.words import number
from annotate.storage import StudyStore, studies
from annotate.study.flags import as_word
from annotate.trial import Params, Trial, TrialState

if TYPE_CHECKING:
    from annotate.cli.picking import Picked
    from annotate.storage import StudyMeta


def measured_with(values: Params, chosen: Picked) -> str | None:
    """The trial that ran with these values, and its result, in words; None where there is none."""
    own = _among(chosen.trials, chosen.meta, values)
    if own is not None:
        return _told(own, chosen.meta, f"trial {own.number}")
    for folder in studies(Path.cwd()):
        try:
            with StudyStore.open(folder.database, read_only=True) as store:
                meta = store.meta()
                if (meta.script, meta.source_hash) != (chosen.meta.script, chosen.meta.source_hash):
                    continue
                found = _among(store.trials(), meta, values)
        except StorageError:
            continue  # what cannot be read proves nothing
        if found is not None:
            return _told(found, meta, f"trial {found.number} of {folder.id}")
    return None


def to_measure(values: Params, meta: StudyMeta) -> str:
    """The command that measures these values."""
    point = ",".join(f"{meta.names.get(key, key)}={as_word(value)}" for key, value in values.items())
    options = ["--trials", "2", "--init", point]
    program, *words = meta.command
    if program != meta.python:
        return shlex.join(["annotate", "run", *options, "--", Path(program).name, *words])
    script, *arguments = words
    return shlex.join(["annotate", "run", script, *options, *(["--", *arguments] if arguments else [])])


def _among(trials: Sequence[Trial], meta: StudyMeta, values: Params) -> Trial | None:
    for trial in trials:
        if trial.state is TrialState.SUCCEEDED and same_point(values, _ran_with(trial, meta)):
            return trial
    return None


def _ran_with(trial: Trial, meta: StudyMeta) -> Params:
    if trial.baseline:
        return meta.defaults if meta.baseline_defaults is None else meta.baseline_defaults
    return trial.active


def _told(trial: Trial, meta: StudyMeta, name: str) -> str:
    return f"{name}, {meta.metric} {number(trial.value or 0.0, digits=5)}"
