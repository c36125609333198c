"""Comments that look like an annotation and are none: silence there costs a night of GPU time.

`# # @nni...`, `# '''@nni...'''` and `'''@XXnni...'''` are how people switch an annotation off, and are
left in peace.

>>> looks_like("# nni.variable(nni.uniform(0, 1), name=lr)")
True
>>> looks_like("# # @nni.variable(nni.uniform(0, 1), name=lr)")
False
"""

from __future__ import annotations

import difflib
import re

from annotate.annotations.calls import is_call
from annotate.annotations.directives import DIRECTIVES
from annotate.annotations.samplers import SAMPLERS, nearest

_WORDS = (*DIRECTIVES, *SAMPLERS)
_SHAPE = re.compile(
    r"#[ \t]*(?P<at>@?)[ \t]*(?P<nni>[A-Za-z]{2,5})[ \t]*[.,:_][ \t]*(?P<word>\w+)(?P<call>[ \t]*\()?"
)
_FURTHER_ON = re.compile(r"\w[^#'\"]*?@nni\.[ \t]*(?:" + "|".join(_WORDS) + r")[ \t]*\(")
_WITHOUT_NNI = re.compile(r"#[ \t]*@[ \t]*(?:" + "|".join(_WORDS) + r")[ \t]*\(")
_SUSPICIOUS = re.compile(rb"#[ \t]*@?[ \t]*[A-Za-z]{2,5}[ \t]*[.,:_][ \t]*\w+[ \t]*\(")
_NEAR_NNI = re.compile(rb"(?i)\bn*ni\b|\bnn\b")
_WITHOUT_NNI_IN_BYTES = re.compile(_WITHOUT_NNI.pattern.encode())


def suspicious(data: bytes) -> bool:
    """Whether the comments of a file are worth a look, told without reading it as Python.

    >>> suspicious(b"lr = 0.1  # @uniform(0, 1)")
    True
    """
    if _WITHOUT_NNI_IN_BYTES.search(data) is not None:
        return True
    return _SUSPICIOUS.search(data) is not None and _NEAR_NNI.search(data) is not None


def looks_like(comment: str) -> bool:
    """Whether a comment, from its `#` on, was probably meant as an annotation and is not one."""
    text = comment[1:].lstrip(" \t")
    if text.startswith("@nni."):
        return not is_call(text)
    if _FURTHER_ON.search(text) or _WITHOUT_NNI.match(comment):
        return True
    shape = _SHAPE.match(comment)
    if shape is None or not shape["call"]:
        return False
    prefix = shape["nni"].lower()
    if not shape["at"]:
        return prefix == "nni" and _known(shape["word"])
    return difflib.SequenceMatcher(None, "nni", prefix).ratio() >= 0.8 and _known(shape["word"])


def has_second(remark: str) -> bool:
    """Whether what follows an annotation on its line was probably meant as one more."""
    return re.search(r"@nni\.[ \t]*\w+[ \t]*\(", remark) is not None


def _known(word: str) -> bool:
    return nearest(word, _WORDS) is not None
