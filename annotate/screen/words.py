"""Words and numbers as the screen says them: short, of one line, and harmless.

Whatever a user's script, a log or a GPU driver wrote goes through `clean` before it is shown: no
escape code, line break, zero-width or direction-changing character survives it, so what is measured
in cells is what a terminal draws.

>>> clean("loss\\x1b[31m is\\nnan"), number(0.00012346), seconds(3725), fit("a long name", 6)
('loss is nan', '0.0001235', '1:02:05', 'a lon…')
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from functools import lru_cache

from rich.cells import cell_len, set_cell_size

from annotate.trial import Json

_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]?|[\]PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?|[ -/]*[0-~])"
    r"|\x9b[0-?]*[ -/]*[@-~]?"
)


@lru_cache(maxsize=8192)
def clean(text: str) -> str:
    """The text on one line, of characters that each take a known number of cells."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_harmless, _ESCAPES.sub("", text)))


def _harmless(character: str) -> str:
    if character.isspace():
        return " "
    if character.isprintable():
        # Variation selectors make a character's width the terminal's guess.
        return "" if "\ufe00" <= character <= "\ufe0f" or character >= "\U000e0000" else character
    return "" if ord(character) > 0x9F else "\ufffd"


def fit(text: str, width: int) -> str:
    """At most `width` cells of a clean text, with an ellipsis where something is left out."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1) + "…" if width > 0 else ""


def distinct(names: Sequence[str], width: int) -> list[str]:
    """Clean names in at most `width` cells, shortened in the middle where their beginnings are the same.

    >>> distinct(["rate_of_encoder", "rate_of_decoder", "momentum"], 9)
    ['ra…ncoder', 'ra…ecoder', 'momentum']
    """
    short = [fit(name, width) for name in names]
    return [
        _without_middle(name, width) if short.count(each) > 1 else each
        for name, each in zip(names, short, strict=True)
    ]


def _without_middle(text: str, width: int) -> str:
    if cell_len(text) <= width or width < 4:
        return fit(text, width)
    head = set_cell_size(text, (width - 1) // 3)
    tail = text
    while cell_len(tail) > width - 1 - cell_len(head):
        tail = tail[1:]
    return f"{head}…{tail}"


def fold(text: str, width: int, most: int) -> list[str]:
    """A clean text on at most `most` lines, broken between words where that can be."""
    lines: list[str] = []
    rest = text
    while rest and len(lines) < most - 1 and cell_len(rest) > width > 0:
        head = set_cell_size(rest, width)
        at = head.rfind(" ")
        head = (
            head[:at] if at > width // 2 else head.rstrip() if rest.startswith(head.rstrip()) else head[:-1]
        )
        lines.append(head)
        rest = rest[len(head) :].lstrip()
    return [*lines, fit(rest, width)] if rest else lines


def number(value: float, digits: int = 4, like: float | None = None) -> str:
    """Four significant digits in as few characters as that takes, or as many decimals as `like` has."""
    scale = value if like is None else like
    if not (math.isfinite(value) and math.isfinite(scale)):
        return str(value)
    if value == 0 and like is None:
        return "0"
    if scale and 1e-4 <= abs(scale) < 1e5:
        decimals = max(0, digits - 1 - math.floor(math.log10(abs(scale))))
        # A column of shares (accuracies, say) stands straight with four decimals.
        return f"{value:.{min(decimals, 4) if abs(scale) >= 0.01 else decimals}f}"
    return f"{value:.{digits - 1}e}".replace("e-0", "e-").replace("e+0", "e")


def parameter(value: Json, digits: int = 4) -> str:
    """A parameter's value: numbers short, strings without quotes, anything else as JSON."""
    if isinstance(value, str):
        return clean(value) or '""'
    if isinstance(value, float):
        exact = str(value)
        return exact if len(exact) <= digits + 2 else number(value, digits)
    return clean(json.dumps(value, ensure_ascii=False, default=str))


def seconds(span: float) -> str:
    """A span of time as a clock shows it: `0:07`, `12:41`, `3:05:12`, `2d 04:10`."""
    whole = max(0, int(span))
    days, hours, minutes = whole // 86400, whole // 3600 % 24, whole // 60 % 60
    if days:
        return f"{days}d {hours:02}:{minutes:02}"
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def took(span: float) -> str:
    """How long something took that is over: `0.6 s`, `12 s`, then as a clock shows it."""
    return f"{span:.1f} s" if span < 9.95 else f"{span:.0f} s" if span < 59.5 else seconds(span)


def about(span: float) -> str:
    """A span that is only an estimate, in words: `40 s`, `12 min`, `3 h 20 min`, `2 d 4 h`."""
    if span < 90:
        return f"{max(5, round(span / 5) * 5)} s"
    minutes = round(span / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours = minutes // 60
    return f"{hours} h {minutes % 60} min" if hours < 48 else f"{hours // 24} d {hours % 24} h"


def size(count: int) -> str:
    """Bytes with a binary unit: `512 M`, `1.5 G`."""
    amount = float(count)
    for unit in ("B", "K", "M", "G", "T"):
        if amount < 1000 or unit == "T":
            return f"{amount:.1f} {unit}" if amount < 10 and unit not in "BK" else f"{amount:.0f} {unit}"
        amount /= 1024
    raise AssertionError(count)


def percent(share: float) -> str:
    """A share in [0, 1] as `87 %`."""
    return f"{100 * share:.0f} %"
