"""Tree-structured Parzen estimator, hyperopt's, driven so that parallel trials do not repeat each other.

The first points are random and are drawn here, so that nothing waits for hyperopt's import. Later
every pending trial counts as a bad one, which keeps new points away from it.

Bergstra et al., Algorithms for Hyper-Parameter Optimization, NeurIPS 2011.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from annotate_tuners.algorithm import History, Proposal
from annotate_tuners.random_search import RandomSearch

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from annotate_tuners.dimensions import Dimensions
    from annotate_tuners.hyperopt_space import Bridge


class Tpe:
    """`startup` random points, then the best of `candidates` draws from the model of the good ones."""

    def __init__(
        self, dimensions: Dimensions, *, startup: int = 20, candidates: int = 24, gamma: float = 0.25
    ) -> None:
        self._dimensions = dimensions
        self._startup = startup
        self._candidates = candidates
        self._gamma = gamma
        self._bridge: Bridge | None = None

    def propose(self, history: History, number: int, rng: random.Random) -> Iterator[Proposal]:
        if len(history) < self._startup or not history.ranked:
            yield from RandomSearch(self._dimensions).propose(history, number, rng)
        from hyperopt import tpe  # noqa: PLC0415 - two seconds, paid when the model is first needed

        from annotate_tuners.hyperopt_space import Bridge  # noqa: PLC0415

        self._bridge = self._bridge or Bridge(self._dimensions)
        trials = self._bridge.trials(history)
        while True:
            (document,) = tpe.suggest(
                [len(history)],
                self._bridge.domain,
                trials,
                rng.randrange(2**31),
                n_startup_jobs=0,
                n_EI_candidates=self._candidates,
                gamma=self._gamma,
                verbose=False,
            )
            yield Proposal(self._bridge.point(document))
