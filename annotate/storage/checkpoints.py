"""Which checkpoints of population based training may go: those of turns that a later one has gone on from.

>>> outdated(trials, keep={7})
[PosixPath('/s/checkpoints/0/0'), PosixPath('/s/checkpoints/0/1')]
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from annotate.trial import Trial, TrialState
from annotate_tuners.pbt import LOAD, SAVE, member_and_turn


def outdated(trials: Iterable[Trial], keep: Collection[int]) -> list[Path]:
    """The checkpoints that nothing goes on from any more, but for those of the trials to keep.

    A member goes on from its latest turn, and so does one that takes over from it.
    """
    needed: set[str] = set()
    latest: dict[int, int] = {}
    saved = [(trial, Path(trial.params[SAVE])) for trial in trials if SAVE in trial.params]
    for trial, directory in saved:
        member, turn = member_and_turn(directory)
        if trial.state is TrialState.SUCCEEDED:
            latest[member] = max(turn, latest.get(member, 0))
        elif not trial.state.finished or trial.state is TrialState.CANCELLED:
            needed.add(trial.params[LOAD])
        if trial.number in keep:
            needed.add(trial.params[SAVE])
    turns = ((directory, *member_and_turn(directory)) for _, directory in saved)
    return [
        directory
        for directory, member, turn in turns
        if turn < latest.get(member, 0) and str(directory) not in needed
    ]
