"""Evolution: change one parameter of a good trial.

`Evolution`: the population is the best `population_size` trials; the better of two drawn by chance is
changed. After Real et al., Large-Scale Evolution of Image Classifiers, ICML 2017, and NNI's naive
evolution. `RegularizedEvolution`: the population is the latest `population_size` trials, so that a
lucky one dies of age; the best of `sample_size` drawn by chance is changed. Real et al., Regularized
Evolution for Image Classifier Architecture Search, AAAI 2019.

Both begin with as many random points as the population holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from annotate_tuners.algorithm import History, Outcome, Proposal
from annotate_tuners.errors import InvalidArguments
from annotate_tuners.random_search import RandomSearch

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Sequence

    from annotate_tuners.dimensions import Dimensions, Point


class Evolution:
    """The best survive."""

    def __init__(self, dimensions: Dimensions, *, population_size: int = 32) -> None:
        _at_least("population_size", population_size, 2)
        self._dimensions = dimensions
        self._size = population_size

    def propose(self, history: History, number: int, rng: random.Random) -> Iterator[Proposal]:
        population = history.ranked[: self._size]
        if len(history) < self._size or not population:
            yield from RandomSearch(self._dimensions).propose(history, number, rng)
        while True:
            yield Proposal(mutated(self._dimensions, _tournament(population, 2, rng), rng))


class RegularizedEvolution:
    """The young survive."""

    def __init__(self, dimensions: Dimensions, *, population_size: int = 20, sample_size: int = 5) -> None:
        _at_least("population_size", population_size, 2)
        _at_least("sample_size", sample_size, 1)
        self._dimensions = dimensions
        self._size = population_size
        self._sample = sample_size

    def propose(self, history: History, number: int, rng: random.Random) -> Iterator[Proposal]:
        population = sorted(history.ranked, key=lambda outcome: outcome.number)[-self._size :]
        if len(history) < self._size or not population:
            yield from RandomSearch(self._dimensions).propose(history, number, rng)
        while True:
            yield Proposal(mutated(self._dimensions, _tournament(population, self._sample, rng), rng))


def mutated(dimensions: Dimensions, parent: Point, rng: random.Random) -> Point:
    """`parent` with one active dimension drawn anew, and whatever that makes active."""
    active = [dimension.name for dimension in dimensions if dimension.name in parent]
    changed = rng.choice(active) if active else None
    child: dict[str, int | float] = {}
    for dimension in dimensions:
        if dimension.active(child):
            inherited = dimension.name in parent and dimension.name != changed
            child[dimension.name] = parent[dimension.name] if inherited else dimension.at(rng.random())
    return child


def _tournament(population: Sequence[Outcome], size: int, rng: random.Random) -> Point:
    drawn = rng.sample(range(len(population)), min(size, len(population)))
    return min((population[i] for i in drawn), key=lambda o: (o.loss, o.number)).point


def _at_least(name: str, value: int, least: int) -> None:
    if value < least:
        raise InvalidArguments(f"{name} is at least {least}, not {value}")
