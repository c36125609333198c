"""The protocol of a tuner: ask and tell, nothing else.

A tuner knows no process, file, clock or screen. Its state is a function of its constructor's
arguments and of the calls made on it, so a study is resumed by observing its history again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from annotate_tuners.space import Params


class SpaceExhausted(Exception):  # noqa: N818 - the word of the field, and no error
    """There is no point left that has not been suggested."""


@dataclass(frozen=True)
class Observation:
    """A finished trial as a tuner sees it.

    `value` is None for a trial that failed: the tuner learns that the point is bad, not how bad.
    `params` holds active parameters only; `inactive` names those that the trial was given and never
    read. `number` is the trial's own; one of another study has a number below zero. `curve` is its
    intermediate results in order of step. `values` are all metrics, where there are several. `given` is what
    the trial was given, read or not; it may be left out where all of it was read.
    """

    number: int
    params: Params
    value: float | None
    curve: tuple[float, ...] = ()
    inactive: tuple[str, ...] = ()
    values: tuple[float, ...] = ()
    given: Params = field(default_factory=dict)


class Tuner(Protocol):
    """Proposes points and learns from what became of them.

    The constructor takes `(space: SearchSpace, *, direction: "maximize" | "minimize", seed: int)`, and
    `directions`, in the order of `Observation.values`, where it knows several metrics.
    """

    def suggest(self, number: int) -> Params:
        """The point for trial `number`, which is pending until it is observed or forgotten.

        Raises SpaceExhausted. Values are plain Python values that JSON can carry, never numpy's.
        """

    def pending(self, number: int, params: Params) -> None:
        """Trial `number` runs these params, which this tuner did not suggest (baseline, resume)."""

    def observe(self, observation: Observation) -> None:
        """Learn a finished trial, pending or not: history from another run is observed the same way."""

    def forget(self, number: int) -> None:
        """Trial `number` was cancelled: it is no longer pending and teaches nothing."""


Direction = Literal["maximize", "minimize"]
