"""Tree-structured Parzen estimator: hyperopt's estimators, driven with care.

- The first `startup` points fill the space evenly and are made here: nothing waits for hyperopt's import.
- The best `good` share of the finished trials are what the model of good points is made of.
- A pending trial, and one that failed, counts as a bad one, so that parallel trials keep apart.
- hyperopt models one dimension at a time: of `proposals` that it makes, the one is taken that is best as a
  whole (`annotate_tuners.joint`).
- Of the bad trials the latest `REMEMBERED` are looked at, so that a suggestion's cost does not grow for ever.

`benchmarks/bench_tuners.py` measures what these are worth. `tpe_args` are NNI's and mean what they mean there:
with its `gamma`, the good trials are the best `gamma * sqrt(n)`; `constant_liar_type` says what a pending trial
is taken to have come to.
"""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING, Any

from annotate_tuners.algorithm import History, Proposal
from annotate_tuners.errors import InvalidArguments
from annotate_tuners.lookup import refuse_unknown
from annotate_tuners.quasi_random import even_point
from annotate_tuners.random_search import RandomSearch

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator, Mapping

    from annotate_tuners.dimensions import Dimensions, Point
    from annotate_tuners.shares import Rows

MOST = 25  # good trials; hyperopt's own bound
REMEMBERED = 1000
_NNI = (
    "constant_liar_type",
    "gamma",
    "linear_forgetting",
    "n_ei_candidates",
    "n_startup_jobs",
    "prior_weight",
)
_LIARS: Mapping[str, Callable[[Iterator[float]], float]] = {
    "best": min,
    "mean": statistics.fmean,
    "worst": lambda _: math.inf,
}


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
        given = dict(tpe_args or {})
        refuse_unknown("tpe_args", given, _NNI)
        self._dimensions = dimensions
        self._startup = given.get("n_startup_jobs", startup)
        self._candidates = given.get("n_ei_candidates", candidates)
        self._good = good
        self._gamma = given.get("gamma")
        self._forgetting = given.get("linear_forgetting", MOST)
        self._prior_weight = given.get("prior_weight", 1.0)
        self._liar = given.get("constant_liar_type", "worst")
        self._proposals = proposals
        self._rows: Rows | None = None
        if self._candidates < 1 or proposals < 1 or not 0 < good < 1:
            raise InvalidArguments("tpe needs candidates >= 1, proposals >= 1 and 0 < good < 1")
        if (
            not self._prior_weight > 0
            or self._forgetting < 1
            or (self._gamma is not None and not self._gamma > 0)
        ):
            raise InvalidArguments("tpe_args need prior_weight > 0, linear_forgetting >= 1 and gamma > 0")
        if self._liar is not None and self._liar not in _LIARS:
            raise InvalidArguments(
                f"constant_liar_type is one of {', '.join(_LIARS)} or null, not {self._liar!r}"
            )

    def propose(self, history: History, number: int, rng: random.Random) -> Iterator[Proposal]:
        if len(history) < self._startup or not history.ranked:
            yield Proposal(even_point(self._dimensions, number, history.seed))
            yield from RandomSearch(self._dimensions).propose(history, number, rng)
        import numpy as np  # noqa: PLC0415 - hyperopt takes two seconds, paid when the model is first needed

        from annotate_tuners.joint import log_density  # noqa: PLC0415
        from annotate_tuners.parzen import Habits, proposals  # noqa: PLC0415
        from annotate_tuners.shares import Rows  # noqa: PLC0415

        rows = self._rows = self._rows or Rows(self._dimensions)
        good, bad = (rows.of(points) for points in self._split(history))
        habits = Habits(self._candidates, self._prior_weight, self._forgetting)
        chance = np.random.default_rng(rng.randrange(2**31))
        while True:
            drawn = [
                rows.point(row)
                for row in proposals(
                    self._dimensions, good, bad, chance, count=self._proposals, habits=habits
                )
            ]
            whole = rows.of(drawn)
            gain = log_density(self._dimensions, good, whole) - log_density(self._dimensions, bad, whole)
            order = sorted(range(len(drawn)), key=lambda i: (-gain[i], i))
            yield from (Proposal(drawn[i]) for i in order[:2])

    def _split(self, history: History) -> tuple[list[Point], list[Point]]:
        """The points of good trials and of bad ones, each in order of number."""
        runs = [(math.inf if o.loss is None else o.loss, o.number, o.point) for o in history.finished]
        if self._liar is not None:
            lie = _LIARS[self._liar](loss for loss, _, _ in runs if loss < math.inf)
            runs += [(lie, number, proposal.point) for number, proposal in history.pending.items()]
        runs.sort(key=lambda run: run[:2])
        count = (
            min(MOST, math.ceil(self._good * len(history.finished)))
            if self._gamma is None
            else min(self._forgetting, math.ceil(self._gamma * math.sqrt(len(runs))))
        )
        good, bad = (sorted(part, key=lambda run: run[1]) for part in (runs[:count], runs[count:]))
        return [point for _, _, point in good], [point for _, _, point in bad[-REMEMBERED:]]
