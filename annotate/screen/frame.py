"""The whole screen as a pure function: snapshot, size and view in, picture out.

It asks no clock and reads nothing. The picture has exactly `width` times `height` cells, whatever
the snapshot holds. From 110 columns and 28 lines on there are two columns of panels; below that
there is one column of sections, and those that matter least go first.
"""

from __future__ import annotations

from annotate.screen import head as top
from annotate.screen.best import best, curve, parameters
from annotate.screen.detail import detail
from annotate.screen.facts import Facts, facts, running
from annotate.screen.help import help_page
from annotate.screen.machine import machine, machine_line
from annotate.screen.paint import BASELINE, BEST, DIM, Block, Frame, beside, box, heading, put, shape
from annotate.screen.rows import TITLES, finished_rows, window
from annotate.screen.scatter import front_picture
from annotate.screen.table import Column, fits, parameter_columns, table
from annotate.screen.trials import finished_columns, running_columns
from annotate.screen.troubles import troubles
from annotate.screen.view import View
from annotate.screen.words import clean
from annotate.study.snapshot import StudySnapshot
from annotate.trial import Trial

_WIDE = (110, 28)
_FRONT = 5  # trials of a front that are shown above all others
_EMPTY = View()


def render(snapshot: StudySnapshot, *, width: int, height: int, view: View = _EMPTY) -> Frame:
    """The screen of `width` by `height` cells."""
    known = facts(snapshot)
    head = [
        top.title(snapshot, width),
        top.progress(snapshot, known, width),
        top.states(snapshot, known, width),
    ]
    foot = [top.footer(view, snapshot, width)] if view.mode != "silent" else []
    room = height - len(head) - len(foot)
    trial = _opened(snapshot, view)
    if view.help:
        body = help_page(width, room, view.mode)
    elif trial is not None:
        body = detail(snapshot, trial, view, width, room)
    elif width >= _WIDE[0] and height >= _WIDE[1]:
        body = _wide(snapshot, known, view, width, room)
    else:
        body = _narrow(snapshot, known, view, width, room)
    return Frame(shape([*head, *shape(body, width, max(0, room)), *foot], width, height))


def _opened(snapshot: StudySnapshot, view: View) -> Trial | None:
    if not view.opened:
        return None
    return next((trial for trial in snapshot.trials if trial.number == view.selected), None)


def _wide(snapshot: StudySnapshot, known: Facts, view: View, width: int, height: int) -> Block:
    left = width * 3 // 5
    right = width - left - 1
    best_box = _best_box(snapshot, known, left, height)
    active = running(snapshot)
    running_height = max(4, min(len(active), (height - len(best_box)) // 3) + 3)
    rest = height - len(best_box) - running_height
    top_height = min(len(known.finished) + 3, rest // 2) if rest >= 14 and view.sort != "best" else 0
    column = [
        *best_box,
        *_running_box(snapshot, active, view, left, running_height),
        *_finished_box(snapshot, known, view, left, rest - top_height),
    ]
    if top_height:
        column += _finished_box(snapshot, known, View(sort="best"), left, top_height)
    load = machine(snapshot, right - 4)[: height // 4]
    load_height = len(load) + 2 if load else 0
    trouble = troubles(snapshot, known, right - 4, height // 3, most=2)
    trouble_height = len(trouble) + 2 if trouble else 0
    curve_height = height - load_height - trouble_height
    picture = _picture(snapshot, known, right - 4, curve_height - 2)
    names = [clean(objective.name) for objective in snapshot.objectives]
    side = box(f"{names[0]} by {names[1] if known.several else 'trial'}", picture, right, curve_height)
    if load:
        side += box("machine", load, right, load_height)
    if trouble:
        side += box("to know", trouble, right, trouble_height)
    return beside(column, side)


def _best_box(snapshot: StudySnapshot, known: Facts, width: int, height: int) -> Block:
    trial = known.best
    lines = best(snapshot, known, width - 4)
    if trial is not None and known.several:
        shown = known.front[:_FRONT]
        title = f"first {len(shown)}" if len(shown) < len(known.front) else ""
        lines = [*lines, *table(title, finished_columns(snapshot, known, list(shown)), width - 4)]
    elif trial is not None:
        both = [trial] if trial.baseline else [trial, Trial(number=0, params={}, baseline=True)]
        names = Column("", [("best", BEST), ("defaults", BASELINE)][: len(both)])
        columns = [names, *parameter_columns(both, snapshot)]
        if fits(columns, width - 4):
            lines = [*lines, *table("", columns, width - 4)]
        else:
            lines = [*lines, *parameters(trial, snapshot, width - 4, max(3, height // 8))]
    return box("best so far", lines, width, len(lines) + 2)


def _picture(snapshot: StudySnapshot, known: Facts, width: int, height: int) -> Block:
    """The best so far by trial; with several metrics, the trials over the first two of them."""
    if known.several:
        return front_picture(known, width, height)
    base = snapshot.baseline
    return curve(known, base.value if base else None, width, height)


def _running_box(snapshot: StudySnapshot, active: list[Trial], view: View, width: int, height: int) -> Block:
    shown, place = window(active, height - 3, view.selected)
    lines = _running(snapshot, shown, place, width - 4)
    return box("running", lines, width, height, note=_hidden(len(active), len(shown)))


def _finished_box(snapshot: StudySnapshot, known: Facts, view: View, width: int, height: int) -> Block:
    trials = finished_rows(known, view.sort)
    shown, place = window(trials, max(0, height - 3), view.selected)
    lines = _finished(snapshot, known, shown, place, width - 4)
    return box(TITLES[view.sort], lines, width, height, note=_hidden(len(trials), len(shown)))


def _hidden(there: int, shown: int) -> str:
    return f"+{there - shown} more" if there > shown else ""


def _narrow(snapshot: StudySnapshot, known: Facts, view: View, width: int, height: int) -> Block:
    active = running(snapshot)
    won = best(snapshot, known, width)
    if known.best is not None and height >= 8:
        won = [*won, *parameters(known.best, snapshot, width, 1 if height < 18 else 2 if height < 24 else 3)]
    trouble_height = 0 if height < 7 else 1 if height < 16 else 2 if height < 24 else 5
    trouble = troubles(snapshot, known, width, trouble_height)
    load = machine_line(snapshot, width) if height >= 16 else None
    curve_height = max(3, min(12, height // 4)) if height >= 14 else 0
    lists = height - len(won) - len(trouble) - (1 if load else 0) - curve_height
    # Every list has a heading; the running trials come first, the finished ones keep a third.
    running_rows = max(0, min(max(1, len(active)), lists - 1 if lists < 5 else lists * 2 // 3 - 1))
    finished_count = lists - 1 - running_rows - 1
    block = list(won)
    if curve_height:
        block += _picture(snapshot, known, width, curve_height)
    shown, place = window(active, running_rows, view.selected)
    block += shape(_running(snapshot, shown, place, width, title="running"), width, running_rows + 1)
    if finished_count >= 1:
        rows, at = window(finished_rows(known, view.sort), finished_count, view.selected)
        block += shape(
            _finished(snapshot, known, rows, at, width, title=TITLES[view.sort]), width, finished_count + 1
        )
    return [*block, *trouble, *([load] if load else [])]


def _running(
    snapshot: StudySnapshot, shown: list[Trial], place: int | None, width: int, title: str = ""
) -> Block:
    if not shown:
        starting = "a trial waits for its slot" if snapshot.waiting else "the next trial is being started"
        idle = starting if snapshot.phase == "running" else "nothing runs"
        return _empty(title, idle, width)
    return table(title or "trial", running_columns(snapshot, shown, width), width, selected=place)


def _finished(
    snapshot: StudySnapshot,
    known: Facts,
    shown: list[Trial],
    place: int | None,
    width: int,
    title: str = "",
) -> Block:
    if not shown:
        return _empty(title, "none yet", width)
    return table(title or "trial", finished_columns(snapshot, known, shown), width, selected=place)


def _empty(title: str, text: str, width: int) -> Block:
    line = [put(f" {text}", DIM)]
    return [heading(title, width), line] if title else [line]
