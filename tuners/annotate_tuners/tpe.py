"""Tree-structured Parzen estimator: hyperopt's estimators, driven with care.

- The first `startup` points fill the space evenly and are made here; hyperopt is imported meanwhile.
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
from annotate_tuners.loading import import_soon
from annotate_tuners.lookup import refuse_unknown
from annotate_tuners.quasi_random import even_point
from annotate_tuners.random_search import RandomSearch

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator, Mapping
    from typing import TypeAlias

    from annotate_tuners.dimensions import Dimensions, Point
    from annotate_tuners.shares import Rows

    _Run: TypeAlias = tuple[float, int, Point]  # loss, number, point

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
            if 2 * len(history) >= self._startup:
                import_soon("annotate_tuners.parzen")
            yield Proposal(even_point(self._dimensions, number, history.seed))
            yield from RandomSearch(self._dimensions).propose(history, number, rng)
        import numpy as np  # noqa: PLC0415 - hyperopt takes a second or two, begun when half of them are made

        from annotate_tuners.joint import log_density  # noqa: PLC0415
        from annotate_tuners.parzen import Habits, proposals  # noqa: PLC0415
        from annotate_tuners.shares import Rows  # noqa: PLC0415

        rows = self._rows = self._rows or Rows(self._dimensions)
        best, rest = self._split(history)
        known = rows.remembered([*best, *rest])
        good, bad = known[: len(best)], known[len(best) :]
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
        ranked, finished = history.ranked, history.finished
        pending: list[_Run] = []
        if self._liar is not None:
            lie = _LIARS[self._liar](outcome.loss for outcome in ranked if outcome.loss is not None)
            pending = [(lie, number, proposal.point) for number, proposal in history.pending.items()]
        count = (
            min(MOST, math.ceil(self._good * len(finished)))
            if self._gamma is None
            else min(self._forgetting, math.ceil(self._gamma * math.sqrt(len(finished) + len(pending))))
        )
        best = [(o.loss, o.number, o.point) for o in ranked[:count] if o.loss is not None]
        good = [run for run in sorted([*best, *pending], key=_rank)[:count] if run[0] < math.inf]
        taken = {number for _, number, _ in good}
        late = finished[-(REMEMBERED + count) :]
        bad = [(o.number, o.point) for o in late if o.number not in taken][-REMEMBERED:]
        bad += [(number, point) for _, number, point in pending if number not in taken]
        good.sort(key=lambda run: run[1])
        bad.sort(key=lambda run: run[0])
        return [point for _, _, point in good], [point for _, point in bad]


def _rank(run: _Run) -> tuple[float, int]:
    loss, number, _ = run
    return loss, number
