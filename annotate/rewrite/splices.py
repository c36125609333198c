"""Small changes of a text: each puts a text in the place of a stretch, and all else stays as it is.

>>> spliced("lr = 0.1", [Splice(5, 8, "0.5")])
'lr = 0.5'
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Splice:
    """`text` in the place of [start, end) of a text; where the two are equal, before what stands there."""

    start: int
    end: int
    text: str


def spliced(text: str, splices: Iterable[Splice]) -> str:
    """The text with its splices, which do not overlap. Raises ValueError where they do."""
    pieces: list[str] = []
    done = 0
    for each in sorted(splices, key=lambda splice: (splice.start, splice.end)):
        if each.start < done:
            raise ValueError(f"two changes of one stretch of text, at {each.start}")
        pieces += [text[done : each.start], each.text]
        done = each.end
    return "".join([*pieces, text[done:]])


def apart(text: str, splice: Splice) -> Splice:
    """The splice with a blank where its text and a word beside it would become one word."""
    before, after = text[: splice.start][-1:], text[splice.end :][:1]
    head = " " if _joins(before, splice.text[:1]) else ""
    tail = " " if _joins(splice.text[-1:], after) else ""
    return Splice(splice.start, splice.end, f"{head}{splice.text}{tail}")


def _joins(left: str, right: str) -> bool:
    return bool(left and right) and (left.isalnum() or left == "_") and (right.isalnum() or right in "_'\"")
