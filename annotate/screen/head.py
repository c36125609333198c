"""The top of the screen, which study this is and how far it has come; and the keys at its foot."""

from __future__ import annotations

from pathlib import PurePath

from rich.segment import Segment

from annotate.screen.facts import Facts, queued, running
from annotate.screen.outlook import counted, elapsed, seconds_left
from annotate.screen.paint import (
    ACTIVE,
    BASELINE,
    BOLD,
    DIM,
    GLYPHS,
    GOOD,
    PLAIN,
    STOPPED,
    Line,
    put,
    shape,
    spread,
    width_of,
    words,
)
from annotate.screen.view import View, question, runs
from annotate.screen.words import about, clean, seconds, took
from annotate.study.snapshot import StudySnapshot
from annotate.trial import TrialState

_PHASES = {"running": ("▸ running", ACTIVE), "paused": ("‖ paused", BASELINE), "stopping": ("◂ stopping", BASELINE),
           "finished": ("✓ finished", GOOD)}  # fmt: skip


STATE_WORDS = {
    TrialState.SUCCEEDED: "done",
    TrialState.EARLY_STOPPED: "stopped early",
    TrialState.FAILED: "failed",
    TrialState.CANCELLED: "cancelled",
    TrialState.RUNNING: "running",
    TrialState.QUEUED: "waiting",
}


def title(snapshot: StudySnapshot, width: int) -> Line:
    """Which study this is, and whether it runs."""
    phase, style = _PHASES.get(snapshot.phase, (clean(snapshot.phase), PLAIN))
    right = [put(f" {phase} ", style + BOLD)]
    facts = [
        (clean(PurePath(snapshot.script).name), BOLD),
        (clean(snapshot.study), DIM),
        (clean(snapshot.tuner), PLAIN),
        (_goal(snapshot), PLAIN),
        (f"{snapshot.jobs} {'job' if snapshot.jobs == 1 else 'jobs'}", DIM),
    ]
    room = width - width_of(right) - 2
    shown = list(facts)
    for spare in (4, 1, 2):
        if sum(len(" · ") + len(text) for text, _ in shown) > room:
            shown.remove(facts[spare])
    left = [put(" "), *words(shown, gap=" · ")]
    return spread(list(Segment.adjust_line_length(left, min(width_of(left), room))), right, width)


def _goal(snapshot: StudySnapshot) -> str:
    """`maximize acc`, or `max acc, min latency_ms`."""
    if len(snapshot.objectives) == 1:
        return f"{snapshot.direction} {clean(snapshot.metric)}"
    return ", ".join(f"{each.direction[:3]} {clean(each.name)}" for each in snapshot.objectives)


def progress(snapshot: StudySnapshot, known: Facts, width: int) -> Line:
    """The bar of all trials by state, how many there are, the time gone by and the time left."""
    done = counted(known)
    total = snapshot.budget_trials
    clock = f"{seconds(elapsed(snapshot))} elapsed"
    left = seconds_left(snapshot, known)
    if snapshot.phase == "finished":
        clock = f"took {took(elapsed(snapshot))}"
    elif left is not None:
        clock += f" · about {about(left)} left"
    elif snapshot.budget_seconds is not None or total is not None:
        clock += " · no estimate yet"
    tally = f"{done} of {total}" if total is not None else f"{done} trials"
    if snapshot.budget_seconds is not None:
        clock += f" of {seconds(snapshot.budget_seconds)}"
    right = [put(f" {tally} ", BOLD), put(f" {clock} ", PLAIN)]
    room = width - width_of(right) - 2
    if room < 8:
        short = next((c for c in (clock, *clock.split(" · ")[::-1]) if len(tally) + len(c) + 3 <= width), "")
        return spread([put(f" {tally}", BOLD)], [put(f"{short} ", PLAIN)], width)
    return [put(" "), *_states_bar(snapshot, known, room), put(" "), *right]


def _states_bar(snapshot: StudySnapshot, known: Facts, width: int) -> Line:
    """One cell is an equal share of the budget; without one, of the trials there are."""
    counts = _count(snapshot, known)
    if snapshot.budget_trials is None and snapshot.budget_seconds is not None:
        share = min(1.0, max(0.0, (elapsed(snapshot)) / max(1e-9, snapshot.budget_seconds)))
        filled = round(share * width)
        return [put("━" * filled, GOOD), put("─" * (width - filled), DIM)]
    order = (
        (TrialState.SUCCEEDED, "━", GOOD),
        (TrialState.EARLY_STOPPED, "═", STOPPED),
        (TrialState.RUNNING, "╍", ACTIVE),
    )
    total = max(snapshot.budget_trials or 0, sum(counts[state] for state, _, _ in order), 1)
    line, gone, end = [], 0, 0
    for state, glyph, style in order:
        end += counts[state]
        upto = max(gone, round(end / total * width))
        line.append(put(glyph * (upto - gone), style))
        gone = upto
    return [*line, put("─" * (width - gone), DIM)]


def _count(snapshot: StudySnapshot, known: Facts) -> dict[TrialState, int]:
    return {
        **{state: known.counts[state] for state in TrialState},
        TrialState.RUNNING: len(running(snapshot)),
        TrialState.QUEUED: len(queued(snapshot)),
    }


def states(snapshot: StudySnapshot, known: Facts, width: int) -> Line:
    """How many trials are in which state, by glyph, number and word; words yield first."""
    counts = [(state, number) for state, number in _count(snapshot, known).items() if number]
    ordered = [(s, n) for wanted in STATE_WORDS for s, n in counts if s is wanted]
    for wordy in (True, False):
        line: Line = [put(" ")]
        for state, many in ordered:
            glyph, style = GLYPHS[state]
            line += [
                put(f"{glyph} {many}", style + BOLD),
                put(f" {STATE_WORDS[state]}   " if wordy else "  "),
            ]
        if width_of(line) <= width:
            break
    if not ordered:
        line.append(put("nothing has started yet", DIM))
    return next(iter(shape([line], width)))


def footer(view: View, snapshot: StudySnapshot, width: int) -> Line:
    """The keys that do something now, or the question that is being asked."""
    if view.asked is not None:
        asked = [put(f" {question(view.asked)} ", BASELINE + BOLD), put(" y yes   n no", DIM)]
        return shape([asked], width)[0]
    if view.said:
        return shape([[put(f" {view.said}", BASELINE)]], width)[0]
    change = view.mode != "watching"
    kill = ["k kill"] if change and runs(view.selected, snapshot) else []
    if view.opened:
        keys = ["esc back", "↑↓ next trial", *kill, "? help"]
    else:
        pause = "p go on" if snapshot.phase == "paused" else "p pause"
        keys = ["q stop", pause, "+/- jobs"] if change else ["q leave"]
        keys += ["s sort", "↑↓ ⏎ trial", *kill, "? help"]
    return shape([[put(" " + "   ".join(keys), DIM)]], width)[0]
