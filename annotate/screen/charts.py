"""Charts made of characters: a bar, a sparkline, and a curve drawn in Braille dots.

Written here because what exists draws to its own width and colours: plotext and asciichartpy know
neither layers of one picture nor a given height, and rich has bars only. All of it is pure text of
exactly the width asked for.

>>> sparkline([1, 2, 3, 4], 8), bar(0.5, 4)
('▁▃▆█', '██  ')
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rich.style import Style

from annotate.screen.paint import DIM, Block, Line, put, shape, spread
from annotate.screen.words import number

_EIGHTHS = " ▏▎▍▌▋▊▉█"
_LEVELS = "▁▂▃▄▅▆▇█"
_DENSE = 8  # points in a column of dots beyond which only some of them are drawn
_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))  # column of a cell, then row from the top


def bar(share: float, width: int) -> str:
    """A share in [0, 1] as a bar of `width` cells, to an eighth of a cell."""
    eighths = round(min(1.0, max(0.0, share)) * width * 8)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (_EIGHTHS[rest] if rest else "")).ljust(width)


def sparkline(values: Sequence[float], width: int) -> str:
    """At most `width` cells, one a value or the last of an equal share of them; `×` is no number."""
    count = min(width, len(values))
    shown = [values[(index + 1) * len(values) // count - 1] for index in range(count)]
    finite = [value for value in shown if math.isfinite(value)]
    if not finite:
        return "×" * count
    low, high = min(finite), max(finite)
    return "".join(_LEVELS[round(7 * _share(v, low, high))] if math.isfinite(v) else "×" for v in shown)


def _share(value: float, low: float, high: float) -> float:
    """Where a value lies between `low`, 0, and `high`, 1; halved first, since a difference may overflow."""
    if not low < high or high / 2 == low / 2:
        return 0.4
    return min(1.0, max(0.0, (value / 2 - low / 2) / (high / 2 - low / 2)))


@dataclass(frozen=True)
class Curve:
    """A line through `values`, evenly spaced; or its values as stairs or as points."""

    values: Sequence[float]
    style: Style
    kind: Literal["line", "stairs", "dots", "dashes"] = "line"


def plot(curves: Sequence[Curve], width: int, height: int, low: float, high: float) -> Block:
    """The curves in Braille dots, the first on top; values outside [low, high] lie on the border."""
    last = 4 * height - 1

    def row(value: float) -> int:
        return round((1 - _share(value, low, high)) * last)

    layers = [_dots(curve, width, row) for curve in curves]
    return [_line(layers, curves, width, index) for index in range(height)]


def labelled(
    curves: Sequence[Curve],
    width: int,
    height: int,
    *,
    legend: Line,
    note: str,
    limits: tuple[float, float] | None = None,
) -> Block:
    """The plot with its highest and lowest value at the left and, if there is room, a legend below."""
    finite = [value for curve in curves for value in curve.values if math.isfinite(value)]
    if not finite or height < 2 or width < 24:
        return shape([[put("  no values yet" if not finite else "", DIM)]], width, height)
    low, high = limits or (min(finite), max(finite))
    top, bottom = number(high), number(low)
    margin = max(len(top), len(bottom)) + 2
    rows = height - 1 if height >= 5 else height
    block: Block = []
    for index, line in enumerate(plot(curves, width - margin - 2, rows, low, high)):
        label = top if index == 0 else bottom if index == rows - 1 else ""
        block.append([put(f"{label:>{margin}}", DIM), put("┤" if label else "│", DIM), *line])
    if rows < height:
        block.append(spread([put(" " * (margin + 1)), *legend], [put(note + " ", DIM)], width))
    return shape(block, width, height)


def _line(layers: list[dict[tuple[int, int], int]], curves: Sequence[Curve], width: int, index: int) -> Line:
    line: Line = []
    text, style = "", Style()
    for column in range(width):
        bits, top = 0, style
        for curve, layer in reversed(list(zip(curves, layers, strict=True))):
            if mask := layer.get((column, index)):
                bits, top = bits | mask, curve.style
        if top != style and text:
            line.append(put(text, style))
            text = ""
        text, style = text + (chr(0x2800 + bits) if bits else " "), top
    return [*line, put(text, style)]


def _dots(curve: Curve, width: int, row: Callable[[float], int]) -> dict[tuple[int, int], int]:
    """The Braille bits of each cell, by (column, row)."""
    cells: dict[tuple[int, int], int] = {}
    previous: int | None = None
    for x, value in _columns(curve, 2 * width):
        if not math.isfinite(value):
            previous = None
            continue
        y = row(value)
        joined = previous is not None and curve.kind in ("line", "stairs")
        for step in range(min(y, previous or 0), max(y, previous or 0) + 1) if joined else (y,):
            cell = (x >> 1, step >> 2)
            cells[cell] = cells.get(cell, 0) | _DOTS[x & 1][step & 3]
        previous = y
    return cells


def _columns(curve: Curve, columns: int) -> Iterator[tuple[int, float]]:
    """What stands in which column of dots."""
    values, count = curve.values, len(curve.values)
    if not count:
        return
    match curve.kind:
        case "dots":  # two wide where there is room, so that a single one is seen
            step = max(1, count // (_DENSE * columns))
            for index in range(0, count, step):
                x, value = int((index + 0.5) * columns / count), values[index]
                yield from ((at, value) for at in ((x, x ^ 1) if 4 * count < columns else (x,)))
        case "stairs":
            yield from ((x, values[x * count // columns]) for x in range(columns))
        case "dashes":
            yield from ((x, values[x * count // columns]) for x in range(columns) if x % 6 < 3)
        case _:
            for x in range(columns if count > 1 else 1):
                left, share = divmod(x * (count - 1) / max(1, columns - 1), 1)
                here, there = values[int(left)], values[min(int(left) + 1, count - 1)]
                yield x, here + (there - here) * share if share else here
