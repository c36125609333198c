"""The options that say how much a study may use: on `run`, and to change it on `resume` and `update`.

>>> changes(trials=40, max_duration="none")
{'trials': 40, 'max_duration': None}
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from annotate.trial import Json


class AtDeadline(str, enum.Enum):
    """What becomes of running trials when the study's time is over."""

    stop = "stop"
    finish = "finish"


TrialsOption = Annotated[
    int | None,
    typer.Option("--trials", "-n", min=1, help="How many trials in all, those that are done among them."),
]
JobsOption = Annotated[
    int | None, typer.Option("--jobs", "-j", min=1, help="How many trials at once from now on.")
]
MaxDurationOption = Annotated[
    str | None,
    typer.Option("--max-duration", help="Stop after so long in all, earlier sessions among it; or none."),
]
TrialTimeoutOption = Annotated[
    str | None, typer.Option("--trial-timeout", help="Stop a trial after, e.g. 10m, or none.")
]
AtDeadlineOption = Annotated[
    AtDeadline | None,
    typer.Option("--at-deadline", help="Whether running trials are stopped or finished when time is over."),
]


def changes(
    *,
    trials: int | None = None,
    jobs: int | None = None,
    max_duration: str | None = None,
    trial_timeout: str | None = None,
    at_deadline: AtDeadline | None = None,
) -> dict[str, Json]:
    """What is to be changed of `StudyOptions`; what was not given stays. Raises UsageError."""
    from annotate.study import parse_duration

    given = {
        "trials": trials,
        "jobs": jobs,
        "max_duration": max_duration,
        "trial_timeout": trial_timeout,
        "at_deadline": at_deadline and at_deadline.value,
    }
    asked: dict[str, Json] = {name: value for name, value in given.items() if value is not None}
    for name in {"max_duration", "trial_timeout"} & asked.keys():
        text = str(asked[name])
        asked[name] = None if text == "none" else parse_duration(text)
    return asked
