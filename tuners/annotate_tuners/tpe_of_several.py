"""tpe for several metrics: the good trials are those of the first fronts.

A trial's place is its front. Within a front of two metrics those come first that add most to the area that is
beaten, one after the other; of more metrics, where that grows expensive, those that have most room around them.
tpe then looks at places as it looks at losses. A trial that lacks a metric counts as a bad one.

Ozaki, Tanigaki, Watanabe, Nomura and Onishi, Multiobjective Tree-Structured Parzen Estimator, Journal of
Artificial Intelligence Research 73, 2022; the room around a trial is the crowding distance of NSGA-II.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from annotate_tuners.algorithm import History, Outcome, Proposal
from annotate_tuners.fronts import by_area, crowding, ranks
from annotate_tuners.outcomes import Outcomes
from annotate_tuners.tpe import MOST, Tpe

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Sequence

    from annotate_tuners.fronts import Losses

BEYOND = 0.1  # of the range of a loss, by which the corner of the area lies beyond the worst


class TpeOfSeveral(Tpe):
    """tpe over places instead of losses."""

    def propose(self, history: History, number: int, rng: random.Random) -> Iterator[Proposal]:
        places = Outcomes(placed(history.finished))
        return super().propose(dataclasses.replace(history, finished=places), number, rng)


def placed(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes with their places as their loss, 0 the best; in the order in which they were."""
    whole = [at for at, outcome in enumerate(outcomes) if outcome.losses]
    losses = [outcomes[at].losses for at in whole]
    corner = tuple(max(values) + BEYOND * (max(values) - min(values)) for values in zip(*losses, strict=True))
    fronts: dict[int, list[int]] = {}
    for at, rank in zip(whole, ranks(losses), strict=True):
        fronts.setdefault(rank, []).append(at)
    order: list[int] = []
    for _, front in sorted(fronts.items()):
        more = len(order) < MOST  # what comes later is bad, whatever its order
        order += (
            [front[place] for place in _order([outcomes[at].losses for at in front], corner)]
            if more
            else front
        )
    place = {at: float(index) for index, at in enumerate(order)}
    return [dataclasses.replace(outcome, loss=place.get(at)) for at, outcome in enumerate(outcomes)]


def _order(front: Sequence[Losses], corner: Losses) -> list[int]:
    """The places in a front, those first that say most of it."""
    if len(corner) == 2:
        first = by_area(front, corner, MOST)
        return [*first, *sorted(set(range(len(front))) - set(first))]
    room = crowding(front)
    return sorted(range(len(front)), key=lambda at: (-room[at], at))
