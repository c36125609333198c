"""What the user asked of a study, and may change while it runs.

>>> StudyOptions(trials=20, max_duration=parse_duration("2h")).max_duration
7200.0
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from annotate.errors import UsageError
from annotate.study.failures import OnFailure
from annotate.trial import Json

_NUMBER = r"\d*\.?\d+"
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


@dataclass(frozen=True)
class StudyOptions:
    """The budgets and habits of a study. Durations are seconds; None is without limit.

    `trials` counts trials that succeeded or were stopped early, the baseline among them; a failed one
    does not use it up. `jobs` is how many run at once. `at_deadline` says what becomes of running trials
    when `max_duration` is over. A point is run up to `repeats` times. `grace` is how long a trial may take to end after SIGTERM.
    """

    trials: int | None = 20
    jobs: int = 1
    max_duration: float | None = None
    at_deadline: Literal["finish", "stop"] = "stop"
    trial_timeout: float | None = None
    on_failure: OnFailure = field(default_factory=OnFailure)
    baseline: bool = True
    grace: float = 10.0
    repeats: int = 1

    def __post_init__(self) -> None:
        for name, least in (
            ("trials", 1),
            ("jobs", 1),
            ("max_duration", 0),
            ("trial_timeout", 0),
            ("grace", 0),
            ("repeats", 1),
        ):
            value = getattr(self, name)
            unlimited = value is None and name in UNLIMITED
            if not unlimited and not (value >= least and math.isfinite(value)):
                raise UsageError(f"--{name.replace('_', '-')} cannot be {value}")
        if self.at_deadline not in ("finish", "stop"):
            raise UsageError("--at-deadline is finish or stop")

    def changed(self, changes: Mapping[str, Json]) -> StudyOptions:
        """These options with some changed; refuses what cannot change while a study runs."""
        for name in changes:
            if name not in CHANGEABLE:
                raise UsageError(
                    f"{name} cannot be changed", remedy=f"there are {', '.join(sorted(CHANGEABLE))}"
                )
        try:
            return dataclasses.replace(self, **changes)
        except TypeError as error:
            raise UsageError(f"{dict(changes)} is not understood") from error

    def to_json(self) -> dict[str, Json]:
        """As the study's database keeps it."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Json]) -> StudyOptions:
        """Read what `to_json` wrote; what a later version added is left out."""
        known = {f.name for f in dataclasses.fields(cls)}
        given = {name: value for name, value in document.items() if name in known}
        if "on_failure" in given:
            given["on_failure"] = OnFailure(**given["on_failure"])
        return cls(**given)


UNLIMITED = frozenset({"trials", "max_duration", "trial_timeout"})
CHANGEABLE = UNLIMITED | {"jobs", "at_deadline"}


def parse_duration(text: str) -> float:
    """Seconds of "90s", "10m", "1h30m", "2.5h", ".5h" or "1d". Raises UsageError, also for a number without a unit."""
    written = text.strip().lower()
    if re.fullmatch(_NUMBER, written):
        raise UsageError(
            f"the duration {written} has no unit", remedy=f"write {written}s, {written}m or {written}h"
        )
    if not re.fullmatch(rf"(?:{_NUMBER}\s*[smhd]\s*)+", written):
        raise UsageError(f"{text!r} is not a duration", remedy="write 90s, 10m, 1h30m or 2d")
    return sum(
        float(number) * _UNITS[unit] for number, unit in re.findall(rf"({_NUMBER})\s*([smhd])", written)
    )
