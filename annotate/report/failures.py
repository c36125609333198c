"""Failed trials grouped by how they failed: the reason, and the last line of what they said.

Numbers in that line tell trials apart, not failures: `Tried to allocate 1.24 GiB` and `2.48 GiB` are one group.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from annotate.trial import Trial, TrialState

LOG = 6000  # characters of a log's end
_NUMBER = re.compile(r"0x[0-9a-f]+|\d+(?:\.\d+)?(?:e[-+]?\d+)?", re.IGNORECASE)
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
    found: dict[tuple[str, str], list[Trial]] = {}
    for trial in trials:
        if trial.state is TrialState.FAILED:
            reason = trial.reason.value if trial.reason else "failed"
            found.setdefault((reason, _NUMBER.sub("#", said(trial))), []).append(trial)
    listed = [
        Group(reason, said(alike[0]), tuple(trial.number for trial in alike))
        for (reason, _), alike in found.items()
    ]
    return sorted(listed, key=lambda group: (-len(group.numbers), group.numbers[0]))


def said(trial: Trial) -> str:
    """The last line of a trial's message."""
    lines = [line.strip() for line in (trial.message or "").splitlines() if line.strip()]
    return lines[-1] if lines else ""


def tail(log: bytes) -> str:
    """What of a log tells why its trial failed: its last traceback, else its last lines."""
    text = _ESCAPE.sub("", log.decode(errors="replace")).rstrip()
    begins = text.rfind(_TRACEBACK)
    return (text[begins:] if begins >= 0 else "\n".join(text.splitlines()[-12:]))[-LOG:]
