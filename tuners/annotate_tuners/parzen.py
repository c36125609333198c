"""hyperopt's estimators of one dimension, called directly.

hyperopt's own suggestion evaluates a graph of some hundred Python nodes for one point. Here its estimators
are called on columns of shares (`annotate_tuners.shares`): one call makes as many proposals as are wanted, in
a tenth of the time. Every line is estimated in shares of its own probability, integers among them, which
hyperopt takes for choices.

Bergstra et al., Algorithms for Hyper-Parameter Optimization, NeurIPS 2011.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from hyperopt import tpe

from annotate_tuners.choices import Choice

if TYPE_CHECKING:
    from annotate_tuners.dimensions import Dimensions
    from annotate_tuners.shares import Array


@dataclass(frozen=True)
class Habits:
    """hyperopt's own numbers: draws of each dimension, the weight of its prior, how many trials count whole."""

    candidates: int = 2
    prior_weight: float = 1.0
    forgetting: int = 25


def proposals(
    dimensions: Dimensions, good: Array, bad: Array, rng: np.random.Generator, *, count: int, habits: Habits
) -> Array:
    """`count` rows, of each dimension the best of some draws; `good` and `bad` are rows in order of time."""
    columns = []
    for number, dimension in enumerate(dimensions):
        near, far = (rows[~np.isnan(rows[:, number]), number] for rows in (good, bad))
        size = (count, habits.candidates)
        if isinstance(dimension.distribution, Choice):
            drawn, gain = _indices(near, far, rng, size, habits, len(dimension.distribution.options))
        else:
            drawn, gain = _shares(near, far, rng, size, habits)
        best = np.argmax(gain, axis=1)[:, None]
        columns.append(np.take_along_axis(drawn, best, axis=1)[:, 0])
    return np.column_stack(columns)


def _shares(
    good: Array, bad: Array, rng: np.random.Generator, size: tuple[int, int], habits: Habits
) -> tuple[Array, Array]:
    """Draws from the good values' density, and by how much the log of that is above the bad ones'."""
    near, far = (
        tpe.adaptive_parzen_normal(known, habits.prior_weight, 0.5, 1.0, habits.forgetting)
        for known in (good, bad)
    )
    drawn = tpe.GMM1(*near, low=0.0, high=1.0, rng=rng, size=size)
    gain = tpe.GMM1_lpdf(drawn, *near, low=0.0, high=1.0) - tpe.GMM1_lpdf(drawn, *far, low=0.0, high=1.0)
    return drawn, gain


def _indices(
    good: Array, bad: Array, rng: np.random.Generator, size: tuple[int, int], habits: Habits, options: int
) -> tuple[Array, Array]:
    """The same for the options of a choice."""
    near, far = (
        np.bincount(
            known.astype(int),
            weights=tpe.linear_forgetting_weights(len(known), habits.forgetting),
            minlength=options,
        )
        + habits.prior_weight
        for known in (good, bad)
    )
    near, far = near / near.sum(), far / far.sum()
    drawn = rng.choice(options, size=size, p=near)
    return drawn.astype(float), (np.log(near) - np.log(far))[drawn]
