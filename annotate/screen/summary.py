"""What stays in the terminal when a study is over: the outcome, and what to type next.

Nothing is shortened here: a parameter's value is what `json.dumps` writes, so it can be copied.
Print it with `console.print(summary(snapshot), soft_wrap=True)`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import PurePath

from rich.cells import cell_len
from rich.text import Text

from annotate.screen.best import difference, gained
from annotate.screen.facts import Facts, facts
from annotate.screen.gain import gains
from annotate.screen.head import states
from annotate.screen.outlook import elapsed
from annotate.screen.paint import ACTIVE, BAD, BEST, BOLD, DIM, Line, put
from annotate.screen.words import clean, number, took
from annotate.study.alike import said
from annotate.study.snapshot import StudySnapshot
from annotate.trial import Json, Trial

_FRONT = 10  # trials of a front that are listed
_CAUSES = 5  # ways of failing that are told apart; the rest is a number


def summary(snapshot: StudySnapshot, next_steps: Sequence[tuple[str, str]] = ()) -> Text:
    """The study's outcome. `next_steps` are commands, each with what it does."""
    known = facts(snapshot)
    span = took(elapsed(snapshot))
    lines: list[Line] = [
        [
            put(clean(PurePath(snapshot.script).name), BOLD),
            put(f"  {len(known.finished)} trial{'s' * (len(known.finished) != 1)} in {span}  "),
            put(clean(snapshot.study), DIM),
        ],
        states(snapshot, known, 200),
        [],
    ]
    if known.several and known.front:
        lines += _front(snapshot, known)
    elif known.best is None:
        lines.append([put("No trial succeeded, so there is no best one.", BAD)])
    else:
        lines += _best(snapshot, known.best)
    if known.causes:
        lines += [[], *_failures(list(known.causes.values()))]
    if next_steps:
        wide = max(cell_len(clean(command)) for command, _ in next_steps)
        lines += [[], [put("next", BOLD)]]
        lines += [
            [
                put(f"  {clean(command)}{' ' * (wide - cell_len(clean(command)))}", ACTIVE),
                put(f"   {clean(what)}", DIM),
            ]
            for command, what in next_steps
        ]
    return Text("\n").join(_text(line) for line in lines)


def _front(snapshot: StudySnapshot, known: Facts) -> list[Line]:
    """The trials that none beats, with what each gained; the parameters of the one in their middle."""
    lines: list[Line] = [
        [
            put("best  ", BOLD),
            put(f"{len(known.front)} of {len(known.placed)} trials, which none beats in all metrics"),
        ]
    ]
    for trial in known.front[:_FRONT]:
        line = [put("  ★ ", BEST), put(f"trial {trial.number:<5}")]
        won = gains(snapshot.objectives, trial, snapshot.baseline)
        for at, (objective, value) in enumerate(zip(snapshot.objectives, trial.values, strict=True)):
            line += [put(f" {clean(objective.name)} "), put(number(value), BEST), put(" ")]
            line += [*difference(won[at]), put(" ")] if won and not trial.baseline else []
        lines.append([*line, put("the script's own defaults", DIM)] if trial.baseline else line)
    if len(known.front) > _FRONT:
        lines.append([put(f"  and {len(known.front) - _FRONT} more: annotate top", DIM)])
    assert known.best is not None
    if known.best.baseline:
        return [*lines, [], [put("the script's own defaults are in their middle", BOLD)]]
    middle = put(f"trial {known.best.number}{' is in their middle' if len(known.front) > 1 else ''}", BOLD)
    return [*lines, [], [middle], *_parameters(snapshot, known.best)]


def _best(snapshot: StudySnapshot, trial: Trial) -> list[Line]:
    value = number(trial.value) if trial.value is not None else ""
    lines: list[Line] = [
        [
            put("best  ", BOLD),
            put(f"{clean(snapshot.metric)} {value}", BEST),
            put(f"  trial {trial.number}  ", DIM),
            *gained(snapshot, trial),
        ]
    ]
    return lines + _parameters(snapshot, trial)


def _parameters(snapshot: StudySnapshot, trial: Trial) -> list[Line]:
    lines: list[Line] = []
    shown = [
        (
            clean(name),
            _exact(trial.active[key]),
            _exact(snapshot.defaults[key]) if key in snapshot.defaults else "",
        )
        for key, name in snapshot.names.items()
        if key in trial.active
    ]
    names = max((cell_len(name) for name, _, _ in shown), default=0)
    values = max((cell_len(value) for _, value, _ in shown), default=0)
    for name, exact, default in shown:
        before = f"   was {default}" if default and default != exact else ""
        lines.append(
            [
                put(f"  {name}{' ' * (names - cell_len(name))}  "),
                put(exact + " " * (values - cell_len(exact)), BOLD),
                put(before, DIM),
            ]
        )
    return lines


def _exact(value: Json) -> str:
    return clean(json.dumps(value, ensure_ascii=False))


def _failures(causes: Sequence[tuple[Trial, ...]]) -> list[Line]:
    lines: list[Line] = []
    for trials in causes[:_CAUSES]:
        first = trials[0]
        many = f"{len(trials)} trials" if len(trials) > 1 else f"trial {first.number}"
        reason = first.reason.value if first.reason else "failed"
        lines.append([put(f"✗ {many}: {reason}  ", BAD), put(clean(said(first)))])
        if len(trials) > 1:
            numbers = ", ".join(str(trial.number) for trial in trials[:8])
            lines.append([put(f"  {numbers}{', …' if len(trials) > 8 else ''}", DIM)])
    if len(causes) > _CAUSES:
        lines.append([put(f"✗ and {len(causes) - _CAUSES} other ways to fail", BAD)])
    return lines


def _text(line: Line) -> Text:
    text = Text.assemble(*((segment.text, segment.style or "") for segment in line))
    text.rstrip()
    return text
