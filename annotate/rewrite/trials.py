"""A trial's values in the source of its study, as the user's files were when the study began.

    found = of_trial(folder, meta, trial)
    [(file.path, file.before, file.after) for file in found.files if file.changed]

A parameter that was not active in the trial keeps its default; the baseline changes nothing. What does not stand in
the source is told apart: values that came as options of the command line, and those that the script asks for by name.
All of it follows from the study alone.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from pathlib import Path

from annotate.instrument.reading import Annotated
from annotate.rewrite.defaults import Change, Opened, as_typed, by_key, rewritten
from annotate.rewrite.kept import kept_files
from annotate.storage import StudyFolder, StudyMeta
from annotate.study.flags import arguments
from annotate.trial import Json, Params, Trial


@dataclass(frozen=True)
class RewrittenFile:
    """A file of the study. `name` is its path in the code directory, `path` the user's own file, whether it is there or not.

    `before` is the source that was rewritten, `after` what it became. `holds` tells whether the trial decides any of it.
    """

    name: str
    path: Path
    before: bytes
    after: bytes
    changes: tuple[Change, ...] = ()
    holds: bool = False

    @property
    def changed(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True)
class TrialSource:
    """What a trial ran, as source. `arguments` are the words that its command line had beyond the study's.

    `asked` are the values that the script asks for itself, by `nni.get_next_parameter()`; `left` maps what else
    could not be written to the reason.
    """

    files: tuple[RewrittenFile, ...]
    arguments: tuple[str, ...]
    asked: Mapping[str, Json]
    left: Mapping[str, str]


def of_trial(
    folder: StudyFolder,
    meta: StudyMeta,
    trial: Trial,
    *,
    values: Params | None = None,
    strip: bool = False,
    calls: bool = False,
) -> TrialSource:
    """The source of a study with a trial's values for its defaults; `values` stand in for the trial's own.

    `strip` and `calls` are those of `with_defaults`. Raises StorageError where the study keeps no source.
    """
    params = values_of(trial) if values is None else values
    files: list[RewrittenFile] = []
    left: dict[str, str] = {}
    known: set[str] = set()
    for name, file in kept_files(folder, meta, trial):
        given = typed_for(file, params)
        done = rewritten(file, by_key(given), strip=strip, calls=calls)
        files.append(
            RewrittenFile(
                name,
                Path(meta.code_dir) / name,
                file.data,
                done.code,
                done.changes,
                holds=any(slot.key in given for slot in file.slots),
            )
        )
        left |= done.left
        known |= {slot.key for slot in file.slots}
    return TrialSource(tuple(files), *elsewhere(meta, params, known), left | gone(meta, params, known))


def values_of(trial: Trial) -> Params:
    """What the trial's values would put in the place of the defaults: nothing in the baseline."""
    return {} if trial.baseline else trial.active


def typed_for(file: Opened, params: Params) -> dict[str, Json]:
    """The values as this file's script got them."""
    return as_typed(file.read, params) if isinstance(file.read, Annotated) else {}


def elsewhere(meta: StudyMeta, params: Params, known: set[str]) -> tuple[tuple[str, ...], dict[str, Json]]:
    """What of a trial's values is no default of the source: words of the command line, and what the script asks for."""
    asked = {
        key: value
        for key, value in params.items()
        if key in meta.space and key not in meta.flags and key not in known
    }
    return tuple(arguments(params, meta.flags)), asked


def gone(meta: StudyMeta, params: Params, known: Container[str]) -> dict[str, str]:
    """Keys that no source of the study has all of: it went on with new code more than once."""
    return {
        key: "the source that the study keeps does not have it"
        for key in params
        if key not in meta.space and key not in known and "/" in key
    }
