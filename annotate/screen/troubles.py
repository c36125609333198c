"""What the person should know: failed trials, waiting trials, the study's notices."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from rich.style import Style

from annotate.screen.facts import Facts
from annotate.screen.paint import (
    BAD,
    BASELINE,
    BOLD,
    DIM,
    PLAIN,
    Block,
    Line,
    put,
    shape,
    width_of,
)
from annotate.screen.words import clean, fold
from annotate.study.snapshot import StudySnapshot
from annotate.trial import Trial


def troubles(snapshot: StudySnapshot, known: Facts, width: int, height: int, most: int = 1) -> Block:
    """What the person should know, in at most `height` lines: failures, waiting trials, notices.

    Each takes at most `most` lines. Where there is no room for all, no kind crowds out another.
    """
    failures = [
        _failure(trials, said, width, most) for (_, said), trials in islice(known.causes.items(), height)
    ]
    waits = [
        _wait(number, reason, width, most) for number, reason in sorted(snapshot.waiting.items())[:height]
    ]
    notices = [_item([put(" · ", DIM)], text, DIM, width, most) for text in snapshot.notices[:height]]
    kinds = [failures, waits, notices]
    taken: list[Block] = [[], [], []]
    room = height
    for turn in range(height):
        for kind, chosen in zip(kinds, taken, strict=True):
            if turn < len(kind) and len(kind[turn]) <= room:
                chosen.extend(kind[turn])
                room -= len(kind[turn])
    return [line for block in taken for line in block]


def _failure(trials: Sequence[Trial], said: str, width: int, most: int) -> Block:
    """Trials that failed in the same way share a line."""
    reason = trials[0].reason
    named = ", ".join(str(trial.number) for trial in trials[:3]) + (
        f" +{len(trials) - 3}" if len(trials) > 3 else ""
    )
    head = [
        put(f" ✗ trial{'s' if len(trials) > 1 else ''} {named}  ", BAD),
        put(f"{reason.value if reason else 'failed'}  ", BAD + BOLD),
    ]
    return _item(head, said, PLAIN, width, most)


def _wait(number: int, reason: str, width: int, most: int) -> Block:
    return _item([put(f" ○ trial {number} ", BASELINE), put("waits  ", DIM)], reason, PLAIN, width, most)


def _item(head: Line, text: str, style: Style, width: int, most: int) -> Block:
    """A text after its head; further lines are indented."""
    used = width_of(head)
    first, *others = fold(clean(text), max(1, width - used - 1), most) or [""]
    if others:
        others = fold(clean(text)[len(first) :].strip(), width - 5, most - 1)
    lines: Block = [[*head, put(first, style)], *([put("    "), put(other, style)] for other in others)]
    return shape(lines, width)
