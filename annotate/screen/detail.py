"""One trial alone: its parameters beside the defaults, its curve, how it ended, its log's tail."""

from __future__ import annotations

import dataclasses
import math

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style

from annotate.screen import charts
from annotate.screen.best import difference
from annotate.screen.facts import intermediates
from annotate.screen.gain import gains
from annotate.screen.paint import (
    ACTIVE,
    BAD,
    BASELINE,
    BEST,
    BOLD,
    DIM,
    GLYPHS,
    PLAIN,
    Block,
    Line,
    box,
    put,
    shape,
)
from annotate.screen.view import View
from annotate.screen.words import clean, distinct, fit, number, parameter, seconds, size
from annotate.study.snapshot import StudySnapshot
from annotate.trial import Trial


def detail(snapshot: StudySnapshot, trial: Trial, view: View, width: int, height: int) -> Block:
    """The opened trial on `width` times `height` cells."""
    head = _head(snapshot, trial, width)
    error = _error(trial, width - 4, max(0, height // 4))
    params = _parameters(snapshot, trial, width - 4)
    rest = max(0, height - len(head) - (len(error) + 2 if error else 0))
    params_height = min(len(params) + 2, max(3, rest // 2)) if rest >= 8 else 0
    curve_height = min(14, (rest - params_height) // 2) if rest >= 14 else 0
    log_height = rest - params_height - curve_height
    block = head
    if params_height:
        block = [*block, *box("parameters", params, width, params_height)]
    if curve_height >= 4:
        metric = clean(snapshot.metric)
        block = [
            *block,
            *box(metric, _curve(snapshot, trial, view, width - 4, curve_height - 2), width, curve_height),
        ]
    if error:
        block = [*block, *box("error", error, width, len(error) + 2)]
    if log_height >= 3:
        tail = [[put(fit(clean(text), width - 4))] for text in view.log[-(log_height - 2) :]]
        silent = "nothing printed yet" if trial.ended is None else "it printed nothing"
        block = [*block, *box("log", tail or [[put(silent, DIM)]], width, log_height, note="last lines")]
    return block


def _head(snapshot: StudySnapshot, trial: Trial, width: int) -> Block:
    glyph, style = GLYPHS[trial.state]
    began = trial.started if trial.started is not None else snapshot.now
    took = (trial.ended if trial.ended is not None else snapshot.now) - began
    line: Line = [put(f" {glyph} trial {trial.number} ", style + BOLD), put(f"{trial.state.value}  ", style)]
    line.append(put(f"{seconds(took)}  "))
    if trial.gpus:
        line.append(put(f"gpu {clean(','.join(trial.gpus))}  ", DIM))
    if taken := snapshot.machine.trials.get(trial.number):
        on_gpu = f" + {size(taken.gpu)} of GPU" if taken.gpu is not None else ""
        line.append(put(f"mem {size(taken.host)}{on_gpu}  ", DIM))
    if trial.pid is not None and trial.ended is None:
        line.append(put(f"pid {trial.pid}  ", DIM))
    own = [put("the script's own defaults", BASELINE)] if trial.baseline else []
    reached = _reached(snapshot, trial)
    if len(snapshot.objectives) == 1:
        return shape([[*line, *reached, *own]], width)
    return shape([[*line, *own], [put(" "), *reached]], width)


def _reached(snapshot: StudySnapshot, trial: Trial) -> Line:
    """What it reached of each metric, and what that is against the defaults."""
    line: Line = []
    won = [] if trial.baseline else gains(snapshot.objectives, trial, snapshot.baseline)
    for at, (objective, value) in enumerate(zip(snapshot.objectives, trial.values, strict=False)):
        line += [put(f"{clean(objective.name)} ", DIM), put(f"{number(value)}  ", BEST)]
        line += [*difference(won[at]), put("  ")] if won else []
    return [*line[:-1], put(" than the defaults", DIM)] if won else line


def _parameters(snapshot: StudySnapshot, trial: Trial, width: int) -> Block:
    """`name  value  (default)`, one a line, in as many columns as there is width for."""
    across = max(1, min(3, width // 38))
    each = width // across
    names = [clean(name) for name in snapshot.names.values()]
    wide = max(14, min(max(map(cell_len, names), default=0), each // 2))
    entries: list[Line] = []
    for key, name in zip(snapshot.names, distinct(names, wide), strict=True):
        default = parameter(snapshot.defaults[key]) if key in snapshot.defaults else ""
        value = parameter(trial.params[key]) if key in trial.params else default if trial.baseline else "–"
        changed = key in trial.params and value != default
        entries.append(
            [
                put(set_cell_size(name, wide + 1), DIM),
                put(fit(value, 24), BOLD if changed else PLAIN),
                put(f"  was {fit(default, 12)}" if default and changed else "", DIM),
            ]
        )
    rows = -(-len(entries) // across)
    entries += [[] for _ in range(rows * across - len(entries))]
    # One cell is left between two columns, however long the values are.
    shaped = [[*Segment.adjust_line_length(entry, each - 1), put(" ")] for entry in entries]
    return [[part for column in range(across) for part in shaped[column * rows + row]] for row in range(rows)]


def _curve(snapshot: StudySnapshot, trial: Trial, view: View, width: int, height: int) -> Block:
    """What the trial reported, over the best trial's reports."""
    key, best = snapshot.objectives[0].key, snapshot.best
    values = _reported(trial, key, view)
    other = _reported(best, key, view) if best and best is not trial else []
    layers = [charts.Curve(values, ACTIVE)]
    legend = "━ this trial"
    if other:
        layers.append(charts.Curve(other[: max(len(values), 2)], BEST, "dashes"))
        which = "the best" if len(snapshot.objectives) == 1 else "in the middle of the best"
        legend += f"   ╍ trial {best.number}, {which}" if best else ""
    return charts.labelled(layers, width, height, legend=[put(legend, DIM)], note=f"{len(values)} reports")


def _reported(trial: Trial, key: str, view: View) -> list[float]:
    """A trial's intermediate results; a finished one's stand in the view."""
    known = dataclasses.replace(trial, measurements=trial.measurements or view.reports.get(trial.number, ()))
    return [measurement.values.get(key, math.nan) for measurement in intermediates(known)]


def _error(trial: Trial, width: int, most: int) -> Block:
    said = [line.rstrip() for line in (trial.message or "").splitlines() if line.strip()]
    head: list[tuple[str, Style]] = []
    if trial.reason is not None:
        code = f", exit code {trial.exit_code}" if trial.exit_code is not None else ""
        head.append((f"{trial.reason.value}{code}", BAD + BOLD))
    lines = [*head, *((fit(clean(line), width), PLAIN) for line in said)]
    return [
        [put(text, style)] for text, style in (lines[:1] + lines[1:][-max(0, most - 1) :] if most else [])
    ]
