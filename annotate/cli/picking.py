"""Which trial `apply`, `diff` and `checkout` are about, and what is said of it.

7            trial 7 of the latest study        STUDY        the best trial of a study
STUDY 7      trial 7 of a study                 STUDY-7      the same
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from annotate.annotations.names import name_in
from annotate.cli.finding import named, opened
from annotate.cli.rows import best_of, state_of
from annotate.errors import StorageError, UsageError
from annotate.notebooks import python_name
from annotate.screen.gain import Gain, gains
from annotate.screen.words import number
from annotate.trial import Json, TrialState

if TYPE_CHECKING:
    from annotate.storage import StudyFolder, StudyMeta
    from annotate.trial import Trial


@dataclass(frozen=True)
class Picked:
    """A trial with its study. `best` is true of one that was not named."""

    folder: StudyFolder
    meta: StudyMeta
    trial: Trial
    trials: tuple[Trial, ...]
    best: bool

    @property
    def baseline(self) -> Trial | None:
        return next((each for each in self.trials if each.baseline), None)

    @property
    def gains(self) -> list[Gain]:
        """Over the defaults, in each metric; none of the baseline itself, and where either lacks a value."""
        return [] if self.trial.baseline else gains(self.meta.objectives, self.trial, self.baseline)

    @property
    def id(self) -> str:
        """What names it whatever the latest study is."""
        return f"{self.folder.id}-{self.trial.number}"

    @property
    def name(self) -> str:
        return "the defaults" if self.trial.baseline else f"trial {self.trial.number}"

    @property
    def told(self) -> str:
        """`trial 7 of 2026-11-21-0423-train: acc 0.9123, +0.0312 (+3.5 %) better than the defaults`."""
        return f"{self.name} of {self.folder.id}: {_result(self)}"


def picked(words: Sequence[str], study: str | None) -> Picked:
    """The trial that these words name. Raises StorageError, UsageError."""
    if len(words) > 2:
        raise UsageError(f"one study and one trial at most, not {' '.join(words)}")
    if len(words) == 2:
        if study is not None:
            raise UsageError(f"two studies are named, {words[0]} and {study}", remedy="name one")
        if not words[1].isdecimal():
            raise UsageError(f"{words[1]!r} is no trial", remedy=f"name it by its number: {words[0]} 7")
        found: tuple[str | None, int | None] = (words[0], int(words[1]))
    elif words:
        found = named(words[0], study) or (_one(words[0], study), None)
    else:
        found = (study, None)
    with opened(found[0]) as (folder, store, meta):
        trials = tuple(store.trials())
        if found[1] is not None:
            return Picked(folder, meta, store.trial(found[1]), trials, best=False)
        best = best_of(list(trials), meta)
        if best is None:
            raise StorageError(
                f"{folder.id} has no succeeded trial yet", remedy="`annotate show` tells what its trials did"
            )
        return Picked(folder, meta, store.trial(best.number), trials, best=True)


def _one(word: str, study: str | None) -> str:
    if study is not None:
        raise UsageError(f"{word!r} is no trial of {study}", remedy="name a trial by its number")
    return word


def command_of(meta: StudyMeta, copies: Mapping[str, str], arguments: Sequence[str] = ()) -> str | None:
    """The study's command as a person types it, with copies for files that it names; None where it names no script."""
    ours = {meta.script, python_name(meta.script)}
    if not any(str(Path(meta.cwd, word)) in ours for word in meta.command):
        return None
    return _typed(meta, [_copied(meta, word, copies) for word in meta.command], arguments)


def _copied(meta: StudyMeta, word: str, copies: Mapping[str, str]) -> str:
    """`train.py`, or `--config=configs/a.py`, with the copy of the file."""
    option, equals, path = word.rpartition("=")
    copy = copies.get(str(Path(meta.cwd, path)))
    return word if copy is None else f"{option}{equals}{copy}"


def command_in(meta: StudyMeta, arguments: Sequence[str] = ()) -> str:
    """The study's command as it stands, to be typed in its working directory or in a copy of that."""
    return _typed(meta, meta.command, arguments)


def _typed(meta: StudyMeta, words: Sequence[str], arguments: Sequence[str]) -> str:
    program = "python" if words[0] == meta.python else words[0]
    return shlex.join([program, *words[1:], *arguments])


def as_python(values: Mapping[str, Json]) -> str:
    """Values as a dictionary to paste."""
    return "{" + ", ".join(f"{json.dumps(name_in(key))}: {value!r}" for key, value in values.items()) + "}"


def _result(what: Picked) -> str:
    trial = what.trial
    if trial.value is None:
        return state_of(trial)
    objectives = what.meta.objectives
    named = zip(objectives, trial.values, strict=False)
    said = ", ".join(f"{objective.name} {number(value, digits=5)}" for objective, value in named)
    if trial.state is not TrialState.SUCCEEDED:
        said = f"{state_of(trial)} at {said}"
    won = what.gains
    return f"{said}, {', '.join(each.text for each in won)} than the defaults" if won else said
