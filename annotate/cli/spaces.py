"""A search space that does not stand in the source: from a file, or from `--param` on the command line.

>>> parameter("lr=loguniform(1e-4, 1e-1)")
('lr', LogUniform(low=0.0001, high=0.1))

A parameter is handed to the script as an option, `--lr 0.003`; so someone else's script is tuned unread.
"""

from __future__ import annotations

import ast
import difflib
import json
import os
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from annotate.annotations.api import begins_experiments, imported
from annotate.annotations.calls import Refusal, read_call
from annotate.annotations.samplers import SAMPLERS, read_sampler
from annotate.documents import from_yaml
from annotate.errors import SpaceError, UsageError
from annotate_tuners.errors import InvalidSpace
from annotate_tuners.space import SearchSpace

if TYPE_CHECKING:
    from annotate.sources import Closure
    from annotate_tuners.space import Distribution


@dataclass(frozen=True)
class Tuned:
    """The space of a study. `flags` maps a key to the option that carries its value to the script.

    `notes` are lines for the user, on a file that means less than it says.
    """

    space: SearchSpace
    flags: Mapping[str, str]
    notes: tuple[str, ...] = ()


def tuned(closure: Closure, *, given: str | None, params: Sequence[str]) -> Tuned:
    """What is to be tuned: the annotations, or what `--space` says in their place, and every `--param`. Raises SpaceError."""
    notes: list[str] = []
    space = closure.space if given is None else _asked_for(read_space(given, notes.append), given, closure)
    extra = dict(parameter(text) for text in params)
    if len(extra) < len(params):
        raise UsageError("a --param is given twice", remedy="give each name once")
    for name in extra.keys() & set(space):
        raise UsageError(f"--param {name}: the search space has that name already", remedy="leave one out")
    whole = SearchSpace({**space, **extra})
    if not whole:
        if begins_experiments(closure.script.read_bytes()):
            raise SpaceError(
                f"{closure.script.name} begins an experiment of NNI's, and is no trial",
                remedy=f"annotate nnictl create --config {os.path.relpath(closure.script)}",
            )
        raise SpaceError(
            f"{closure.script.name} and what it imports carry no annotation, so there is nothing to tune",
            remedy="write one beside a value, e.g. lr = 0.1  # @nni.loguniform(1e-4, 1e-1), or give "
            "--param lr=loguniform(1e-4,1e-1), which passes --lr VALUE to the script; a script that asks "
            "nni.get_next_parameter() has its space in a file: --space search_space.json",
        )
    flags = {name: f"--{name}" if len(name) > 1 else f"-{name}" for name in extra}
    return Tuned(whole, flags, tuple(notes))


def parameter(text: str) -> tuple[str, Distribution]:
    """The name and the distribution of `NAME=SAMPLER(...)`. Raises UsageError."""
    name, equals, sampler = text.partition("=")
    name = name.strip().lstrip("-")
    kind = sampler.partition("(")[0].strip().removeprefix("nni.")
    if not equals or not re.fullmatch(r"[\w.-]+", name):
        raise UsageError(
            f"--param {text!r} is not understood", remedy="write --param 'lr=loguniform(1e-4, 1e-1)'"
        )
    if kind not in SAMPLERS:
        near = difflib.get_close_matches(kind, SAMPLERS, 1)
        remedy = f"did you mean {near[0]}?" if near else f"there are {', '.join(SAMPLERS)}"
        raise UsageError(f"--param {name}: there is no sampler {kind!r}", remedy=remedy)
    try:
        call = read_call(f"@nni.{sampler.strip().removeprefix('nni.')}")
        if any(isinstance(each, ast.Starred) for each in call.node.args) or call.node.keywords:
            raise UsageError(f"--param {name}: {sampler} takes plain values", remedy=f"write {kind}(a, b)")
        return name, read_sampler(call, call.node, kind, call.node.args).distribution
    except Refusal as refusal:
        raise UsageError(f"--param {name}: {refusal.cause}", remedy=refusal.remedy) from refusal


def read_space(given: str, warn: Callable[[str], None] = lambda _: None) -> SearchSpace:
    """The space of a file in NNI's format, JSON or YAML, or of the JSON itself. Raises UsageError, SpaceError.

    `warn` is told what stands in it in vain.
    """
    called = _called(given)

    def said(text: str) -> None:
        warn(f"{called}: {text}")

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        for key in [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]:
            said(f"{key} stands twice; the last counts")
        return dict(pairs)

    try:
        text = given if _is_inline(given) else Path(given).read_text(encoding="utf-8")
        if called.endswith((".yml", ".yaml")):
            document = from_yaml(text)
        else:
            document = json.loads(text, object_pairs_hook=once)
        return SearchSpace.from_json(document, said)
    except OSError as error:
        raise UsageError(
            f"{called} cannot be read: {error.strerror}", remedy="name a file: --space search_space.json"
        ) from error
    except InvalidSpace as error:
        raise SpaceError(f"{called}: {error}") from error
    except ValueError as error:
        raise SpaceError(
            f"{called} is not a search space: {error}", remedy="it is JSON or YAML in NNI's format"
        ) from error


def _is_inline(given: str) -> bool:
    return given.lstrip().startswith("{")


def _called(given: str) -> str:
    """What a space is called in messages."""
    return "--space" if _is_inline(given) or not given else given


def _asked_for(space: SearchSpace, given: str, closure: Closure) -> SearchSpace:
    """The space of a file, held against the source."""
    unknown = [key for key in space if key not in closure.space]
    if unknown and not any(imported(file.data) for file in closure.files):
        near = difflib.get_close_matches(unknown[0], list(closure.space), 1)
        if near:
            remedy = f"did you mean {near[0]!r}?"
        elif closure.space:
            remedy = "`annotate extract-space` prints the keys that it has"
        else:
            remedy = (
                "where a package that it imports does, say so in it: import nni; "
                f"--param '{unknown[0]}=...' passes the value as an option"
            )
        raise SpaceError(
            f"{_called(given)}: nothing in {closure.script.name} asks for {unknown[0]!r}", remedy=remedy
        )
    return space
