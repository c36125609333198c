"""What a study is to make good: `--metric acc:max`, or else the number that the script reports.

>>> named_metric("latency_ms:min")
Objective(key='latency_ms', direction='minimize', name='latency_ms')

A name is the key in what the script reports; `default` and `metric` are the plain number. Without :max or
:min the name says which way is better, where it leaves no doubt.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from annotate.errors import UsageError
from annotate.study import infer_direction
from annotate.trial import PLAIN_NUMBER, Direction, Objective

_WORDS: dict[str, Direction] = {
    "max": "maximize", "maximize": "maximize", "min": "minimize", "minimize": "minimize",
}  # fmt: skip
_PLAIN = ("default", "metric")
LONGEST = 24  # characters of an expression that is shown as the metric's name


@dataclass(frozen=True)
class Goals:
    """`named` is empty where the user named no metric; `why` tells where the directions are from."""

    first: Objective
    why: str
    named: tuple[Objective, ...] = ()


def keys_of(reported: str | None) -> dict[str, str] | None:
    """The keys of a dictionary that is reported, each with the source of its value; None of anything else."""
    try:
        node = ast.parse((reported or "").strip(), mode="eval").body
    except SyntaxError:
        return None
    if not isinstance(node, ast.Dict):
        return None
    keys = [key.value if isinstance(key, ast.Constant) else None for key in node.keys]
    if not all(isinstance(key, str) for key in keys):
        return None
    return {str(key): ast.unparse(value) for key, value in zip(keys, node.values, strict=True)}


def goals(words: Sequence[str], *, direction: Direction | None, reported: str | None, shown: str) -> Goals:
    """What is to be made good. `reported` is the source of the script's final result, `shown` its name on screens.

    Raises UsageError.
    """
    keys = keys_of(reported)
    if keys is not None:
        _refuse_unreported(words, keys)
        reported = keys.get(PLAIN_NUMBER)
        shown = reported if reported is not None and len(reported) <= LONGEST else "metric"
    if not words:
        found, why = _plain_direction(direction, reported, shown)
        return Goals(Objective(PLAIN_NUMBER, found, shown), why)
    if direction is not None and len(words) > 1:
        raise UsageError(
            f"--{direction} says nothing of {len(words)} metrics", remedy=f"write {_example(words)}"
        )
    named = tuple(named_metric(word, direction, reported=reported, shown=shown) for word in words)
    twice = [each.name for at, each in enumerate(named) if each.key in {other.key for other in named[:at]}]
    if twice:
        raise UsageError(f"--metric {twice[0]} is given twice", remedy="name each metric once")
    return Goals(named[0], "--metric", named)


def named_metric(
    word: str, direction: Direction | None = None, *, reported: str | None = None, shown: str = "metric"
) -> Objective:
    """The metric of NAME, NAME:max or NAME:min. Raises UsageError."""
    name, colon, way = word.strip().rpartition(":")
    if not colon:
        name, way = way, ""
    if not name or (colon and way not in _WORDS):
        raise UsageError(
            f"--metric {word} is not understood", remedy="write --metric acc:max or --metric loss:min"
        )
    if colon and direction not in (None, _WORDS[way]):
        raise UsageError(f"--metric {word} and --{direction} contradict each other", remedy="leave one out")
    key, name = (PLAIN_NUMBER, shown) if name in _PLAIN else (name, name)
    found = _WORDS.get(way) or direction or infer_direction(reported or "" if key == PLAIN_NUMBER else key)
    if found is None:
        raise UsageError(f"--metric {word}: which way is better?", remedy=f"write {word}:max or {word}:min")
    return Objective(key, found, name)


def _refuse_unreported(words: Sequence[str], keys: Mapping[str, str]) -> None:
    """What is asked for must be among the keys that the script reports."""
    if not words and PLAIN_NUMBER not in keys:
        first = next(iter(keys), "acc")
        raise UsageError(
            f"the script reports {', '.join(keys)}, and no {PLAIN_NUMBER}",
            remedy=f"say which counts: --metric {first}",
        )
    for word in words:
        name = word.partition(":")[0].strip()
        key = PLAIN_NUMBER if name in _PLAIN and name not in keys else name
        if key not in keys:
            near = difflib.get_close_matches(name, keys, 1)
            remedy = f"did you mean {near[0]}?" if near else f"it reports {', '.join(keys)}"
            raise UsageError(f"--metric {word}: the script reports no {name}", remedy=remedy)


def _plain_direction(given: Direction | None, metric: str | None, shown: str) -> tuple[Direction, str]:
    """The direction and why it is that one."""
    if given is not None:
        return given, f"--{given}"
    inferred = infer_direction(metric) if metric else None
    if inferred is not None:
        return (
            inferred,
            f"read off the metric's name, {shown if infer_direction(shown) == inferred else metric}",
        )
    return "maximize", "the default"


def _example(words: Sequence[str]) -> str:
    return " ".join(
        f"--metric {word.partition(':')[0]}:{'max' if at == 0 else 'min'}" for at, word in enumerate(words)
    )
