"""An algorithm and its arguments as words on a command line.

>>> named("Hyperband:R=60,eta=3", known_tuner)
('hyperband', {'R': 60, 'eta': 3})
>>> named("tuners/mine.py:Mine:width=2", known_tuner)
('tuners/mine.py:Mine', {'width': 2})
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

from annotate.errors import UsageError
from annotate.trial import Json
from annotate_tuners.errors import UnknownName


def named(text: str, known: Callable[[str], str]) -> tuple[str, dict[str, Json]]:
    """NAME, FILE.py:CLASS, optuna:SAMPLER or optunahub:PACKAGE; behind one more colon KEY=VALUE,KEY=VALUE.

    A value that is no JSON is a string. `known` gives the name as we have it. Raises UsageError.
    """
    name, _, rest = text.partition(":")
    if name.endswith(".py") or name.casefold() in ("optuna", "optunahub"):
        word, _, rest = rest.partition(":")
        name = f"{name}:{word}"
    arguments = {}
    for part in filter(None, rest.split(",")):
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


def command_line() -> str:
    """What the user typed, for whoever asks who runs the study."""
    return " ".join(["annotate", *sys.argv[1:]])
