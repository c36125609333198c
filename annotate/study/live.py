"""A trial while it runs: its process, its slot, what it has reported so far."""

from __future__ import annotations

import asyncio
import dataclasses
import math
from array import array
from dataclasses import dataclass, field

from annotate.study.ports import Lease, Process
from annotate.study.thinned import Thinned
from annotate.study.verdict import Cause
from annotate.trial import Measurement, Trial


@dataclass
class Live:
    """One running trial. `began` is the loop's monotonic time; `cause` is set when we end
    it, and `grace` to the seconds it then has. `curve` is every intermediate result."""

    trial: Trial
    lease: Lease
    began: float
    launching: asyncio.Future[Process] | None = None
    process: Process | None = None
    cause: Cause | None = None
    cause_text: str = ""
    grace: float = math.inf
    final: float | None = None
    last: float | None = None
    curve: array[float] = field(default_factory=lambda: array("d"))
    reads: set[str] = field(default_factory=set)
    oom_kills: int = 0
    reported: Thinned = field(default_factory=Thinned)

    def add(self, measurement: Measurement) -> None:
        """Take in one report."""
        value = measurement.values.get("default")
        if measurement.final:
            self.final = value
        elif value is not None:
            self.last = value
            self.curve.append(value)
        self.reported.add(measurement)

    def shown(self) -> Trial:
        """The trial with its measurements, thinned where there are very many."""
        return dataclasses.replace(self.trial, measurements=tuple(self.reported.kept))
