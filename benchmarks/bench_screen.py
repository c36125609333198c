"""How long the screen takes with many trials: the first picture, and a core's share at four a second.

    python benchmarks/bench_screen.py [TRIALS]

The study goes on meanwhile: time passes, running trials report in every frame, and a trial ends in every
fourth frame (once a second), which is what the cache has to survive. Writing to the terminal is included.
"""

from __future__ import annotations

import dataclasses
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

sys.path.insert(0, str(Path(__file__).parents[1]))
from annotate.screen.live import LiveScreen
from annotate.study.snapshot import StudySnapshot
from annotate.trial import Trial, TrialState
from tests.annotate.screen_studies import history, measurements, study

FRAMES = 80
PER_SECOND = 4


def frames(total: int) -> list[StudySnapshot]:
    """A study of `total` finished trials, and what it is like in each of the frames that follow."""
    base = study(finished=0, budget=2 * total)
    past, coming = history(total), history(total + FRAMES // 4 + 1)[total:]
    running = [trial for trial in base.trials if trial.state is TrialState.RUNNING]
    return [_frame(base, past, coming, running, frame) for frame in range(FRAMES)]


def _frame(
    base: StudySnapshot, past: list[Trial], coming: list[Trial], running: list[Trial], frame: int
) -> StudySnapshot:
    number = len(past) + len(coming)
    active = [
        dataclasses.replace(
            trial, number=number + i, measurements=measurements(trial.params, 100 + frame, 0.0, 1.0)
        )
        for i, trial in enumerate(running)
    ]
    now = (coming[0].ended or 0) + frame / PER_SECOND
    return dataclasses.replace(base, now=now, trials=(*past, *coming[: frame // 4], *active))


def main(total: int) -> None:
    """Measure at three sizes of the terminal."""
    shots = frames(total)
    for width, height in ((80, 24), (160, 50), (200, 60)):
        with Path(os.devnull).open("w") as sink:
            console = Console(
                file=sink, force_terminal=True, color_system="truecolor", width=width, height=height
            )
            clock = iter(range(10**6))
            with LiveScreen(console, clock=lambda clock=clock: float(next(clock))) as screen:
                first = _cpu(screen.update, shots[0])
                rest = sum(_cpu(screen.update, shot) for shot in shots[1:]) / (FRAMES - 1)
        share = rest * PER_SECOND
        print(f"{total} trials at {width}x{height}: first {first * 1e3:.0f} ms, "
              f"then {rest * 1e3:.1f} ms a frame, {100 * share:.1f} % of a core at {PER_SECOND} a second")  # fmt: skip


def _cpu(do: Callable[[StudySnapshot], object], snapshot: StudySnapshot) -> float:
    before = time.process_time()
    do(snapshot)
    return time.process_time() - before


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
