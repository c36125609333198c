"""What a report is about: one study at one moment, as frozen values, and what is read off it.

>>> subject.best.number, subject.gain
(44, 4.69)
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePath

from annotate import pareto
from annotate.storage import StudyMeta
from annotate.trial import Json, Measurement, Params, Trial, TrialState


@dataclass(frozen=True)
class RunAgain:
    """A trial that was run again with fresh seeds: its number, None for the defaults; what it came to; the verdict."""

    trial: int | None
    reached: str
    verdict: str


@dataclass(frozen=True)
class Confirmed:
    """The trials that were run again with this command."""

    command: str
    runs: tuple[RunAgain, ...]


@dataclass(frozen=True)
class Subject:
    """One moment of a study. Times are seconds since the epoch; `seconds` is how long hosts have run it.

    `trials` are in order of number, without measurements; `curves` holds those of the trials that
    `curves.chosen` named. `logs` maps a failed trial to the end of what it printed. `diff` is the source of the
    best trial against the user's, "" where nothing differs, None where it is not known.
    `confirmed` is what was run again with fresh seeds.
    `elsewhere` are sentences on what of it stands in no source. `reload` is after how many seconds the page reads itself anew, None when it does not.
    """

    meta: StudyMeta
    trials: tuple[Trial, ...]
    now: float
    running: bool = False
    seconds: float = 0.0
    machines: tuple[str, ...] = ()
    curves: Mapping[int, tuple[Measurement, ...]] = field(default_factory=dict)
    logs: Mapping[int, str] = field(default_factory=dict)
    diff: str | None = None
    elsewhere: tuple[str, ...] = ()
    confirmed: tuple[Confirmed, ...] = ()
    reload: float | None = None

    @property
    def title(self) -> str:
        """What the study is of: its script; its own name where it was imported without one."""
        return PurePath(self.meta.script).name or self.meta.study

    @cached_property
    def ranked(self) -> tuple[Trial, ...]:
        """The succeeded trials, the best first, the earlier of two equal ones first; of several metrics, by front."""
        return tuple(pareto.ranked(self.trials, self.meta.objectives))

    @cached_property
    def front(self) -> tuple[Trial, ...]:
        """The trials of the Pareto front, the best in the first metric first; none where there is one metric."""
        objectives = self.meta.objectives
        return tuple(pareto.front(self.trials, objectives)) if len(objectives) > 1 else ()

    @cached_property
    def until(self) -> float:
        """The last moment that is known of: now, or when a study that does not run any more was last heard of."""
        if self.running:
            return self.now
        heard = [measurements[-1].time for measurements in self.curves.values() if measurements]
        ended = [trial.ended or trial.started or 0.0 for trial in self.trials]
        return max([self.meta.created, *heard, *ended])

    @cached_property
    def best(self) -> Trial | None:
        """The best of the succeeded trials, of a front the one in its middle; None when there is none."""
        return pareto.best(self.trials, self.meta.objectives)

    @cached_property
    def baseline(self) -> Trial | None:
        """The trial of the script's own defaults, None when it was left out."""
        return next((trial for trial in self.trials if trial.baseline), None)

    @property
    def gain(self) -> float | None:
        """By how much the best is better than the defaults, in the first metric's unit; None until both are known."""
        best, base = self.best, self.baseline
        if best is None or best.value is None or base is None or base.value is None:
            return None
        if base.state is not TrialState.SUCCEEDED or not math.isfinite(base.value):
            return None
        difference = best.value - base.value
        return difference if self.meta.direction == "maximize" else -difference

    def values(self, trial: Trial) -> Params:
        """What a trial ran with, by key; the baseline ran with the literals of the source."""
        if trial.baseline:
            return self.defaults_then
        return trial.active

    @property
    def defaults_then(self) -> Mapping[str, Json]:
        """The literals of the source that the baseline ran with."""
        meta = self.meta
        return meta.defaults if meta.baseline_defaults is None else meta.baseline_defaults

    def name(self, key: str) -> str:
        """A parameter as people know it."""
        return self.meta.names.get(key, key)

    def count(self, *states: TrialState) -> int:
        """How many trials are in one of these states."""
        return sum(trial.state in states for trial in self.trials)
