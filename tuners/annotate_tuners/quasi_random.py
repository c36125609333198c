"""Points that fill the space evenly: an additive sequence, and Sobol's.

The additive sequence needs nothing and starts at a point that the seed decides; after Roberts, The
Unreasonable Effectiveness of Quasirandom Sequences, 2018. Sobol's is scipy's, scrambled; Owen 1998.
"""

from __future__ import annotations

import random as chance
import warnings
from typing import TYPE_CHECKING

from annotate_tuners.algorithm import History, Proposal
from annotate_tuners.random_search import RandomSearch

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from annotate_tuners.dimensions import Dimensions, Point


def even_point(dimensions: Dimensions, number: int, seed: int) -> Point:
    """Point `number` of the additive sequence that starts where `seed` says."""
    ratio = 2.0
    for _ in range(40):  # the root of x ** (d + 1) == x + 1
        ratio = (1 + ratio) ** (1 / (len(dimensions) + 1))
    start = chance.Random(seed)  # noqa: S311
    return dimensions.build(
        {d.name: (start.random() + number * ratio ** -(i + 1)) % 1 for i, d in enumerate(dimensions)}
    )


class QuasiRandom:
    """Sobol's sequence; like random search it learns nothing."""

    def __init__(self, dimensions: Dimensions, *, scramble: bool = True) -> None:
        self._dimensions = dimensions
        self._scramble = scramble

    def propose(self, history: History, number: int, rng: random.Random) -> Iterator[Proposal]:
        from scipy.stats import qmc  # noqa: PLC0415 - a second, paid by those who use it

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # that n is no power of two
            sobol = qmc.Sobol(max(1, len(self._dimensions)), scramble=self._scramble, rng=abs(history.seed))
            if number:
                sobol.fast_forward(abs(number))
            shares = sobol.random(1)[0]
        yield Proposal(
            self._dimensions.build(
                {d.name: min(float(u), 1 - 1e-12) for d, u in zip(self._dimensions, shares, strict=False)}
            )
        )
        yield from RandomSearch(self._dimensions).propose(history, number, rng)
