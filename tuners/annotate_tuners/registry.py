"""Every tuner by name, whatever its case, and its class arguments checked.

>>> make("TPE", space, direction="maximize", seed=0).suggest(0)  # doctest: +SKIP
{'lr': 0.003}
"""

from __future__ import annotations

import difflib
import inspect
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from annotate_tuners.dimensions import Dimensions
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


_ENTRIES = {
    entry.name: entry
    for entry in (
        Entry("tpe", "tpe:Tpe"),
        Entry("random", "random_search:RandomSearch"),
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
    entry = _ENTRIES.get(name.casefold())
    if entry is None:
        near = difflib.get_close_matches(name.casefold(), _ENTRIES, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(names())}"
        raise UnknownName(f"there is no tuner {name!r}; {hint}")
    module, _, class_name = entry.target.partition(":")
    algorithm_class = getattr(import_module(f"annotate_tuners.{module}"), class_name)
    try:
        inspect.signature(algorithm_class).bind(None, **class_args)
    except TypeError as error:
        raise InvalidArguments(f"{entry.name}: {error}") from error
    algorithm = algorithm_class(Dimensions.of(space), **class_args)
    return Searcher(space, algorithm, direction=direction, seed=seed, constraint=constraint, repeats=repeats)
