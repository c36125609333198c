"""What nnictl's words are called here.

>>> called_here(["update", "trialnum", "--value", "40"])
('nnictl update trialnum', 'annotate update --trials N')
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from annotate.errors import UsageError

CALLED = {
    "create": "annotate nnictl create --config config.yml",
    "resume": "annotate resume STUDY",
    "view": "annotate report --open",
    "stop": "annotate stop",
    "update trialnum": "annotate update --trials N",
    "update concurrency": "annotate update --jobs N",
    "update duration": "annotate update --max-duration TIME",
    "update searchspace": "a new study that learns from this one: annotate run SCRIPT --space FILE --from STUDY",
    "trial ls": "annotate top",
    "trial kill": "annotate kill TRIAL",
    "trial codegen": "annotate checkout TRIAL -o DIR",
    "experiment show": "annotate show",
    "experiment status": "annotate show",
    "experiment list": "annotate ls",
    "experiment delete": "annotate rm STUDY",
    "experiment export": "annotate export",
    "experiment import": "annotate import FILE, then annotate run SCRIPT --from STUDY",
    "experiment save": "a study is a directory of its own below .annotate/: copy it",
    "experiment load": "a study is a directory of its own below .annotate/: copy it back",
    "config show": "annotate show",
    "webui url": "annotate report --open",
    "log stdout": "annotate log TRIAL",
    "log stderr": "annotate log TRIAL",
    "log trial": "annotate log TRIAL",
    "top": "annotate ls",
    "ss_gen": "annotate extract-space SCRIPT",
    "algo list": "annotate run --help",
    "algo show": "annotate run --help",
    "algo register": "a class of your own needs none: --tuner FILE.py:CLASS",
}
"""Ours for each of nnictl's."""


def called_here(words: Sequence[str]) -> tuple[str, str]:
    """The command that these words name, and what it is called here. Raises UsageError."""
    for count in (2, 1):
        name = " ".join(words[:count])
        if name in CALLED:
            return f"nnictl {name}", CALLED[name]
    said = " ".join(words[:2])
    near = difflib.get_close_matches(said, CALLED, 1) or [
        each for each in CALLED if words and each.startswith(f"{words[0]} ")
    ]
    remedy = f"did you mean nnictl {near[0]}?" if near else "nnictl create --config config.yml begins a study"
    raise UsageError(f"nnictl has no command {said!r}", remedy=remedy)
