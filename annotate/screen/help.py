"""What the keys do, what the signs mean, and in which order parameters stand."""

from __future__ import annotations

from annotate.screen.paint import ACTIVE, BOLD, GLYPHS, Block, box, put
from annotate.screen.view import KEYS, WATCHING, Mode
from annotate.screen.words import fit

_ORDER = "parameters stand by how much they move the result, the most first"
_INSTEAD = "to change a study that you watch: annotate stop, kill, update"


def help_page(width: int, height: int, mode: Mode = "keys") -> Block:
    """The keys, the signs of the states, the order of the parameters."""
    keys = WATCHING if mode == "watching" else KEYS
    lines: Block = [
        [put(f"{key:>6}  ", ACTIVE + BOLD), put(fit(what, max(0, width - 12)))] for key, what in keys.items()
    ]
    if mode == "watching":
        lines.append([put(" " * 8), put(fit(_INSTEAD, max(0, width - 12)))])
    lines.append([])
    for state, (glyph, style) in GLYPHS.items():
        lines.append([put(f"{glyph:>6}  ", style + BOLD), put(state.value.replace("-", " "))])
    lines.append([put("   lr   ", BOLD), put(fit(_ORDER, max(0, width - 12)))])
    return box("keys and signs", lines, width, max(2, min(height, len(lines) + 2)))
