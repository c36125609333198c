"""Random search: every dimension from its own distribution."""

from __future__ import annotations

from typing import TYPE_CHECKING

from annotate_tuners.algorithm import History, Proposal

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from annotate_tuners.dimensions import Dimensions


class RandomSearch:
    """Learns nothing, repeats nothing, and is hard to beat with few trials."""

    def __init__(self, dimensions: Dimensions) -> None:
        self._dimensions = dimensions

    def propose(self, history: History, number: int, rng: random.Random) -> Iterator[Proposal]:
        while True:
            yield Proposal(self._dimensions.sample(rng))
