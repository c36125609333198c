"""CMA-ES over the shares of all dimensions, by the `cmaes` package that Optuna's sampler uses.

The strategy is replayed from the history for each suggestion: finished trials in order of number are its
generations, whoever proposed them. A choice is a line cut into equal parts. Needs the extra `optuna`.

Hansen, The CMA Evolution Strategy: A Tutorial, 2016.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from annotate_tuners.algorithm import History, Proposal
from annotate_tuners.errors import InvalidArguments, MissingPackage
from annotate_tuners.random_search import RandomSearch

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from annotate_tuners.dimensions import Dimensions, Point


class Cmaes:
    """`sigma0` is the first step width as a share of each dimension."""

    def __init__(
        self, dimensions: Dimensions, *, sigma0: float = 0.25, population_size: int | None = None
    ) -> None:
        try:
            import cmaes  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise MissingPackage("cmaes is not installed; pip install 'annotate-trials[optuna]'") from error
        if not sigma0 > 0 or (population_size is not None and population_size < 2):
            raise InvalidArguments("cmaes needs sigma0 > 0 and population_size >= 2")
        self._package: Any = cmaes
        self._dimensions = dimensions
        self._sigma = sigma0
        self._population = population_size

    def propose(self, history: History, number: int, rng: random.Random) -> Iterator[Proposal]:
        if len(self._dimensions) < 2:  # CMA-ES has no meaning on a line
            yield from RandomSearch(self._dimensions).propose(history, number, rng)
        import numpy as np  # noqa: PLC0415 - cmaes brings it

        width = len(self._dimensions)
        strategy = self._package.CMA(
            mean=np.full(width, 0.5),
            sigma=self._sigma,
            bounds=np.array([[0.0, 1.0]] * width),
            seed=rng.randrange(2**31),
            population_size=self._population,
        )
        runs = [(np.array(self._shares(o.point)), o.loss) for o in history.finished if o.loss is not None]
        size = strategy.population_size
        for start in range(0, len(runs) - size + 1, size):
            generation = runs[start : start + size]
            if len({loss for _, loss in generation}) > 1:  # equal ones teach nothing
                strategy.tell(generation)
            if strategy.should_stop():
                break
        while True:
            shares = strategy.ask()
            yield Proposal(
                self._dimensions.build(
                    {d.name: min(float(u), 1 - 1e-12) for d, u in zip(self._dimensions, shares, strict=True)}
                )
            )

    def _shares(self, point: Point) -> list[float]:
        return [d.position(point[d.name]) if d.name in point else 0.5 for d in self._dimensions]
