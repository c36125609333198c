"""Which failed trials failed alike: for the same reason, with the same last line of what they said.

Numbers in that line tell trials apart, not failures: `Tried to allocate 1.24 GiB` and `2.48 GiB` are alike, and so
are `unrecognized arguments: --rate 0.1` and `--rate 0.2`.
"""

from __future__ import annotations

import re

from annotate.trial import FailureReason, Trial

_NUMBER = re.compile(r"0x[0-9a-f]+|\d+(?:\.\d+)?(?:e[-+]?\d+)?", re.IGNORECASE)


def said(trial: Trial) -> str:
    """The last line of a trial's message."""
    lines = [line.strip() for line in (trial.message or "").splitlines() if line.strip()]
    return lines[-1] if lines else ""


def likeness(trial: Trial) -> tuple[FailureReason | None, str]:
    """The same for trials that failed alike."""
    return trial.reason, _NUMBER.sub("#", said(trial))
