"""A trial's values in the user's files as they are today, which may have changed since the study began.

What is merged are values, not lines: today's file is read as the study's was, and each value goes to the variable of
its name. So code may have moved, been added, been taken out, and ranges may have been narrowed. A default that the
user has changed meanwhile, and a variable that is no longer there, are conflicts; whoever gets one writes nothing.

    the study's    today's    the trial's    becomes
    0.1            0.1        0.03           0.03
    0.1            0.05       0.03           a conflict
    0.1            0.03       0.03           0.03, as it is
    0.1            0.05       not active     0.05, as it is

Today's defaults may also be what another trial of the study was applied with: then nothing of the user's is lost.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from annotate.errors import SourceError, UsageError
from annotate.instrument.edits import LayersAt, LayerValue
from annotate.instrument.reading import Annotated, Unannotated
from annotate.rewrite.defaults import KEEP, Opened, Verbatim, by_key, opened, rewritten
from annotate.rewrite.kept import kept_files
from annotate.rewrite.rounding import round_to
from annotate.rewrite.slots import Slot
from annotate.rewrite.trials import (
    RewrittenFile,
    TrialSource,
    elsewhere,
    gone,
    typed_for,
    values_of,
)
from annotate.sources.closure import module_name
from annotate.storage import StudyFolder, StudyMeta
from annotate.trial import Json, Params, Trial
from annotate_tuners.exact import exact

_MOST_DIGITS = 8  # of a default that is taken for a rounded one


@dataclass(frozen=True)
class Conflict:
    """A value that cannot be written: `was` stood there when the study began, `now` stands there today.

    `line` is 1-based, of today's file; None where the variable is no longer there, and `now` is "" then.
    """

    name: str
    key: str
    line: int | None
    was: str
    now: str
    value: Json


@dataclass(frozen=True)
class Merged:
    """`source` holds today's files before and after. `applied` is the trial that they hold the values of today."""

    source: TrialSource
    conflicts: tuple[Conflict, ...]
    applied: Trial | None


@dataclass(frozen=True)
class _File:
    name: str
    path: Path
    base: Opened
    today: Opened
    given: Mapping[str, Json]

    def was(self, slot: Slot) -> list[str]:
        """What stood in the slots of that name when the study began."""
        return self._texts.get(slot.name, [])

    def key(self, slot: Slot) -> str:
        """The key that the study knows a slot by: some have a line number in them, and lines move."""
        return self._keys.get(slot.name, slot.key)

    def value(self, slot: Slot) -> Json:
        """What the trial has for a slot."""
        return self.given.get(self.key(slot), KEEP)

    @functools.cached_property
    def _texts(self) -> dict[str, list[str]]:
        texts: dict[str, list[str]] = {}
        for each in self.base.slots:
            texts.setdefault(each.name, []).append(_text(self.base, each))
        return texts

    @functools.cached_property
    def _keys(self) -> dict[str, str]:
        return {each.name: each.key for each in self.base.slots}


def onto_present(
    folder: StudyFolder,
    meta: StudyMeta,
    trial: Trial,
    trials: Sequence[Trial],
    *,
    values: Params | None = None,
    strip: bool = False,
) -> Merged:
    """The user's own files with a trial's values; `trials` are all of the study, `values` stand in for the trial's own.

    Raises UsageError for a file that is needed and gone, SourceError for one whose annotations have errors.
    """
    params = values_of(trial) if values is None else values
    files: list[_File] = []
    known: set[str] = set()
    for name, base in kept_files(folder, meta, trial):
        known |= {slot.key for slot in base.slots}
        path = Path(meta.code_dir) / name
        data = _read(path, needed=isinstance(base.read, Annotated))
        if data is not None:
            module = module_name(path, Path(meta.code_dir))
            today = base if data == base.data else opened(data, module, name)
            files.append(_File(name, path, base, today, typed_for(base, params)))
    others = sorted(trials, key=lambda each: (each.number != trial.number, each.number))
    applied = _applied(files, [each for each in others if not each.baseline])
    conflicts: list[Conflict] = []
    done: list[RewrittenFile] = []
    left: dict[str, str] = {}
    for file in files:
        if file.today.data == rewritten(file.base, by_key(file.given), strip=True).code:
            done.append(
                RewrittenFile(file.name, file.path, file.today.data, file.today.data, holds=bool(file.given))
            )
            continue
        chosen = _chosen(file, strip=strip, ours=applied is not None)
        conflicts += [each for each in chosen.values() if isinstance(each, Conflict)]
        conflicts += _lost(file, strip=strip)
        new = rewritten(file.today, _by_place(chosen), strip=strip)
        done.append(
            RewrittenFile(file.name, file.path, file.today.data, new.code, new.changes, holds=bool(chosen))
        )
        left |= new.left
    source = TrialSource(tuple(done), *elsewhere(meta, params, known), left | gone(meta, params, known))
    return Merged(source, tuple(conflicts), applied)


def values_only(kept: Mapping[str, bytes], today: Mapping[str, bytes]) -> bool:
    """Whether files by name differ in defaults alone, which every trial has values of its own for."""
    if kept.keys() != today.keys():
        return False
    try:
        return all(
            before == today[name]
            or opened(before, "", name).without_defaults() == opened(today[name], "", name).without_defaults()
            for name, before in kept.items()
        )
    except (SourceError, UsageError):
        return False


def _chosen(file: _File, *, strip: bool, ours: bool) -> dict[int, Json]:
    """What each slot of today's file gets, by where it begins; nothing where it stays as it is.

    `ours` tells that today's defaults are a trial's, so that those of the study's source may be put back.
    """
    chosen: dict[int, Json] = {}
    for slot in file.today.slots:
        was, now, value = file.was(slot), _text(file.today, slot), file.value(slot)
        if value is KEEP or (slot.by_hand and not strip):
            if ours and was and now not in was and not isinstance(slot.place, LayerValue):
                chosen[slot.start] = Verbatim(was[0])
        elif _means(slot, value) or now in was or ours:
            chosen[slot.start] = value
        else:
            chosen[slot.start] = Conflict(file.name, slot.key, slot.line, was[0] if was else "", now, value)
    return chosen


def _by_place(chosen: Mapping[int, Json]) -> Callable[[Slot], Json]:
    def value(slot: Slot) -> Json:
        found = chosen.get(slot.start, KEEP)
        return KEEP if isinstance(found, Conflict) else found

    return value


def _lost(file: _File, *, strip: bool) -> Iterator[Conflict]:
    """Variables that the trial gives a value, and that today's file has no longer."""
    there = {slot.name for slot in file.today.slots}
    for slot in file.base.slots:
        value = file.value(slot)
        unneeded = value is KEEP or _means(slot, value) or (slot.by_hand and not strip)
        if slot.name not in there and not unneeded:
            yield Conflict(file.name, slot.key, None, _text(file.base, slot), "", value)


def _applied(files: Sequence[_File], trials: Sequence[Trial]) -> Trial | None:
    """The trial whose values today's defaults are, wherever they are not the study's own any more."""
    changed = [
        (file, slot)
        for file in files
        for slot in file.today.slots
        if file.was(slot) and _text(file.today, slot) not in file.was(slot)
    ]
    if not changed:
        return None
    for trial in trials:
        if all(_holds(slot, trial.active.get(file.key(slot), KEEP)) for file, slot in changed):
            return trial
    return None


def _holds(slot: Slot, value: Json) -> bool:
    """Whether a slot means a value, or what `--digits` makes of it."""
    if value is KEEP:
        return False
    if _means(slot, value):
        return True
    rounded = isinstance(value, float) and slot.default is not None
    return rounded and any(slot.default == (round_to(value, digits),) for digits in range(1, _MOST_DIGITS))


def _means(slot: Slot, value: Json) -> bool:
    return slot.default is not None and exact(slot.default[0]) == exact(slot.part_of(value))


def _text(file: Opened, slot: Slot) -> str:
    if isinstance(slot.place, LayersAt) or isinstance(file.read, Unannotated):
        return ""
    return file.read.source.text[slot.start : slot.end]


def _read(path: Path, *, needed: bool) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        if not needed:
            return None
        raise UsageError(
            f"{path} is there no longer",
            remedy="`annotate checkout TRIAL -o DIR` writes it anew, as the study had it",
        ) from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
