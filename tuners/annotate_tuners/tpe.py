"""Tree-structured Parzen estimator, hyperopt's, driven with care.

- The first `startup` points fill the space evenly and are made here: nothing waits for hyperopt's import.
- The best `good` share of the finished trials are what the model of good points is made of.
- A pending trial, and one that failed, counts as a bad one, so that parallel trials keep apart.
- hyperopt models one dimension at a time: of `proposals` that it makes, the one is taken that is best as a
  whole (`annotate_tuners.joint`). Fewer are made as the history grows, as each then takes longer.

`benchmarks/bench_tuners.py` measures what these are worth. Bergstra et al., Algorithms for
Hyper-Parameter Optimization, NeurIPS 2011. `tpe_args` are NNI's.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from annotate_tuners.algorithm import History, Proposal
from annotate_tuners.errors import InvalidArguments
from annotate_tuners.quasi_random import even_point
from annotate_tuners.random_search import RandomSearch

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Mapping

    from annotate_tuners.dimensions import Dimensions, Point
    from annotate_tuners.hyperopt_space import Bridge

LONG = 4000  # trials times proposals above which fewer proposals are made
MOST = 25  # good trials; hyperopt's own bound
_NNI = {"n_startup_jobs": "startup", "n_ei_candidates": "candidates"}
_NNI_IGNORED = {"constant_liar_type", "linear_forgetting", "prior_weight", "gamma"}


class Tpe:
    """`candidates` is how many draws hyperopt makes of each dimension for each proposal."""

    def __init__(
        self,
        dimensions: Dimensions,
        *,
        startup: int = 10,
        candidates: int = 2,
        good: float = 0.15,
        proposals: int = 8,
        tpe_args: Mapping[str, Any] | None = None,
    ) -> None:
        given = _from_nni(tpe_args or {})
        self._dimensions = dimensions
        self._startup = given.get("startup", startup)
        self._candidates = given.get("candidates", candidates)
        self._good = good
        self._proposals = proposals
        self._bridge: Bridge | None = None
        if self._candidates < 1 or proposals < 1 or not 0 < good < 1:
            raise InvalidArguments("tpe needs candidates >= 1, proposals >= 1 and 0 < good < 1")

    def propose(self, history: History, number: int, rng: random.Random) -> Iterator[Proposal]:
        if len(history) < self._startup or not history.ranked:
            yield Proposal(even_point(self._dimensions, number, history.seed))
            yield from RandomSearch(self._dimensions).propose(history, number, rng)
        from annotate_tuners.joint import log_density  # noqa: PLC0415 - numpy, paid when it is first needed

        ranked = [outcome.point for outcome in history.ranked]
        count = min(MOST, math.ceil(self._good * len(history.finished)))
        good = ranked[:count]
        bad = [*ranked[count:], *(proposal.point for proposal in history.pending.values())]
        drawn = self._hyperopt(history, count, rng)
        while True:
            wanted = min(self._proposals, max(1, LONG // len(history)))
            points = [next(drawn) for _ in range(wanted)]
            if wanted > 1:
                gain = log_density(self._dimensions, good, points) - log_density(
                    self._dimensions, bad, points
                )
                points = [points[i] for i in sorted(range(wanted), key=lambda i: (-gain[i], i))]
            yield from map(Proposal, points[:2])

    def _hyperopt(self, history: History, count: int, rng: random.Random) -> Iterator[Point]:
        """hyperopt's own suggestions, with `count` good trials."""
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
                gamma=(count - 0.5) / math.sqrt(len(history)),  # hyperopt takes ceil(gamma * sqrt(n))
                verbose=False,
            )
            yield self._bridge.point(document)


def _from_nni(tpe_args: Mapping[str, Any]) -> dict[str, Any]:
    unknown = sorted(tpe_args.keys() - _NNI.keys() - _NNI_IGNORED)
    if unknown:
        raise InvalidArguments(f"tpe_args does not take {', '.join(unknown)}")
    return {_NNI[name]: value for name, value in tpe_args.items() if name in _NNI}
