"""The best trial so far: its value, its gain over the script's own defaults, its parameters, the curve."""

from __future__ import annotations

import math
from functools import lru_cache

from rich.cells import cell_len

from annotate.screen import charts
from annotate.screen.facts import Facts
from annotate.screen.gain import Gain, gain, gains
from annotate.screen.head import STATE_WORDS
from annotate.screen.paint import (
    ACTIVE,
    BAD,
    BASELINE,
    BEST,
    BOLD,
    DIM,
    GOOD,
    PLAIN,
    Block,
    Line,
    put,
    shape,
    spread,
    width_of,
    words,
)
from annotate.screen.weight import parameter_keys
from annotate.screen.words import clean, fit, number, parameter
from annotate.study.snapshot import StudySnapshot
from annotate.trial import Trial


def best(snapshot: StudySnapshot, known: Facts, width: int) -> Block:
    """The best value, what it gained over the script's own defaults, and its parameters."""
    trial = known.best
    if trial is None or trial.value is None:
        return [[put(" no trial has finished yet", DIM)]]
    if known.several:
        return [_front(known, width), _middle(snapshot, trial, width)]
    head = [
        put(" ★ ", BEST), put(f"{clean(snapshot.metric)} ", PLAIN), put(number(trial.value), BEST),
        put("  "), *gained(snapshot, trial),
    ]  # fmt: skip
    won = gain(snapshot, trial)
    if won is not None and width_of(head) > width and not trial.baseline:
        head = [*head[:4], *difference(won)]
    tail = [put(f"trial {trial.number} ", DIM)]
    return [spread(head, tail if width_of(head) + width_of(tail) < width else [], width)]


def _front(known: Facts, width: int) -> Line:
    """How many trials none beats, and from where to where they reach."""
    count = len(known.front)
    line = [put(" ★ ", BEST), put(f"{count} {'trial' if count == 1 else 'trials'} that none beats", BEST)]
    for at, objective in enumerate(known.objectives):
        values = sorted((trial.values[at] for trial in known.front), key=objective.loss)
        reach = number(values[0]) if count == 1 else f"{number(values[0])} … {number(values[-1])}"
        line += [put(f"   {clean(objective.name)} ", PLAIN), put(reach, BEST)]
    return shape([line], width)[0]


def _middle(snapshot: StudySnapshot, trial: Trial, width: int) -> Line:
    """The trial of the front that is nearest to the best of each metric, and what it gained."""
    what = "the script's own defaults are" if trial.baseline else f"trial {trial.number} is"
    won = [] if trial.baseline else gains(snapshot.objectives, trial, snapshot.baseline)
    for wordy in (True, False):
        line = [put(f"   {what} in their middle", DIM)]
        for at, (objective, value) in enumerate(zip(snapshot.objectives, trial.values, strict=True)):
            line += [put(f"  {clean(objective.name)} ", PLAIN), put(number(value), BEST), put(" ")]
            line += difference(won[at])[: 2 if wordy else 1] if won else []
        if width_of(line) <= width:
            break
    return shape([line], width)[0]


def gained(snapshot: StudySnapshot, trial: Trial) -> Line:
    """`+0.0456 (+5.2 %) better than the defaults' 0.8757`, whatever the direction."""
    base = snapshot.baseline
    won = gain(snapshot, trial)
    if won is not None:
        if base is trial:
            return [put("the script's own defaults, so far unbeaten", BASELINE)]
        return [*difference(won), put(" than the defaults' "), put(number(won.baseline), BASELINE)]
    if base is None:
        return [put("no baseline to compare with", DIM)]
    if base.state.finished:
        return [put(f"the script's own defaults {STATE_WORDS[base.state]}", BASELINE)]
    return [put("the script's own defaults are still to come", DIM)]


def difference(won: Gain) -> Line:
    """`+0.0456 (+5.2 %) better`."""
    style = GOOD if won.absolute > 0 else BAD if won.absolute < 0 else PLAIN
    return [put(won.amount, style + BOLD), put(f" {won.word}", style)]


def parameters(trial: Trial, snapshot: StudySnapshot, width: int, height: int) -> Block:
    """A trial's parameters as `name value`, in as many lines as there is room for."""
    pieces = []
    for key in parameter_keys(snapshot):
        name = snapshot.names[key]
        if key in trial.active:
            pieces.append((clean(name), parameter(trial.active[key])))
        elif trial.baseline:
            pieces.append(
                (clean(name), parameter(snapshot.defaults[key]) if key in snapshot.defaults else "default")
            )
    lines: Block = [[put(" ")]]
    room = width - 2
    for index, (name, value) in enumerate(pieces):
        label = fit(name, room // 2)
        shown = fit(value, max(4, room - cell_len(label) - 3))
        piece = [put(" "), put(label, DIM), put(" "), put(shown, BOLD), put(" ")]
        more = f" +{len(pieces) - index} "
        last = len(lines) == height
        # The last line keeps room to say how many are left out, unless this is the last piece.
        limit = width - (len(more) if last and index < len(pieces) - 1 else 0)
        if width_of(lines[-1]) + width_of(piece) > limit:
            if last:
                lines[-1] = spread(lines[-1], [put(more, DIM)], width)
                break
            lines.append([put(" ")])
        lines[-1] = lines[-1] + piece
    return shape(lines, width)


@lru_cache(maxsize=8)
def curve(known: Facts, baseline: float | None, width: int, height: int) -> Block:
    """The best so far as stairs, every trial a dot, the defaults a dashed line."""
    values = [value for value in known.values if math.isfinite(value)]
    if not values:
        return shape([[put("  the curve begins with the first result", DIM)]], width, height)
    legend = [("━ best so far" if width >= 56 else "━ best", BEST), ("· trials", ACTIVE)]
    layers = [charts.Curve(known.best_so_far, BEST, "stairs"), charts.Curve(known.values, ACTIVE, "dots")]
    if baseline is not None and math.isfinite(baseline):
        layers.insert(1, charts.Curve((baseline,), BASELINE, "dashes"))
        legend.append(("╍ defaults", BASELINE))
    limits = _range(known, values, baseline)
    return charts.labelled(
        layers, width, height, limits=limits, legend=words(legend), note=f"{len(known.values)} results"
    )


def _range(known: Facts, values: list[float], baseline: float | None) -> tuple[float, float]:
    """From the best to the worst of the better four fifths, the baseline included where it is near."""
    ordered = sorted(values)
    count = len(ordered)
    low, high = (
        (ordered[count // 5], ordered[-1])
        if known.direction == "maximize"
        else (ordered[0], ordered[-1 - count // 5])
    )
    if (
        baseline is not None
        and math.isfinite(baseline)
        and abs(baseline - (low + high) / 2) <= 2 * (high - low)
    ):
        low, high = min(low, baseline), max(high, baseline)
    return (low, high) if high > low else (low - abs(low) * 0.05 - 1e-9, high + abs(high) * 0.05 + 1e-9)
