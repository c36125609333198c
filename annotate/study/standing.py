"""What only the host of a study knows of it: none of this is in the database.

>>> Standing(phase="paused").to_json()
{'phase': 'paused', 'waiting': {}, 'notices': [], 'elapsed': 0.0}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from annotate.trial import Json


@dataclass(frozen=True)
class Standing:
    """The fields are those of `StudySnapshot`."""

    phase: str = "running"
    waiting: Mapping[int, str] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    elapsed: float = 0.0  # the database has it as it was some seconds ago

    def to_json(self) -> dict[str, Json]:
        """As an answer of the host carries it."""
        return {
            "phase": self.phase,
            "waiting": dict(self.waiting),
            "notices": list(self.notices),
            "elapsed": self.elapsed,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Json]) -> Standing:
        """Read what `to_json` wrote and JSON carried. Raises TypeError or ValueError where it is something else."""
        phase, waiting, notices = (document.get(name) for name in ("phase", "waiting", "notices"))
        if not (isinstance(phase, str) and isinstance(waiting, dict) and isinstance(notices, list)):
            raise TypeError("no standing of a study")
        said = {int(number): str(why) for number, why in waiting.items()}
        return cls(phase, said, tuple(map(str, notices)), float(document.get("elapsed", 0.0)))
