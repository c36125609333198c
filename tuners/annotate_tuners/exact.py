"""When two JSON values are the same: by value and by type, so 1, 1.0, True and "1" are four.

>>> exact(1) == exact(1.0), exact({"a": 1, "b": 2}) == exact({"b": 2, "a": 1})
(False, True)
>>> number_in_parentheses("(-1)")
-1
"""

from __future__ import annotations

import json
import re
from typing import Any

_NEGATIVE = re.compile(r"\((-\s*(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\)")


def exact(value: Any) -> str:
    """A text that two JSON values share if and only if they are the same; tuples count as lists."""
    return json.dumps(value, sort_keys=True)


def number_in_parentheses(value: Any) -> int | float | None:
    """The number that NNI wrote as the text "(-1)", None where `value` is not such a text."""
    match = _NEGATIVE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    text = match[1].replace(" ", "")
    return int(text) if text[1:].isdigit() else float(text)
