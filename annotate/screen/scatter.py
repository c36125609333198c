"""Trials as points over two metrics: the front that none beats, the script's own defaults, the rest.

>>> scatter([Cloud("★", BEST, [(51.0, 0.9)])], 40, 10, across="ms", legend=[])

Up the first metric grows, to the right the second, whichever way is better; what lies outside is not shown.
Drawn here because what exists draws to its own width and colours (see `annotate.screen.charts`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rich.style import Style

from annotate.screen.facts import Facts
from annotate.screen.paint import (
    ACTIVE,
    BASELINE,
    BEST,
    DIM,
    Block,
    Line,
    put,
    shape,
    spread,
    width_of,
    words,
)
from annotate.screen.words import clean, fit, number
from annotate.trial import Objective, Trial

Point = tuple[float, float]


@dataclass(frozen=True)
class Cloud:
    """Points that look alike, `(across, up)`."""

    glyph: str
    style: Style
    points: Sequence[Point]


@lru_cache(maxsize=8)
def front_picture(known: Facts, width: int, height: int) -> Block:
    """The first two metrics of every trial that has them, the front on top."""
    up, across = known.objectives[:2]
    trials = [trial for _, _, trial in known.placed]
    if not trials:
        return shape([[put("  the picture begins with the first result", DIM)]], width, height)
    front = {trial.number for trial in known.front}
    clouds = [
        Cloud("◆", BASELINE, [_point(trial) for trial in trials if trial.baseline]),
        Cloud("★", BEST, [_point(trial) for trial in trials if trial.number in front]),
        Cloud("·", ACTIVE, [_point(trial) for trial in trials]),
    ]
    shown = [("★ none beats it", BEST), ("· trials", ACTIVE)]
    shown[1:1] = [("◆ defaults", BASELINE)] if clouds[0].points else []
    rights, ups = zip(*(_point(trial) for trial in trials), strict=True)
    limits = _limits(rights, across), _limits(ups, up)
    return scatter(clouds, width, height, limits=limits, across=clean(across.name), legend=words(shown))


def scatter(
    clouds: Sequence[Cloud],
    width: int,
    height: int,
    *,
    limits: tuple[tuple[float, float], tuple[float, float]],
    across: str,
    legend: Line,
) -> Block:
    """The clouds, the first on top, within `limits` (across, up); labels at the left and below."""
    if height < 4 or width < 24:
        return shape([], width, height)
    (left, right), (bottom, top) = limits
    labels = {0: number(top), height - 3: number(bottom)}
    margin = max(map(len, labels.values())) + 2
    columns, rows = width - margin - 2, height - 2
    cells: dict[tuple[int, int], Cloud] = {}
    for cloud in reversed(clouds):
        for x, y in cloud.points:
            if left <= x <= right and bottom <= y <= top:
                cells[_cell(y, top, bottom, rows), _cell(x, left, right, columns)] = cloud
    block: Block = []
    for row in range(rows):
        line = [put(f"{labels.get(row, ''):>{margin}}", DIM), put("┤" if row in labels else "│", DIM)]
        for column in range(columns):
            found = cells.get((row, column))
            line.append(put(found.glyph, found.style) if found else put(" "))
        block.append(line)
    axis = spread([put(number(left), DIM)], [put(number(right), DIM)], columns)
    block.append([put(" " * (margin + 1)), *axis])
    note = fit(f"{across} → ", max(0, width - margin - 1 - width_of(legend)))
    block.append(spread([put(" " * (margin + 1)), *legend], [put(note, DIM)], width))
    return shape(block, width, height)


def _point(trial: Trial) -> Point:
    return trial.values[1], trial.values[0]


def _cell(value: float, first: float, last: float, count: int) -> int:
    """Which of `count` cells from `first` to `last` holds a value."""
    return min(count - 1, int((value - first) / (last - first) * count)) if last != first else count // 2


def _limits(values: Sequence[float], objective: Objective) -> tuple[float, float]:
    """From the best to the worst of the better nine tenths."""
    ordered = sorted(values, reverse=objective.direction == "maximize")
    ends = ordered[0], ordered[-1 - len(ordered) // 10]
    return min(ends), max(ends)
