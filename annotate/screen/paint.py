"""Colours, glyphs, and blocks of lines that fit together like tiles.

A `Line` is a list of Rich's segments, a `Block` a list of lines that are all equally wide. Nothing
here wraps: a line that is too long is cropped, one that is too short is padded. The colours are
Okabe and Ito's, which people who see red and green alike can tell apart, and no colour says
anything that a glyph or a word does not say too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.style import Style

from annotate.screen.words import fit
from annotate.trial import TrialState

Line: TypeAlias = list[Segment]
Block: TypeAlias = list[Line]

PLAIN = Style()
DIM = Style(dim=True)
BOLD = Style(bold=True)
GOOD = Style(color="#00b386")  # Okabe and Ito's bluish green, lighter for dark terminals
BEST = GOOD + BOLD
ACTIVE = Style(color="#56b4e9")
STOPPED = Style(color="#cc79a7")
BAD = Style(color="#e8601c")  # vermillion, lighter
BASELINE = Style(color="#e69f00")
HEADING = Style(bold=True, underline=True)
UNDERLINE = Style(underline=True)
SUBHEADING = Style(dim=True, underline=True)
SELECTED = Style(reverse=True)

GLYPHS = {
    TrialState.QUEUED: ("○", DIM),
    TrialState.RUNNING: ("▸", ACTIVE),
    TrialState.SUCCEEDED: ("✓", GOOD),
    TrialState.EARLY_STOPPED: ("◐", STOPPED),
    TrialState.FAILED: ("✗", BAD),
    TrialState.CANCELLED: ("⊘", DIM),
}

_ASCII = str.maketrans(
    {
        **dict(
            zip("○▸✓◐✗⊘★›│┤─━═╍╭╮╰╯·…█▉▊▋▌▍▎▏↑↓⏎→←–×‖◂", "o>v/xc*>||-#=~++++..#######|^v<><-x=<", strict=True)
        )
    }
    | {chr(0x2581 + level): "_.-=+*#@"[level] for level in range(8)}
    | {chr(0x2800 + dots): " .:-=+*#@"[dots.bit_count()] for dots in range(256)}
)


@dataclass(frozen=True)
class Frame:
    """A finished picture. A console that cannot write Unicode gets plain characters of equal width."""

    block: Block

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        for index, line in enumerate(self.block):
            if index:
                yield Segment.line()
            if options.ascii_only:
                yield from (Segment(_ascii(text), style) for text, style, _ in line)
            else:
                yield from Segment.simplify(line)

    @property
    def text(self) -> str:
        """The picture without its colours; blanks at the ends of lines are left out."""
        return "\n".join("".join(segment.text for segment in line).rstrip() for line in self.block)


def _ascii(text: str) -> str:
    plain = text.translate(_ASCII)
    if plain.isascii():
        return plain
    return "".join(char if char.isascii() else "?" * cell_len(char) for char in plain)


def put(text: str, style: Style = PLAIN) -> Segment:
    """A piece of a line."""
    return Segment(text, style)


def width_of(line: Line) -> int:
    """Cells that a line takes."""
    return sum(cell_len(segment.text) for segment in line)


def shape(block: Block, width: int, height: int | None = None) -> Block:
    """The block at exactly this size: cropped or padded with blanks on the right and below."""
    lines = block if height is None else block[:height]
    shaped = [Segment.adjust_line_length(line, width) for line in lines]
    missing = 0 if height is None else height - len(shaped)
    return shaped + [[Segment(" " * width)] for _ in range(missing)]


def spread(left: Line, right: Line, width: int) -> Line:
    """One piece at either end of a line; the right one yields where there is no room for both."""
    room = width - width_of(left) - width_of(right)
    if room < 1:
        return Segment.adjust_line_length(left, width)
    return [*left, Segment(" " * room), *right]


def beside(*blocks: Block, gap: int = 1) -> Block:
    """Blocks of equal height, next to each other."""
    blank = [Segment(" " * gap)] if gap else []
    rows = zip(*blocks, strict=True)
    return [
        [part for index, line in enumerate(row) for part in ((blank if index else []) + line)] for row in rows
    ]


def box(title: str, block: Block, width: int, height: int, *, note: str = "") -> Block:
    """A block in a frame with a title in it, and a note at the frame's right."""
    inner, caption = width - 4, fit(title, width - 6)
    remark = fit(note, max(0, width - 8 - cell_len(caption)))
    rule = width - 5 - cell_len(caption) - (cell_len(remark) + 2 if remark else 0)
    top = [put("╭─ ", DIM), put(caption, BOLD), put(" " + "─" * (rule - (1 if remark else 0)), DIM)]
    if remark:
        top += [put(f" {remark} ", DIM), put("─", DIM)]
    edge = put("│", DIM)
    middle = [[edge, Segment(" "), *line, Segment(" "), edge] for line in shape(block, inner, height - 2)]
    bottom = [put("╰" + "─" * (width - 2) + "╯", DIM)]
    return [[*top, put("╮", DIM)], *middle, bottom]


def heading(title: str, width: int, note: str = "") -> Line:
    """The line above a section: underlined over its whole width, which costs no line of its own."""
    line = spread([put(f" {title} ", HEADING)], [put(f" {note} ", SUBHEADING)] if note else [], width)
    return [Segment(text, (style or PLAIN) + SUBHEADING) for text, style, _ in line]


def words(pairs: Sequence[tuple[str, Style]], gap: str = "  ") -> Line:
    """Words with a gap between them."""
    line: Line = []
    for index, (text, style) in enumerate(pairs):
        line += [Segment((gap if index else "") + text, style)]
    return line
