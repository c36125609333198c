"""A simulated study on the real screen: a helper process of the terminal tests, and of nothing else.

    python tests/annotate/screen_demo.py SECONDS

What keys ask for is carried out on the simulation, and said on stdout when the screen has closed.
"""

from __future__ import annotations

import dataclasses
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

sys.path.insert(0, str(Path(__file__).parents[2]))
from annotate.screen.keys import Keys
from annotate.screen.live import LiveScreen
from annotate.screen.summary import summary
from annotate.screen.view import Jobs, Kill, Pause, Resume, Stop
from annotate.study.snapshot import StudySnapshot
from annotate.trial import Trial, TrialState
from tests.annotate.screen_studies import START, history, study


def moments(total: int = 40) -> Iterator[StudySnapshot]:
    """The study of `history` at one moment after another, five simulated seconds apart."""
    base = study(finished=0, budget=total, waiting=0)
    trials = history(total)
    end = max(t.ended or 0 for t in trials)
    now = START
    while now < end:
        now += 5
        seen = tuple(_at(t, now) for t in trials if (t.started or 0) <= now)
        yield dataclasses.replace(base, now=now, trials=seen)


def _at(trial: Trial, now: float) -> Trial:
    if (trial.ended or 0) <= now:
        return trial
    reported = tuple(m for m in trial.measurements if m.time <= now)
    return dataclasses.replace(
        trial, state=TrialState.RUNNING, ended=None, value=None, reason=None, message=None, exit_code=None,
        measurements=reported,
    )  # fmt: skip


def main(seconds: float) -> None:
    console = Console(markup=False, emoji=False, highlight=False)
    keys = Keys(0) if sys.stdin.isatty() else None
    done: list[str] = []
    changes: dict[str, object] = {}
    until = time.monotonic() + seconds
    snapshot = study()
    with LiveScreen(
        console, keys=keys, read_log=lambda number: [f"log of {number}", "\x1b[31mred\x1b[0m"]
    ) as screen:
        for moment in moments(400):
            snapshot = dataclasses.replace(moment, **changes)
            for command in screen.update(snapshot):
                done.append(repr(command))
                match command:
                    case Stop():
                        until = 0.0
                    case Pause():
                        changes["phase"] = "paused"
                    case Resume():
                        changes["phase"] = "running"
                    case Jobs(count):
                        changes["jobs"] = count
                    case Kill():
                        pass
            if time.monotonic() > until:
                break
            if moment.now == START + 10:
                print("printed behind the screen's back")
            time.sleep(0.05)
    console.print(summary(snapshot, [("annotate best", "the best parameters")]), soft_wrap=True)
    print("commands:", *done)


if __name__ == "__main__":
    main(float(sys.argv[1]))
