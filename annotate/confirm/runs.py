"""The runs of a confirmation as a study of its own: two parameters, the trial and the seed.

It lies in the study that it confirms, `confirm/<name>/`, one for each command line and source, so that what
has run is never run again: more seeds or more trials only add to it. Runs go seed by seed, so that what is
there when it is stopped can be compared.

>>> points([7, 3], [1, 2])
[{'trial': 'defaults', 'seed': 1}, {'trial': 7, 'seed': 1}, {'trial': 3, 'seed': 1}, ...]
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence

from annotate.storage import StudyFolder, StudyMeta, StudyStore
from annotate.study.flags import Given
from annotate.study.ports import Launch, Lease, Process
from annotate.study.resuming import run_again
from annotate.trial import Json, Params, Trial, TrialState

DEFAULTS = "defaults"
TRIAL, SEED = "trial", "seed"
_NAME = 8  # hexadecimal digits


class Again:
    """A `Launch` whose point says which trial is run, and with which seed."""

    def __init__(self, params: Mapping[int | str, Params], launch: Callable[[int], Launch]) -> None:
        self._params = params
        self._launch = launch

    async def __call__(self, run: Trial, lease: Lease) -> Process:
        """Start a run. Raises LaunchError."""
        which = run.params[TRIAL]
        trial = dataclasses.replace(run, params=self._params[which], baseline=which == DEFAULTS)
        return Given(await self._launch(run.params[SEED])(trial, lease), (TRIAL, SEED))


def place(folder: StudyFolder, meta: StudyMeta, seed_as: str | None) -> StudyFolder:
    """Where the runs of the command in `meta` lie, which are given a seed in this way."""
    known = json.dumps([meta.source_hash, list(meta.command), seed_as])
    return StudyFolder(folder.path / "confirm" / hashlib.sha256(known.encode()).hexdigest()[:_NAME])


def points(trials: Iterable[int], seeds: Iterable[int]) -> list[dict[str, Json]]:
    """Every run, seed by seed, the defaults first."""
    which: list[int | str] = [DEFAULTS, *trials]
    return [{TRIAL: each, SEED: seed} for seed in seeds for each in which]


def queue(store: StudyStore, wanted: Sequence[Params]) -> None:
    """Queue the wanted runs that have not succeeded, and nothing else: what an earlier call left waiting is forgotten."""
    there = {(run.params[TRIAL], run.params[SEED]): run for run in store.trials()}
    asked = {(point[TRIAL], point[SEED]): point for point in wanted}
    for place, run in there.items():
        if place not in asked and waits(run):
            store.delete(run.number)
    run_again(store, [r.number for p, r in there.items() if p in asked and r.state is TrialState.FAILED])
    first = max((run.number + 1 for run in there.values()), default=0)
    new = [point for place, point in asked.items() if place not in there]
    store.save(*(Trial(first + n, point) for n, point in enumerate(new)))


def waits(run: Trial) -> bool:
    """Whether it is run as soon as the runs are hosted again."""
    return not run.state.finished or run.state is TrialState.CANCELLED


def space_of(wanted: Sequence[Params]) -> dict[str, Json]:
    """The runs as a search space: every trial with every seed."""
    return {
        key: {"_type": "choice", "_value": list(dict.fromkeys(point[key] for point in wanted))}
        for key in (TRIAL, SEED)
    }


def results(runs: Iterable[Trial]) -> dict[int | str, dict[int, float]]:
    """What each trial reached, by seed; only runs that succeeded."""
    reached: dict[int | str, dict[int, float]] = {}
    for run in runs:
        if run.state is TrialState.SUCCEEDED and run.value is not None:
            reached.setdefault(run.params[TRIAL], {})[run.params[SEED]] = run.value
    return reached
