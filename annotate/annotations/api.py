"""Whether a source imports NNI's API, or MLhub's: on a line of its own or beside others.

>>> imported(b"import os, nni"), imported(b"from nni import report_final_result"), imported(b"import nnipy")
({b'nni'}, {b'nni'}, set())

Looked for in the text, as a file may be one that Python cannot read yet.
"""

from __future__ import annotations

import re

_IMPORT = re.compile(
    rb"^[ \t]*(?:from[ \t]+|import[ \t]+(?:[\w.]+(?:[ \t]+as[ \t]+\w+)?[ \t]*,[ \t]*)*)(nni|dlkit_utils)\b",
    re.MULTILINE,
)
_BEGINS = re.compile(
    rb"^[ \t]*(?:from|import)[ \t]+nni(?:\.experiment\b|[ \t]+import\b.*\bExperiment\b)", re.MULTILINE
)


def imported(source: bytes) -> set[bytes]:
    """Which of `nni` and `dlkit_utils` a source imports."""
    return set(_IMPORT.findall(source))


def begins_experiments(source: bytes) -> bool:
    """Whether a source imports what begins experiments of NNI's: `nni.experiment`, or `Experiment` from `nni`."""
    return _BEGINS.search(source) is not None
