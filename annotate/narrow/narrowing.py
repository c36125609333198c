"""Which ranges of a search space may be drawn in, by what did well in a study.

The good trials are the best quarter. A range is drawn in only where they lie otherwise than the rest: for
numbers by the Kolmogorov-Smirnov test, for the options of a choice by the hypergeometric distribution, at
5 % over all parameters together. The new range holds the good trials without the outermost twentieth at
either end, a gap wider than they reach, since the best value may lie just beyond; a quarter of the old range at
least, since a tuner that has settled on a place hardly looks beside it. A range that would keep four fifths of its
width is left as it is.

How much that would have cost is told twice: the good trials that the new ranges cut off, and how many of
them would be cut off by ranges drawn without them (leave-one-out), which is the honest figure.

>>> narrowing(space, evidence).changes["train/lr/loguniform"].after
LogUniform(low=0.001, high=0.02)
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scipy.stats import hypergeom, ks_2samp
from typing_extensions import TypeIs

from annotate.trial import Params
from annotate_tuners.choices import Choice
from annotate_tuners.distributions import LogUniform, QLogUniform, QUniform, RandInt, Uniform
from annotate_tuners.space import Distribution, SearchSpace

FEWEST = 20  # trials with a result; the best quarter of fewer is no sample
GOOD = 0.25
LEVEL = 0.05
TRIM = 0.05
LEAST = 0.25  # of its old width is left of a range at one go
NARROWER = 0.8  # a new range is worth writing when it is at most so wide as the old one
EDGE = 0.05  # an end that would move less stays where it is
NEAR = 0.1  # how near to an end of its range a value lies at it
CROWD = 0.6  # the share of the best eighth there that says the range may be too narrow

Line = RandInt | Uniform | QUniform | LogUniform | QLogUniform


@dataclass(frozen=True)
class Evidence:
    """What trials ran with, active parameters only: those that succeeded, the best first, and those known to be worse."""

    ranked: tuple[Params, ...]
    worse: tuple[Params, ...] = ()

    @property
    def good(self) -> tuple[Params, ...]:
        return self.ranked[: max(1, round(GOOD * (len(self.ranked) + len(self.worse))))]

    @property
    def rest(self) -> tuple[Params, ...]:
        return (*self.ranked[len(self.good) :], *self.worse)


@dataclass(frozen=True)
class Narrowed:
    """One range, before and after; `cut` of the good trials lie outside the new one."""

    before: Distribution
    after: Distribution
    cut: int


@dataclass(frozen=True)
class Narrowing:
    """All of a space. `cut` of the `good` trials lie outside, `cut_unseen` would if the ranges were drawn without them.

    `at_edge` maps a key to the end of its range, "low" or "high", at which the better half of the good ones crowds.
    """

    changes: Mapping[str, Narrowed]
    good: int
    cut: int
    cut_unseen: int
    at_edge: Mapping[str, str]


def narrowing(space: SearchSpace, evidence: Evidence) -> Narrowing:
    """The narrowed ranges; none where the trials give no reason."""
    good, rest = evidence.good, evidence.rest
    changes = _narrowed(space, good, rest)
    unseen = 0
    for number, point in enumerate(good):
        without = _narrowed(space, (*good[:number], *good[number + 1 :]), rest)
        unseen += not _inside(point, without)
    return Narrowing(
        {
            key: Narrowed(space[key], after, sum(not _inside(point, {key: after}) for point in good))
            for key, after in changes.items()
        },
        len(good),
        sum(not _inside(point, changes) for point in good),
        unseen,
        {
            key: end
            for key, before in space.items()
            if _is_line(before) and (end := _crowded(before, key, good[: max(3, len(good) // 2)]))
        },
    )


def _narrowed(space: SearchSpace, good: Sequence[Params], rest: Sequence[Params]) -> dict[str, Distribution]:
    changes: dict[str, Distribution] = {}
    for key, before in space.items():
        level = LEVEL / len(space)
        well, badly = ([point[key] for point in points if key in point] for points in (good, rest))
        after: Distribution | None = None
        if _is_line(before):
            after = _shorter(before, well, badly, level)
        elif isinstance(before, Choice) and not before.nested:
            after = _fewer(before, well, badly, level)
        if after is not None and after != before:
            changes[key] = after
    return changes


def _is_line(distribution: Distribution) -> TypeIs[Line]:
    return isinstance(distribution, Line)


def _shorter(before: Line, well: Sequence[float], badly: Sequence[float], level: float) -> Line | None:
    """The range around the good values, None where there is no reason for it."""
    if len(well) < 3 or len(badly) < 3:
        return None
    here, there = (sorted(map(before.position, values)) for values in (well, badly))
    if ks_2samp(here, there).pvalue >= level:
        return None
    trimmed = int(TRIM * len(here))
    kept = here[trimmed : len(here) - trimmed]
    gap = (kept[-1] - kept[0]) / (len(kept) - 1)
    gap = max(gap, (LEAST - (kept[-1] - kept[0])) / 2)
    low, high = kept[0] - gap, kept[-1] + gap
    low, high = (0.0 if low < EDGE else low), (1.0 if high > 1 - EDGE else high)
    return None if high - low > NARROWER else _between(before, low, high)


def _between(before: Line, low: float, high: float) -> Line:
    """The part of a range between two shares of it, its ends rounded outwards to two digits; an end at the edge stays."""
    first = before.low if low == 0.0 else before.at(low)
    last = before.high if high == 1.0 else before.at(high)
    match before:
        case RandInt():
            return RandInt(int(first), int(last) + (high != 1.0))
        case QUniform(q=q):
            return QUniform(*_steps(first, last, q, before), q)
        case QLogUniform(q=q):
            return QLogUniform(*_steps(first, last, q, before), q)
        case Uniform():
            unit = _unit(last - first)
            return Uniform(*_clipped(_down(first, unit), _up(last, unit), before))
        case LogUniform():
            return LogUniform(*_clipped(_down(first, _unit(first)), _up(last, _unit(last)), before))


def _fewer(before: Choice, well: Sequence[object], badly: Sequence[object], level: float) -> Choice | None:
    """The choice without options that did well less often than chance would have it; two at least are kept."""
    chosen, others = ([before.index(value) for value in values] for values in (well, badly))
    level /= len(before.options)
    chance = [
        hypergeom.cdf(
            chosen.count(n), len(chosen) + len(others), len(chosen), chosen.count(n) + others.count(n)
        )
        for n in range(len(before.options))
    ]
    best = sorted(range(len(chance)), key=lambda n: -chance[n])[:2]
    kept = [n for n in range(len(chance)) if chance[n] >= level or n in best]
    return Choice(tuple(before.options[n] for n in kept))


def _crowded(before: Line, key: str, best: Sequence[Params]) -> str | None:
    """The end of its range at which the best trials crowd, None where they do not."""
    places = [before.position(point[key]) for point in best if key in point]
    grid = before.grid()
    if len(places) < 3 or (grid is not None and len(grid) < 2 / NEAR):
        return None
    for end, near in (("low", [p < NEAR for p in places]), ("high", [p > 1 - NEAR for p in places])):
        if sum(near) >= CROWD * len(places):
            return end
    return None


def _inside(point: Params, changes: Mapping[str, Distribution]) -> bool:
    return all(_holds(after, point[key]) for key, after in changes.items() if key in point)


def _holds(distribution: Distribution, value: object) -> bool:
    match distribution:
        case RandInt():
            return distribution.contains(value)
        case Uniform() | QUniform() | LogUniform() | QLogUniform():
            slack = 1e-9 * (distribution.high - distribution.low)  # 7 steps of 0.05 are 0.35000000000000003
            low, high = distribution.low - slack, distribution.high + slack
            return isinstance(value, int | float) and low <= value <= high
        case Choice():
            return distribution.index(value) is not None
        case _:
            return True


def _unit(size: float) -> float:
    """The second digit of a number."""
    return 10.0 ** (math.floor(math.log10(abs(size))) - 1)


def _down(value: float, unit: float) -> float:
    return _plain(math.floor(value / unit + 1e-9) * unit)


def _up(value: float, unit: float) -> float:
    return _plain(math.ceil(value / unit - 1e-9) * unit)


def _plain(value: float) -> float:
    """Without what binary fractions add: 0.30000000000000004 is 0.3."""
    return float(f"{value:.12g}")


def _clipped(low: float, high: float, before: Line) -> tuple[float, float]:
    return max(low, before.low), min(high, before.high)


def _steps(low: float, high: float, q: float, before: Line) -> tuple[float, float]:
    return _clipped(_down(low, q), _up(high, q), before)
