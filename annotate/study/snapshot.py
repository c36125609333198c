"""What a study looks like at one moment: all that a screen, a report or an export may know.

A snapshot is a frozen value made by the study; whoever shows it computes nothing of the study
itself and asks no clock: `now` is in it. Times are seconds since the epoch, memory is bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from annotate import pareto
from annotate.trial import PLAIN_NUMBER, Direction, Json, Objective, Trial


@dataclass(frozen=True)
class GpuReading:
    """One GPU: `utilization` is a share in [0, 1]; `holder` says who has it, "" when it is free.

    `processes` are the bytes of each process on it, None where the driver does not tell.
    """

    index: int
    name: str
    memory_used: int
    memory_total: int
    utilization: float | None = None
    holder: str = ""
    processes: Mapping[int, int | None] = field(default_factory=dict)


@dataclass(frozen=True)
class TrialMemory:
    """What a running trial's processes take; `gpu` is None where the driver does not tell."""

    host: int
    gpu: int | None = None


@dataclass(frozen=True)
class Machine:
    """Load of the machine. `cpu` is one share in [0, 1] for each core, `trials` are the running ones by number."""

    cpu: tuple[float, ...] = ()
    memory_used: int = 0
    memory_total: int = 0
    gpus: tuple[GpuReading, ...] = ()
    trials: Mapping[int, TrialMemory] = field(default_factory=dict)


@dataclass(frozen=True)
class StudySnapshot:
    """One moment of a study. `trials` is in order of number; running ones carry their measurements.

    `defaults` maps a key of the space to the value that stands in the source, where it is a literal.
    `names` maps a key to its shortest unambiguous name ("train/lr/loguniform" to "lr").
    `waiting` maps the number of a queued trial to what it waits for.
    `metrics` are the objectives that the user named; `direction` and `metric` are those of the first one.
    `notices` are one-line facts that the user should know (why spawn, which direction, no GPU).
    """

    study: str
    script: str
    tuner: str
    direction: Direction
    metric: str
    now: float
    started: float
    budget_trials: int | None
    jobs: int
    trials: tuple[Trial, ...]
    names: Mapping[str, str]
    defaults: Mapping[str, Json] = field(default_factory=dict)
    budget_seconds: float | None = None
    waiting: Mapping[int, str] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    machine: Machine = Machine()
    phase: str = "running"  # running | paused | stopping | finished
    metrics: tuple[Objective, ...] = ()
    elapsed: float = 0.0  # seconds that hosts have run the study, earlier sessions included

    @property
    def best(self) -> Trial | None:
        """The best of the succeeded trials, the earlier one when two are equal; of a front, its middle."""
        return pareto.best(self.trials, self.objectives)

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """What the study is to make good, the first one before all; mostly there is one."""
        return self.metrics or (Objective(PLAIN_NUMBER, self.direction, self.metric),)

    @property
    def baseline(self) -> Trial | None:
        """The trial of the script's own defaults, None when it was left out."""
        return next((t for t in self.trials if t.baseline), None)
