"""What happens in a study, told to whoever listens after it has been committed.

A listener is called on the study's own thread and must return at once; what it raises ends the study.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from annotate.trial import Measurement, Trial


@dataclass(frozen=True)
class TrialWaiting:
    """A queued trial has waited for its slot for a while; `why` says for what."""

    number: int
    why: str


@dataclass(frozen=True)
class TrialStarted:
    """A trial's process has begun."""

    trial: Trial


@dataclass(frozen=True)
class TrialReported:
    """A running trial reported; the measurements are those that are new."""

    number: int
    measurements: tuple[Measurement, ...]


@dataclass(frozen=True)
class TrialEnded:
    """A trial is in its last state. `traceback` is the end of its log where it raised, else "".

    Not that of a trial that was stopped: what it raised then is how it was stopped, and not why.
    """

    trial: Trial
    traceback: str = ""


@dataclass(frozen=True)
class TrialRetried:
    """A trial failed and is queued again with the same parameters; `failed` is what it was."""

    trial: Trial
    failed: Trial


@dataclass(frozen=True)
class Notice:
    """One line that the user should know."""

    text: str


@dataclass(frozen=True)
class StudyEnded:
    """The study runs no more. `how`: its budget is used up, the user stopped it, or it gave up.

    `why` is one sentence; `traceback` is that of the trials where the study gave up for it.
    """

    how: Literal["finished", "stopped", "gave-up"]
    why: str
    traceback: str = ""


StudyEvent: TypeAlias = (
    TrialWaiting | TrialStarted | TrialReported | TrialEnded | TrialRetried | Notice | StudyEnded
)


class Listener(Protocol):
    """Hears every event of a study, in order."""

    def __call__(self, event: StudyEvent, /) -> None: ...
