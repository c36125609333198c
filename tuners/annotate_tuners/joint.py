"""A density over whole points: what a model of one dimension at a time cannot see.

hyperopt models every dimension by itself, so it puts together the learning rate of one good trial and
the batch size of another that do not go together. Here every known point is one kernel over all its
dimensions, of the widths that hyperopt gives them (to the next neighbour, by dimension), in shares of
each dimension's own probability; choices keep their option with a weight that grows with the number of
points. One kernel more is the whole space. The ratio of two such densities ranks what hyperopt's
estimators propose. Points are rows of `annotate_tuners.shares`.

Falkner et al., BOHB, ICML 2018, section 4; Watanabe, Tree-Structured Parzen Estimator, 2023.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import logsumexp, ndtr

from annotate_tuners.choices import Choice

if TYPE_CHECKING:
    from annotate_tuners.dimensions import Dimension, Dimensions
    from annotate_tuners.shares import Array

_LOG_ROOT_TAU = 0.5 * np.log(2 * np.pi)


def log_density(dimensions: Dimensions, known: Array, rows: Array) -> Array:
    """The log density of each of `rows` under kernels around the `known` ones."""
    total = np.zeros((len(rows), len(known) + 1))
    for number, dimension in enumerate(dimensions):
        at = ~np.isnan(rows[:, number])
        total[at] += _kernels(dimension, known[:, number], rows[at, number])
    density: Array = logsumexp(total, axis=1) - np.log(len(known) + 1)
    return density


def _kernels(dimension: Dimension, known: Array, values: Array) -> Array:
    """The log density of each value under each known point, and last under the whole dimension."""
    active = np.flatnonzero(~np.isnan(known))
    centres = known[active]
    if isinstance(dimension.distribution, Choice):
        options = len(dimension.distribution.options)
        logs = np.full((len(values), len(known) + 1), -np.log(options))
        smoothing = 1 / (len(known) + 1)
        same = values[:, None] == centres[None, :]
        logs[:, active] = np.log((same + smoothing) / (1 + options * smoothing))
        return logs
    logs = np.repeat(_truncated(values, np.array([0.5]), np.array([1.0])), len(known) + 1, axis=1)
    if len(active):
        logs[:, active] = _truncated(values, centres, _widths(centres))
    return logs


def _truncated(shares: Array, middles: Array, widths: Array) -> Array:
    """Normal log densities, cut off at 0 and 1."""
    z = (shares[:, None] - middles) / widths
    inside = ndtr((1 - middles) / widths) - ndtr(-middles / widths)
    return np.asarray(-0.5 * z**2 - np.log(widths * inside) - _LOG_ROOT_TAU)


def _widths(middles: Array) -> Array:
    """The distance of each to its farther neighbour, held between a share that falls with their number and 1."""
    order = np.argsort(middles, kind="stable")
    line = np.concatenate([[0.0], middles[order], [1.0]])
    gaps = np.diff(line)
    widths = np.maximum(gaps[:-1], gaps[1:])
    if len(middles) > 1:
        widths[0], widths[-1] = gaps[1], gaps[-2]
    held = np.empty_like(widths)
    held[order] = np.clip(widths, 1 / min(100, 2 + len(middles)), 1)
    return held
