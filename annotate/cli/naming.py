"""An algorithm and its arguments as words on a command line.

>>> named("Hyperband:R=60,eta=3", known_tuner)
('hyperband', {'R': 60, 'eta': 3})
>>> named("tuners/mine.py:Mine:width=2", known_tuner)
('tuners/mine.py:Mine', {'width': 2})
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator

from annotate.errors import UsageError
from annotate.trial import Json
from annotate_tuners.errors import UnknownName

_OPENING, _CLOSING = "([{", ")]}"


def named(text: str, known: Callable[[str], str]) -> tuple[str, dict[str, Json]]:
    """NAME, FILE.py:CLASS, optuna:SAMPLER or optunahub:PACKAGE; behind one more colon KEY=VALUE,KEY=VALUE.

    A value that is no JSON is a string. `known` gives the name as we have it. Raises UsageError.
    """
    name, _, rest = text.partition(":")
    if name.endswith(".py") or name.casefold() in ("optuna", "optunahub"):
        word, _, rest = rest.partition(":")
        name = f"{name}:{word}"
    arguments = {}
    for part in filter(None, parts(rest)):
        key, equals, value = part.partition("=")
        if not equals or not key.strip().isidentifier():
            raise UsageError(f"{text!r} is not understood", remedy=f"write {name}:key=value,key=value")
        try:
            arguments[key.strip()] = json.loads(value)
        except ValueError:
            arguments[key.strip()] = value
    try:
        return known(name), arguments
    except UnknownName as error:
        message, _, remedy = str(error).partition("; ")
        raise UsageError(message, remedy=remedy) from error


def parts(text: str) -> Iterator[str]:
    """The text split at its commas, but for those within brackets and quotes."""
    start = depth = 0
    quote = ""
    for at, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in _OPENING:
            depth += 1
        elif character in _CLOSING:
            depth -= 1
        elif character == "," and depth == 0:
            yield text[start:at]
            start = at + 1
    yield text[start:]


def command_line() -> str:
    """What the user typed, for whoever asks who runs the study."""
    return " ".join(["annotate", *sys.argv[1:]])
