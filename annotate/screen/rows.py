"""Which trials stand on the screen, in which order, and which part of a long list is in view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

from annotate.screen.facts import Facts, running
from annotate.study.snapshot import StudySnapshot
from annotate.trial import Trial

Sort: TypeAlias = Literal["latest", "best", "number", "longest"]
SORTS: tuple[Sort, ...] = ("latest", "best", "number", "longest")
TITLES: Mapping[Sort, str] = {"latest": "latest", "best": "top", "number": "by number", "longest": "longest"}


def finished_rows(known: Facts, sort: Sort) -> tuple[Trial, ...]:
    """The finished trials in the order asked for."""
    match sort:
        case "latest":
            return known.latest
        case "best":
            return known.ranked
        case "longest":
            return known.longest
        case "number":
            return known.finished


def listed(snapshot: StudySnapshot, known: Facts, sort: Sort) -> tuple[Trial, ...]:
    """All trials that the cursor can stand on, from top to bottom."""
    return (*running(snapshot), *finished_rows(known, sort))


def window(trials: Sequence[Trial], count: int, selected: int | None) -> tuple[list[Trial], int | None]:
    """At most `count` neighbouring trials, the selected one among them, and its place there."""
    place = None
    if selected is not None:
        place = next((index for index, trial in enumerate(trials) if trial.number == selected), None)
    start = 0 if place is None else max(0, min(place - count // 2, len(trials) - count))
    return list(trials[start : start + count]), None if place is None else place - start
