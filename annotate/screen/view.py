"""What the person in front of the screen looks at, what a key does to it, what a key asks for.

`press` is pure: it changes no study. What is to be done to one comes back as a `Command`, which the
caller carries out. Killing a trial and stopping the study are asked about first, since neither can
be taken back.

>>> view, command = press(View(selected=7), "k", snapshot)
>>> view.asked, command
(Kill(number=7), None)
>>> press(view, "y", snapshot)[1]
Kill(number=7)
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from annotate.screen.facts import facts
from annotate.screen.rows import SORTS, Sort, listed
from annotate.study.snapshot import StudySnapshot
from annotate.trial import Measurement, TrialState


@dataclass(frozen=True)
class Stop:
    """End the study cleanly; of a screen that only watches, leave it."""


@dataclass(frozen=True)
class Pause:
    """Launch no more trials."""


@dataclass(frozen=True)
class Resume:
    """Launch trials again."""


@dataclass(frozen=True)
class Kill:
    """Cancel one running trial."""

    number: int


@dataclass(frozen=True)
class Jobs:
    """Run this many trials at once."""

    count: int


Command: TypeAlias = Stop | Pause | Resume | Kill | Jobs
Mode: TypeAlias = Literal["silent", "keys", "watching"]


@dataclass(frozen=True)
class View:
    """`selected` is the number of the trial under the cursor; `opened` shows it alone.

    `asked` is the command that waits for a yes. `log` holds the last lines of the opened trial's log,
    which the owner of the view reads, `reports` what finished trials reported, by number. `mode` says whether keys are read, and whether they may change
    anything. `said` answers a key that could do nothing, until the next one.
    """

    sort: Sort = "latest"
    selected: int | None = None
    opened: bool = False
    help: bool = False
    asked: Stop | Kill | None = None
    mode: Mode = "silent"
    log: tuple[str, ...] = ()
    reports: Mapping[int, tuple[Measurement, ...]] = field(default_factory=dict)
    said: str = ""


def press(view: View, key: str, snapshot: StudySnapshot) -> tuple[View, Command | None]:
    """The view after a key (`annotate.screen.keys` names them), and what is to be done, if anything."""
    view = dataclasses.replace(view, said="")
    if view.asked is not None:
        return dataclasses.replace(view, asked=None), view.asked if key in ("y", "Y", "enter") else None
    if view.help:
        return dataclasses.replace(view, help=False), None
    match key:
        case "up" | "down" | "pageup" | "pagedown" | "home" | "end":
            return _moved(view, key, snapshot), None
        case "enter" | "right":
            return (view if view.selected is None else dataclasses.replace(view, opened=True)), None
        case "esc" | "left":
            if view.opened:
                return dataclasses.replace(view, opened=False, log=()), None
            return dataclasses.replace(view, selected=None), None
        case "s":
            following = SORTS[(SORTS.index(view.sort) + 1) % len(SORTS)]
            return dataclasses.replace(view, sort=following), None
        case "?" | "h":
            return dataclasses.replace(view, help=True), None
        case "q" if view.mode == "watching":
            return view, Stop()
        case "q":
            return dataclasses.replace(view, asked=Stop()), None
        case _:
            return _watched(view, key) if view.mode == "watching" else _change(view, key, snapshot)


def _change(view: View, key: str, snapshot: StudySnapshot) -> tuple[View, Command | None]:
    """The keys that change the study at once, and the one that asks first."""
    match key:
        case "k" if runs(view.selected, snapshot) and view.selected is not None:
            return dataclasses.replace(view, asked=Kill(view.selected)), None
        case "k":
            return dataclasses.replace(view, said="k ends a running trial: move to one with ↑ ↓"), None
        case "p" if snapshot.phase == "paused":
            return view, Resume()
        case "p" if snapshot.phase == "running":
            return view, Pause()
        case "+" | "=":
            return view, Jobs(snapshot.jobs + 1)
        case "-" if snapshot.jobs > 1:
            return view, Jobs(snapshot.jobs - 1)
        case "-":
            return dataclasses.replace(view, said="one trial at a time is the least; p pauses"), None
        case _:
            return view, None


def _watched(view: View, key: str) -> tuple[View, Command | None]:
    """What to type instead of a key that would change the study, where the screen only watches."""
    match key:
        case "k":
            number = "TRIAL" if view.selected is None else view.selected
            instead = f"annotate kill {number}"
        case "p":
            instead = "p in the study's own terminal, or annotate stop"
        case "+" | "=" | "-":
            instead = "annotate update --jobs N"
        case _:
            return view, None
    return dataclasses.replace(view, said=f"this screen only watches: {instead}"), None


def runs(number: int | None, snapshot: StudySnapshot) -> bool:
    """Whether there is a trial of this number that runs."""
    return any(t.number == number and t.state is TrialState.RUNNING for t in snapshot.trials)


def _moved(view: View, key: str, snapshot: StudySnapshot) -> View:
    """The cursor on another trial; from nowhere it comes onto the first one."""
    rows = [trial.number for trial in listed(snapshot, facts(snapshot), view.sort)]
    if not rows:
        return dataclasses.replace(view, selected=None, opened=False, log=())
    last = len(rows) - 1
    steps = {"up": -1, "down": 1, "pageup": -10, "pagedown": 10, "home": -last, "end": last}
    place = rows.index(view.selected) + steps[key] if view.selected in rows else last if key == "end" else 0
    return dataclasses.replace(view, selected=rows[max(0, min(last, place))], log=())


def question(command: Stop | Kill) -> str:
    """What is asked before a command that cannot be taken back."""
    match command:
        case Kill(number):
            return f"kill trial {number}?"
        case Stop():
            return "stop the study? Running trials are ended, results are kept"


KEYS: Mapping[str, str] = {
    "↑ ↓": "move to a trial; page up and down, home and end too",
    "⏎ →": "open it: parameters, curve, error, the end of its log",
    "esc ←": "back",
    "s": "sort the finished trials: latest, best, number, longest",
    "k": "kill the trial under the cursor (asks first)",
    "p": "pause: start no more trials; again: go on",
    "+ -": "run one trial more, or one less, at a time",
    "q": "stop the study cleanly (asks first); Ctrl-C does the same",
    "?": "this help; any key closes it",
}

WATCHING: Mapping[str, str] = {key: KEYS[key] for key in ("↑ ↓", "⏎ →", "esc ←", "s")} | {
    "q": "leave; the study goes on",
    "?": KEYS["?"],
}
"""Those of a screen that only watches."""
