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
from annotate.trial import PLAIN_NUMBER, Measurement, Trial


@dataclass
class Live:
    """One running trial.

    `began` is the loop's monotonic time; `cause` is set when we end it, and `grace` to the seconds it then
    has; `over` once its process has ended. `keys` are the study's metrics in what is reported, `curve` is
    every intermediate result of the first one, `finals` how often a final one was reported. `lacking` says what
    the result has not, "" for nothing.
    """

    trial: Trial
    lease: Lease
    began: float
    keys: tuple[str, ...] = (PLAIN_NUMBER,)
    launching: asyncio.Task[None] | None = None
    process: Process | None = None
    over: bool = False
    cause: Cause | None = None
    cause_text: str = ""
    grace: float = math.inf
    finals: int = 0
    final: float | None = None
    final_further: tuple[float, ...] = ()
    last: float | None = None
    last_further: tuple[float, ...] = ()
    lacking: str = ""
    curve: array[float] = field(default_factory=lambda: array("d"))
    reads: set[str] = field(default_factory=set)
    oom_kills: int = 0
    reported: Thinned = field(default_factory=Thinned)
    _whole: bool = False  # a result was reported that has every metric, or the final one

    def add(self, measurement: Measurement) -> None:
        """Take in one report."""
        values = measurement.values
        first, further = (
            values.get(self.keys[0]),
            tuple(values[key] for key in self.keys[1:] if key in values),
        )
        whole = first is not None and len(further) == len(self.keys) - 1
        if measurement.final:
            self.finals += 1
            self.final, self.final_further = (first, further) if whole else (None, ())
        elif first is not None:
            self.curve.append(first)
            if whole or not self._whole:
                self.last, self.last_further = first, further if whole else ()
        if measurement.final or not self._whole:
            self.lacking = "" if whole else _lacking(self.keys, measurement)
        self._whole = self._whole or whole or measurement.final
        self.reported.add(measurement)

    def shown(self) -> Trial:
        """The trial with its measurements, thinned where there are very many."""
        return dataclasses.replace(self.trial, measurements=tuple(self.reported.kept))


def _lacking(keys: tuple[str, ...], measurement: Measurement) -> str:
    """`its final result has no latency_ms; it has acc, loss`."""
    missing = " and no ".join(key for key in keys if key not in measurement.values)
    which = "final" if measurement.final else "last"
    text = f"its {which} result has no {missing}; it has {', '.join(measurement.values)}"
    return f"{text}: --metric names the one that counts" if keys == (PLAIN_NUMBER,) else text
