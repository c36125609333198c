"""An algorithm and its arguments as words on a command line.

>>> named("hyperband:R=60,eta=3")
('hyperband', {'R': 60, 'eta': 3})
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from annotate.errors import UsageError
from annotate.trial import Json
from annotate_tuners.errors import UnknownName
from annotate_tuners.lookup import nearest


def named(text: str) -> tuple[str, dict[str, Json]]:
    """NAME or NAME:KEY=VALUE,KEY=VALUE; a value that is no JSON is a string. Raises UsageError."""
    name, _, rest = text.partition(":")
    arguments = {}
    for part in filter(None, rest.split(",")):
        key, equals, value = part.partition("=")
        if not equals or not key.strip().isidentifier():
            raise UsageError(f"{text!r} is not understood", remedy=f"write {name}:key=value,key=value")
        try:
            arguments[key.strip()] = json.loads(value)
        except ValueError:
            arguments[key.strip()] = value
    return name, arguments


def command_line() -> str:
    """What the user typed, for whoever asks who runs the study."""
    return " ".join(["annotate", *sys.argv[1:]])


def known(what: str, name: str, names: Sequence[str]) -> str:
    """The name as we have it, whatever case and form it was written in. Raises UsageError with the nearest one."""
    try:
        return nearest(what, name, {each: each for each in names})
    except UnknownName as error:
        message, _, remedy = str(error).partition("; ")
        raise UsageError(message, remedy=remedy) from error
