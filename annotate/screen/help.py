"""What the keys do, what the signs mean, and in which order parameters stand."""

from __future__ import annotations

from annotate.screen.paint import ACTIVE, BOLD, GLYPHS, Block, box, put
from annotate.screen.view import KEYS
from annotate.screen.words import fit

_ORDER = "parameters: those that move the result most stand first, in the source's order at first"


def help_page(width: int, height: int) -> Block:
    """The keys, the signs of the states, the order of the parameters."""
    lines: Block = [
        [put(f"{key:>6}  ", ACTIVE + BOLD), put(fit(what, max(0, width - 12)))] for key, what in KEYS.items()
    ]
    lines.append([])
    for state, (glyph, style) in GLYPHS.items():
        lines.append([put(f"{glyph:>6}  ", style + BOLD), put(state.value.replace("-", " "))])
    lines.append([put("   lr   ", BOLD), put(fit(_ORDER, max(0, width - 12)))])
    return box("keys and signs", lines, width, max(2, min(height, len(lines) + 2)))
