"""What one variable may be: NNI's types as frozen values.

Every distribution but `Choice` and `MutableLayers`, which are in `annotate_tuners.choices`, is a line: `at(u)`
is its value at the share `u` of its probability, `position(value)` the inverse, so that one random number, one
point of a Sobol sequence or one bisection step makes a value of any of them. `grid()` is every value in order,
or None where there are too many to count. Bounds are checked when made: InvalidSpace.

>>> QUniform(2, 10, 5).grid()
(2.0, 5.0, 10.0)
>>> Uniform(1, 3).at(0.5)
2.0
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from annotate_tuners.choices import Choice, Json, MutableLayers
from annotate_tuners.errors import InvalidSpace

if TYPE_CHECKING:
    from statistics import NormalDist

GRID_LIMIT = 1_000_000  # a grid of more values is as good as continuous


@dataclass(frozen=True)
class RandInt:
    """An integer in `[low, high)`."""

    kind: ClassVar[str] = "randint"
    low: int
    high: int

    def __post_init__(self) -> None:
        _ordered(self.kind, self.low, self.high)
        for bound in (self.low, self.high):
            if bound != int(bound):
                raise InvalidSpace(f"randint needs whole numbers, not {bound!r}")
        object.__setattr__(self, "low", int(self.low))
        object.__setattr__(self, "high", int(self.high))

    def at(self, u: float) -> int:
        return min(self.low + int(u * (self.high - self.low)), self.high - 1)

    def position(self, value: float) -> float:
        return _clip((value - self.low + 0.5) / (self.high - self.low), 0.0, 1.0)

    def contains(self, value: Json) -> bool:
        """Whether a trial may be given `value`."""
        return _number(value) and self.low <= value < self.high and value == int(value)

    def grid(self) -> tuple[int, ...] | None:
        return tuple(range(self.low, self.high)) if self.high - self.low <= GRID_LIMIT else None


@dataclass(frozen=True)
class _Range:
    """Equally likely everywhere between two bounds, or between their logarithms."""

    kind: ClassVar[str]
    logarithmic: ClassVar[bool] = False
    low: float
    high: float

    def __post_init__(self) -> None:
        if self.logarithmic:
            _positive(self.kind, "low", self.low)
        _ordered(self.kind, self.low, self.high)

    def at(self, u: float) -> float:
        return _clip(self._between(u), self.low, self.high)

    def position(self, value: float) -> float:
        if self.logarithmic:
            return _log_position(self.low, self.high, value)
        return _clip((value - self.low) / (self.high - self.low), 0.0, 1.0)

    def contains(self, value: Json) -> bool:
        """Whether a trial may be given `value`."""
        return _number(value) and self.low <= value <= self.high

    def grid(self) -> tuple[float, ...] | None:
        return None

    def _between(self, u: float) -> float:
        if self.logarithmic:
            return math.exp(math.log(self.low) + u * (math.log(self.high) - math.log(self.low)))
        return self.low + u * (self.high - self.low)


@dataclass(frozen=True)
class _SteppedRange(_Range):
    """The multiples of `q` in a range, and its bounds."""

    q: float

    def __post_init__(self) -> None:
        super().__post_init__()
        _positive(self.kind, "q", self.q)

    def at(self, u: float) -> float:
        return self.quantise(self._between(u))

    def quantise(self, value: float) -> float:
        """The value of this distribution that a plain one becomes."""
        return _clip(quantised(value, self.q), self.low, self.high)

    def contains(self, value: Json) -> bool:
        """Whether a trial may be given `value`."""
        return _number(value) and _same(self.quantise(value), value)

    def grid(self) -> tuple[float, ...] | None:
        first, last = round(self.low / self.q), round(self.high / self.q)
        if last - first > GRID_LIMIT:
            return None
        return tuple(dict.fromkeys(_clip(n * self.q, self.low, self.high) for n in range(first, last + 1)))


class Uniform(_Range):
    """A float in `[low, high]`."""

    kind: ClassVar[str] = "uniform"


class LogUniform(_Range):
    """`exp(U(log low, log high))`."""

    kind: ClassVar[str] = "loguniform"
    logarithmic: ClassVar[bool] = True


class QUniform(_SteppedRange):
    """`clip(round(U(low, high) / q) * q, low, high)`, half to even, not offset by `low`; a float."""

    kind: ClassVar[str] = "quniform"


class QLogUniform(_SteppedRange):
    """`clip(round(LogUniform(low, high) / q) * q, low, high)`."""

    kind: ClassVar[str] = "qloguniform"
    logarithmic: ClassVar[bool] = True


@dataclass(frozen=True)
class _Bell:
    """Normally distributed, or the exponential of that: `mu` and `sigma` are those of the logarithm then."""

    kind: ClassVar[str]
    logarithmic: ClassVar[bool] = False
    mu: float
    sigma: float

    def __post_init__(self) -> None:
        _finite(self.kind, self.mu)
        _positive(self.kind, "sigma", self.sigma)

    def at(self, u: float) -> float:
        return self._drawn(u)

    def position(self, value: float) -> float:
        if not self.logarithmic:
            return self._normal.cdf(value)
        return self._normal.cdf(math.log(value)) if value > 0 else 0.0

    def contains(self, value: Json) -> bool:
        """Whether a trial may be given `value`."""
        return _number(value) and (value > 0 or not self.logarithmic)

    def grid(self) -> None:
        return None

    @property
    def _normal(self) -> NormalDist:
        from statistics import NormalDist  # noqa: PLC0415 - it brings fractions: 6 ms of every command

        return NormalDist(self.mu, self.sigma)

    def _drawn(self, u: float) -> float:
        drawn = self._normal.inv_cdf(_clip(u, 1e-12, 1 - 1e-12))
        return math.exp(drawn) if self.logarithmic else drawn


@dataclass(frozen=True)
class _SteppedBell(_Bell):
    """The multiples of `q`, not clipped."""

    q: float

    def __post_init__(self) -> None:
        super().__post_init__()
        _positive(self.kind, "q", self.q)

    def at(self, u: float) -> float:
        return self.quantise(self._drawn(u))

    def quantise(self, value: float) -> float:
        """The value of this distribution that a plain one becomes."""
        return quantised(value, self.q)

    def contains(self, value: Json) -> bool:
        """Whether a trial may be given `value`."""
        possible = _number(value) and (value >= 0 or not self.logarithmic)
        return possible and _same(self.quantise(value), value)


class Normal(_Bell):
    """A normally distributed float."""

    kind: ClassVar[str] = "normal"


class LogNormal(_Bell):
    """`exp(N(mu, sigma))`."""

    kind: ClassVar[str] = "lognormal"
    logarithmic: ClassVar[bool] = True


class QNormal(_SteppedBell):
    """`round(N(mu, sigma) / q) * q`."""

    kind: ClassVar[str] = "qnormal"


class QLogNormal(_SteppedBell):
    """`round(LogNormal(mu, sigma) / q) * q`."""

    kind: ClassVar[str] = "qlognormal"
    logarithmic: ClassVar[bool] = True


Line: TypeAlias = (
    RandInt | Uniform | QUniform | LogUniform | QLogUniform | Normal | QNormal | LogNormal | QLogNormal
)
Distribution: TypeAlias = Choice | MutableLayers | Line


def quantised(value: float, q: float) -> float:
    """`round(value / q) * q`, half to even, as numpy and NNI round."""
    return round(value / q) * q


def _log_position(low: float, high: float, value: float) -> float:
    if value <= low:
        return 0.0
    return _clip((math.log(value) - math.log(low)) / (math.log(high) - math.log(low)), 0.0, 1.0)


def _clip(value: float, low: float, high: float) -> float:
    return float(min(max(value, low), high))


def _same(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)


def _number(value: Json) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _ordered(kind: str, low: float, high: float) -> None:
    for value in (low, high):
        _finite(kind, value)
    if not low < high:
        raise InvalidSpace(f"{kind} needs low < high, not {low} and {high}")


def _positive(kind: str, name: str, value: float) -> None:
    _finite(kind, value)
    if not value > 0:
        raise InvalidSpace(f"{kind} needs {name} > 0, not {value}")


def _finite(kind: str, value: float) -> None:
    if not _number(value):
        raise InvalidSpace(f"{kind} needs finite numbers, not {value!r}")
