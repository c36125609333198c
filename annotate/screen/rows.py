"""Which trials stand on the screen, in which order, and which part of a long list is in view."""

from __future__ import annotations

from collections.abc import Sequence

from annotate.screen.facts import Facts, running
from annotate.screen.view import View
from annotate.study.snapshot import StudySnapshot
from annotate.trial import Trial


def finished_rows(known: Facts, view: View) -> tuple[Trial, ...]:
    """The finished trials in the order that the view asks for."""
    match view.sort:
        case "latest":
            return known.latest
        case "best":
            return known.ranked
        case "longest":
            return known.longest
        case "number":
            return known.finished


def listed(snapshot: StudySnapshot, known: Facts, view: View) -> tuple[Trial, ...]:
    """All trials that the cursor can stand on, from top to bottom."""
    return (*running(snapshot), *finished_rows(known, view))


def window(trials: Sequence[Trial], count: int, selected: int | None) -> tuple[list[Trial], int | None]:
    """At most `count` neighbouring trials, the selected one among them, and its place there."""
    place = (
        next((i for i, t in enumerate(trials) if t.number == selected), None)
        if selected is not None
        else None
    )
    start = 0 if place is None else max(0, min(place - count // 2, len(trials) - count))
    return list(trials[start : start + count]), None if place is None else place - start
