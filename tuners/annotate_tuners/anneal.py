"""Annealing, hyperopt's: a draw near one of the best trials, nearer the more there are.

Only the best `MANY` trials are looked at: it never goes near another. The first point is random.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from annotate_tuners.algorithm import History, Proposal
from annotate_tuners.loading import import_soon
from annotate_tuners.random_search import RandomSearch

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from annotate_tuners.dimensions import Dimensions
    from annotate_tuners.hyperopt_space import Bridge

MANY = 500


class Anneal:
    """`shrink` is how fast the neighbourhood narrows, `best` the mean rank of the trial it lies around."""

    def __init__(self, dimensions: Dimensions, *, shrink: float = 0.1, best: float = 2.0) -> None:
        self._dimensions = dimensions
        self._shrink = shrink
        self._best = best
        self._bridge: Bridge | None = None

    def propose(self, history: History, number: int, rng: random.Random) -> Iterator[Proposal]:
        if not history.ranked:
            import_soon("hyperopt.anneal")
            yield from RandomSearch(self._dimensions).propose(history, number, rng)
        from hyperopt import anneal  # noqa: PLC0415 - a second or two, begun beside the first trial

        from annotate_tuners.hyperopt_space import Bridge  # noqa: PLC0415

        self._bridge = self._bridge or Bridge(self._dimensions)
        known = sorted(history.ranked[:MANY], key=lambda outcome: outcome.number)
        trials = self._bridge.trials(known)
        while True:
            (document,) = anneal.suggest(
                [len(known)],
                self._bridge.domain,
                trials,
                rng.randrange(2**31),
                avg_best_idx=self._best,
                shrink_coef=self._shrink,
            )
            yield Proposal(self._bridge.point(document))
