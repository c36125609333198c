"""What a study begins with: its baseline, the points of `--init`, and what `--from` takes of other studies.

All is read and held against the space before anything is written, and kept in the study's database with
its very first entry, so that whatever interrupts it, a resumed study begins with the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from annotate.cli.initial import read
from annotate.errors import UsageError
from annotate.storage import StudyMeta, StudyStore, find_to_read
from annotate.study import StudyOptions
from annotate.study.points import Here, Settled, distinct, settle
from annotate.study.values import baseline_point
from annotate.study.warming import learned
from annotate.trial import Taken, Trial
from annotate_tuners import besides
from annotate_tuners.space import SearchSpace

if TYPE_CHECKING:
    from annotate_tuners.searcher import Constraint


@dataclass(frozen=True)
class Beginning:
    """`trials` are queued; none at all where there is no `--init`. `notes` are lines for the user."""

    trials: tuple[Trial, ...] = ()
    taken: tuple[Taken, ...] = ()
    notes: tuple[str, ...] = ()


def beginning(
    init: Sequence[str], warm: Sequence[str], meta: StudyMeta, allowed: Constraint | None, constraint: str
) -> Beginning:
    """What the study of `meta` begins with; `constraint` is the source of `allowed`. Raises UsageError, StorageError."""
    if init and (told := besides(meta.tuner)):
        raise UsageError(
            f"--init does not go with {meta.tuner}, which tells every trial its {' and '.join(told)}",
            remedy="choose another tuner, --tuner tpe, or leave --init out",
        )
    space, options = SearchSpace.from_json(meta.space), StudyOptions.from_json(meta.options)
    here = Here(space, meta.names, meta.defaults, allowed, constraint, meta.seed)
    points = [settle(given, here) for text in init for given in read(text)]
    plain = baseline_point(space, meta.defaults) if options.baseline else None
    kept, dropped = distinct(points, repeats=options.repeats, baseline=plain)
    trials = _queued(kept, baseline=options.baseline)
    if options.trials is not None and len(trials) > options.trials:
        others = "the baseline and " if options.baseline else ""
        raise UsageError(
            f"--trials {options.trials} has no room for {others}{len(kept)} point{'s' * (len(kept) != 1)} of --init",
            remedy=f"--trials {len(trials)}, or more for the tuner to go on from them",
        )
    taken: list[Taken] = []
    notes = [_said(point) for point in kept if point.drawn or point.left_out]
    notes += [_same(point, plain) for point in dropped]
    for name in warm:
        there, found = _history(name)
        lesson = learned(there, found, meta)
        taken += lesson.taken
        notes.append(f"--from: {lesson.text}")
    return Beginning(trials, tuple(taken), tuple(notes))


def _queued(points: Sequence[Settled], *, baseline: bool) -> tuple[Trial, ...]:
    if not points:
        return ()
    first = [Trial(0, {}, baseline=True)] if baseline else []
    return (*first, *(Trial(number, point.params) for number, point in enumerate(points, len(first))))


def _said(point: Settled) -> str:
    parts = []
    if point.drawn:
        parts.append(f"{_listed(point.drawn)} drawn by chance, as no default stands in the source")
    if point.left_out:
        parts.append(f"{_listed(point.left_out)} left out, as nothing here is called so")
    return f"--init {point.said}: {'; '.join(parts)}"


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names)} {'is' if len(names) == 1 else 'are'}"


def _same(point: Settled, plain: object) -> str:
    same = (
        "the script's own defaults, which run anyway"
        if point.params == plain
        else "a point that runs already"
    )
    return f"--init {point.said} is {same}; --repeats runs a point again"


def _history(name: str) -> tuple[StudyMeta, list[Trial]]:
    with StudyStore.open(find_to_read(Path.cwd(), name).database, read_only=True) as store:
        return store.meta(), store.trials()
