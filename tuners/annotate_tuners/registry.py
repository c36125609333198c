"""Every tuner by name, whatever its case, and its class arguments checked.

>>> make("TPE", space, direction="maximize", seed=0).suggest(0)  # doctest: +SKIP
{'lr': 0.003}
"""

from __future__ import annotations

import difflib
import inspect
import re
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from annotate_tuners.errors import InvalidArguments, UnknownName
from annotate_tuners.searcher import Constraint, Searcher

if TYPE_CHECKING:
    from annotate_tuners.space import SearchSpace
    from annotate_tuners.tuner import Direction, Tuner


@dataclass(frozen=True)
class Entry:
    """Where the algorithm of a name is: `module:Class`."""

    name: str
    target: str
    dimensions: str = "dimensions:Dimensions"


_ENTRIES = {
    entry.name: entry
    for entry in (
        Entry("anneal", "anneal:Anneal"),
        Entry("batch", "batch:Batch", "batch:Configurations"),
        Entry("evolution", "evolution:Evolution"),
        Entry("grid", "grid:Grid"),
        Entry("random", "random_search:RandomSearch"),
        Entry("regularizedevolution", "evolution:RegularizedEvolution"),
        Entry("tpe", "tpe:Tpe"),
    )
}


def names() -> tuple[str, ...]:
    """The names of all tuners, in alphabetical order."""
    return tuple(sorted(_ENTRIES))


def make(
    name: str,
    space: SearchSpace,
    *,
    direction: Direction,
    seed: int,
    constraint: Constraint | None = None,
    repeats: int = 1,
    **class_args: Any,
) -> Tuner:
    """The tuner of that name. Raises UnknownName, InvalidArguments, UnsatisfiableConstraint."""
    entry = _entry(name)
    algorithm_class = _load(entry.target)
    try:
        inspect.signature(algorithm_class).bind(None, **class_args)
    except TypeError as error:
        raise InvalidArguments(f"{entry.name}: {error}") from error
    dimensions = _load(entry.dimensions).of(space)
    algorithm = algorithm_class(dimensions, **class_args)
    return Searcher(
        dimensions, algorithm, direction=direction, seed=seed, constraint=constraint, repeats=repeats
    )


def _entry(name: str) -> Entry:
    plain = re.sub(r"[-_ ]|tuner$|search$|advisor$", "", name.casefold())
    entry = _ENTRIES.get(plain)
    if entry is None:
        near = difflib.get_close_matches(plain, _ENTRIES, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(names())}"
        raise UnknownName(f"there is no tuner {name!r}; {hint}")
    return entry


def _load(target: str) -> Any:
    module, _, name = target.partition(":")
    return getattr(import_module(f"annotate_tuners.{module}"), name)
