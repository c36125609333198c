"""Failed trials grouped by how they failed, and what of a log tells why."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from annotate.study.alike import likeness, said
from annotate.trial import FailureReason, Trial, TrialState

LOG = 6000  # characters of a log's end
_ESCAPE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|[^\S\n]*\r(?!\n)")
_TRACEBACK = "Traceback (most recent call last)"


@dataclass(frozen=True)
class Group:
    """Trials that failed alike, in order of number; `said` is the last line of the first one."""

    reason: str
    said: str
    numbers: tuple[int, ...]


def groups(trials: Sequence[Trial]) -> list[Group]:
    """The ways to fail, the most frequent first."""
    found: dict[tuple[FailureReason | None, str], list[Trial]] = {}
    for trial in trials:
        if trial.state is TrialState.FAILED:
            found.setdefault(likeness(trial), []).append(trial)
    listed = [
        Group(reason.value if reason else "failed", said(alike[0]), tuple(trial.number for trial in alike))
        for (reason, _), alike in found.items()
    ]
    return sorted(listed, key=lambda group: (-len(group.numbers), group.numbers[0]))


def tail(log: bytes) -> str:
    """What of a log tells why its trial failed: its last traceback, else its last lines."""
    text = _ESCAPE.sub("", log.decode(errors="replace")).rstrip()
    begins = text.rfind(_TRACEBACK)
    return (text[begins:] if begins >= 0 else "\n".join(text.splitlines()[-12:]))[-LOG:]
