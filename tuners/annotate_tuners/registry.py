"""Every tuner by name, whatever its case, and its class arguments checked.

>>> make("TPE", space, direction="maximize", seed=0).suggest(0)  # doctest: +SKIP
{'lr': 0.003}
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from annotate_tuners.lookup import checked, load, nearest
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
        Entry("bohb", "budgets:Bohb"),
        Entry("evolution", "evolution:Evolution"),
        Entry("grid", "grid:Grid"),
        Entry("hyperband", "budgets:Hyperband"),
        Entry("pbt", "pbt:Pbt"),
        Entry("qmc", "quasi_random:QuasiRandom"),
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
    entry = nearest("tuner", name, _ENTRIES)
    dimensions = load(entry.dimensions).of(space)
    algorithm = checked(name, load(entry.target), dimensions, **class_args)
    return Searcher(
        dimensions, algorithm, direction=direction, seed=seed, constraint=constraint, repeats=repeats
    )
