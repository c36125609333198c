"""tpe for several metrics: the good trials are those of the first fronts.

A trial's place is its front, and within a front those come first that have most room around them; tpe then
looks at places as it looks at losses. A trial that lacks a metric counts as a bad one.

Ozaki, Tanigaki, Watanabe, Nomura and Onishi, Multiobjective Tree-Structured Parzen Estimator, Journal of
Artificial Intelligence Research 73, 2022. They choose within the front that is cut by hypervolume, which grows
expensive with the metrics; here it is NSGA-II's crowding distance.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from annotate_tuners.algorithm import History, Outcome, Proposal
from annotate_tuners.fronts import crowding, ranks
from annotate_tuners.outcomes import Outcomes
from annotate_tuners.tpe import Tpe

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Sequence


class TpeOfSeveral(Tpe):
    """tpe over places instead of losses."""

    def propose(self, history: History, number: int, rng: random.Random) -> Iterator[Proposal]:
        places = Outcomes(placed(history.finished))
        return super().propose(dataclasses.replace(history, finished=places), number, rng)


def placed(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes with their places as their loss, 0 the best; in the order in which they were."""
    whole = [at for at, outcome in enumerate(outcomes) if outcome.losses]
    rank = dict(zip(whole, ranks([outcomes[at].losses for at in whole]), strict=True))
    fronts: dict[int, list[int]] = {}
    for at in whole:
        fronts.setdefault(rank[at], []).append(at)
    order: list[int] = []
    for _, front in sorted(fronts.items()):
        room = dict(zip(front, crowding([outcomes[at].losses for at in front]), strict=True))
        order += sorted(front, key=lambda at: (-room[at], outcomes[at].number))
    place = {at: float(index) for index, at in enumerate(order)}
    return [dataclasses.replace(outcome, loss=place.get(at)) for at, outcome in enumerate(outcomes)]
