"""What typer refuses in a command line, in our words: one sentence, and the fix.

annotate run train.py --epochs 3
error: `annotate run` has no option --epochs
  fix: your script's own options stand after --: annotate run train.py -- --epochs 3
"""

from __future__ import annotations

import difflib
import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from annotate.errors import UsageError

# typer carries its own copy of click or uses the installed one; BadParameter is the name it exports.
Refused: type[Any] = typer.BadParameter.__mro__[2]
"""The base of all that typer refuses."""


def usage_error(error: Any, argv: Sequence[str]) -> UsageError:
    """The refusal of `annotate *argv` as an error of ours."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else " ".join(["annotate", *argv[:1]])
    if type(error).__name__ == "NoSuchOption" and context is not None:
        return _no_option(error.option_name, context, argv)
    if context is not None and (unknown := re.match(r"No such command '(.*?)'", error.message or "")):
        return _no_command(unknown[1], context, argv)
    if (parameter := getattr(error, "param", None)) is not None and type(error).__name__ == "BadParameter":
        return _bad_value(error, parameter, command)
    message = error.format_message().strip().rstrip(".")
    return UsageError(_lower(message), remedy=f"`{command} --help` shows how it is written")


def _no_command(name: str, context: Any, argv: Sequence[str]) -> UsageError:
    near = difflib.get_close_matches(name, context.command.commands, 1)
    if Path(name).suffix in (".py", ".ipynb"):
        remedy = f"a script is tuned by `{shlex.join(['annotate', 'run', *argv])}`"
    elif near:
        remedy = f"did you mean `annotate {near[0]}`?"
    else:
        remedy = "`annotate --help` lists the commands"
    return UsageError(f"there is no command {name}", remedy=remedy)


def _bad_value(error: Any, parameter: Any, command: str) -> UsageError:
    """A value that an option or an argument does not take."""
    name = (
        parameter.opts[-1]
        if parameter.opts[-1].startswith("-")
        else parameter.metavar or parameter.name.upper()
    )
    name = next((option for option in parameter.opts if option.startswith("--")), name)
    message = str(error.message).strip().rstrip(".").removeprefix("Value error, ")
    if match := re.search(r"'(.*)' is not one of (.+)", message):
        given, choices = match[1], re.findall(r"'([^']+)'", match[2])
        near = difflib.get_close_matches(given.lower(), choices, 1)
        listed = f"there are {', '.join(choices)}"
        remedy = f"did you mean {near[0]}? {listed.capitalize()}" if near else listed
        return UsageError(f"{name} {given} is not known", remedy=remedy)
    for said, ours in _WORDINGS:
        if match := re.search(said, message):
            message = ours.format(*match.groups())
    return UsageError(f"{name}: {_lower(message)}", remedy=f"`{command} --help` shows how it is written")


_WORDINGS = (
    (r"valid int", "it is a whole number"),
    (r"valid (?:number|float)", "it is a number"),
    (r"(?:greater than or equal to |in the range x>=)(\S+)", "it is at least {}"),
    (r"(?:less than or equal to |in the range x<=)(\S+)", "it is at most {}"),
)
"""What typer says of numbers, and how we put it."""


def _no_option(option: str, context: Any, argv: Sequence[str]) -> UsageError:
    options = {
        name: parameter
        for parameter in context.command.params
        for name in parameter.opts + parameter.secondary_opts
    }
    near = difflib.get_close_matches(option, options, 1, cutoff=0.75)
    message = f"`{context.command_path}` has no option {option}"
    if near:
        return UsageError(message, remedy=f"did you mean {near[0]}?")
    if context.info_name != "run":
        return UsageError(message, remedy=f"`{context.command_path} --help` shows those that it has")
    return UsageError(
        message, remedy=f"your script's own options stand after --: {_separated(argv, options)}"
    )


def _separated(argv: Sequence[str], options: dict[str, Any]) -> str:
    """The command line with every option that is not ours behind `--`, each with the words that follow it."""
    ours, theirs = list[str](), list[str]()
    words = list(argv)
    if "--" in words:
        at = words.index("--")
        words, theirs_already = words[:at], words[at + 1 :]
    else:
        theirs_already = []
    target = ours
    awaited = False
    for word in words:
        if word.startswith("-") and not awaited:
            name = word.partition("=")[0]
            known = options.get(name)
            target = ours if known is not None else theirs
            awaited = known is not None and not known.is_flag and "=" not in word
            target.append(word)
        else:
            target.append(word)
            if awaited:
                awaited = False
    return shlex.join(["annotate", *ours, "--", *theirs, *theirs_already])


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:]
