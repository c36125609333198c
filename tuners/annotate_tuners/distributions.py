"""What one variable may be: NNI's types as frozen values.

Every distribution but `Choice` and `MutableLayers`, which are in `annotate_tuners.choices`, is a line: `at(u)` is its value at the share `u`
of its probability, `position(value)` the inverse, so that one random number, one point of a Sobol
sequence or one bisection step makes a value of any of them. `grid()` is every value in order, or
None where there are too many to count. Bounds are checked when made: InvalidSpace.

>>> QUniform(2, 10, 5).grid()
(2.0, 5.0, 10.0)
>>> Uniform(1, 3).at(0.5)
2.0
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import ClassVar, TypeAlias

from annotate_tuners.choices import Choice, Json, MutableLayers
from annotate_tuners.errors import InvalidSpace

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
class Uniform:
    """A float in `[low, high]`."""

    kind: ClassVar[str] = "uniform"
    low: float
    high: float

    def __post_init__(self) -> None:
        _ordered(self.kind, self.low, self.high)

    def at(self, u: float) -> float:
        return _clip(self.low + u * (self.high - self.low), self.low, self.high)

    def position(self, value: float) -> float:
        return _clip((value - self.low) / (self.high - self.low), 0.0, 1.0)

    def contains(self, value: Json) -> bool:
        """Whether a trial may be given `value`."""
        return _number(value) and self.low <= value <= self.high

    def grid(self) -> None:
        return None


@dataclass(frozen=True)
class QUniform:
    """`clip(round(U(low, high) / q) * q, low, high)`, half to even, not offset by `low`; a float."""

    kind: ClassVar[str] = "quniform"
    low: float
    high: float
    q: float

    def __post_init__(self) -> None:
        _ordered(self.kind, self.low, self.high)
        _positive(self.kind, "q", self.q)

    def at(self, u: float) -> float:
        return self.quantise(self.low + u * (self.high - self.low))

    def position(self, value: float) -> float:
        return _clip((value - self.low) / (self.high - self.low), 0.0, 1.0)

    def quantise(self, value: float) -> float:
        """The value of this distribution that a plain one becomes."""
        return _clip(quantised(value, self.q), self.low, self.high)

    def contains(self, value: Json) -> bool:
        """Whether a trial may be given `value`."""
        return _number(value) and _same(self.quantise(value), value)

    def grid(self) -> tuple[float, ...] | None:
        return _steps(self.low, self.high, self.q)


@dataclass(frozen=True)
class LogUniform:
    """`exp(U(log low, log high))`."""

    kind: ClassVar[str] = "loguniform"
    low: float
    high: float

    def __post_init__(self) -> None:
        _positive(self.kind, "low", self.low)
        _ordered(self.kind, self.low, self.high)

    def at(self, u: float) -> float:
        return _clip(_geometric(self.low, self.high, u), self.low, self.high)

    def position(self, value: float) -> float:
        return _log_position(self.low, self.high, value)

    def contains(self, value: Json) -> bool:
        """Whether a trial may be given `value`."""
        return _number(value) and self.low <= value <= self.high

    def grid(self) -> None:
        return None


@dataclass(frozen=True)
class QLogUniform:
    """`clip(round(LogUniform(low, high) / q) * q, low, high)`."""

    kind: ClassVar[str] = "qloguniform"
    low: float
    high: float
    q: float

    def __post_init__(self) -> None:
        _positive(self.kind, "low", self.low)
        _ordered(self.kind, self.low, self.high)
        _positive(self.kind, "q", self.q)

    def at(self, u: float) -> float:
        return self.quantise(_geometric(self.low, self.high, u))

    def position(self, value: float) -> float:
        return _log_position(self.low, self.high, value)

    def quantise(self, value: float) -> float:
        """The value of this distribution that a plain one becomes."""
        return _clip(quantised(value, self.q), self.low, self.high)

    def contains(self, value: Json) -> bool:
        """Whether a trial may be given `value`."""
        return _number(value) and _same(self.quantise(value), value)

    def grid(self) -> tuple[float, ...] | None:
        return _steps(self.low, self.high, self.q)


@dataclass(frozen=True)
class Normal:
    """A normally distributed float."""

    kind: ClassVar[str] = "normal"
    mu: float
    sigma: float

    def __post_init__(self) -> None:
        _bell(self.kind, self.mu, self.sigma)

    def at(self, u: float) -> float:
        return _bell_at(self.mu, self.sigma, u)

    def position(self, value: float) -> float:
        return NormalDist(self.mu, self.sigma).cdf(value)

    def contains(self, value: Json) -> bool:
        """Whether a trial may be given `value`."""
        return _number(value)

    def grid(self) -> None:
        return None


@dataclass(frozen=True)
class QNormal:
    """`round(N(mu, sigma) / q) * q`, not clipped."""

    kind: ClassVar[str] = "qnormal"
    mu: float
    sigma: float
    q: float

    def __post_init__(self) -> None:
        _bell(self.kind, self.mu, self.sigma)
        _positive(self.kind, "q", self.q)

    def at(self, u: float) -> float:
        return quantised(_bell_at(self.mu, self.sigma, u), self.q)

    def position(self, value: float) -> float:
        return NormalDist(self.mu, self.sigma).cdf(value)

    def quantise(self, value: float) -> float:
        """The value of this distribution that a plain one becomes."""
        return quantised(value, self.q)

    def contains(self, value: Json) -> bool:
        """Whether a trial may be given `value`."""
        return _number(value) and _same(quantised(value, self.q), value)

    def grid(self) -> None:
        return None


@dataclass(frozen=True)
class LogNormal:
    """`exp(N(mu, sigma))`: `mu` and `sigma` are those of the logarithm."""

    kind: ClassVar[str] = "lognormal"
    mu: float
    sigma: float

    def __post_init__(self) -> None:
        _bell(self.kind, self.mu, self.sigma)

    def at(self, u: float) -> float:
        return math.exp(_bell_at(self.mu, self.sigma, u))

    def position(self, value: float) -> float:
        return NormalDist(self.mu, self.sigma).cdf(math.log(value)) if value > 0 else 0.0

    def contains(self, value: Json) -> bool:
        """Whether a trial may be given `value`."""
        return _number(value) and value > 0

    def grid(self) -> None:
        return None


@dataclass(frozen=True)
class QLogNormal:
    """`round(LogNormal(mu, sigma) / q) * q`, not clipped."""

    kind: ClassVar[str] = "qlognormal"
    mu: float
    sigma: float
    q: float

    def __post_init__(self) -> None:
        _bell(self.kind, self.mu, self.sigma)
        _positive(self.kind, "q", self.q)

    def at(self, u: float) -> float:
        return quantised(math.exp(_bell_at(self.mu, self.sigma, u)), self.q)

    def position(self, value: float) -> float:
        return NormalDist(self.mu, self.sigma).cdf(math.log(value)) if value > 0 else 0.0

    def quantise(self, value: float) -> float:
        """The value of this distribution that a plain one becomes."""
        return quantised(value, self.q)

    def contains(self, value: Json) -> bool:
        """Whether a trial may be given `value`."""
        return _number(value) and value >= 0 and _same(quantised(value, self.q), value)

    def grid(self) -> None:
        return None


Line: TypeAlias = (
    RandInt | Uniform | QUniform | LogUniform | QLogUniform | Normal | QNormal | LogNormal | QLogNormal
)
Distribution: TypeAlias = Choice | MutableLayers | Line


def quantised(value: float, q: float) -> float:
    """`round(value / q) * q`, half to even, as numpy and NNI round."""
    return round(value / q) * q


def _steps(low: float, high: float, q: float) -> tuple[float, ...] | None:
    first, last = round(low / q), round(high / q)
    if last - first > GRID_LIMIT:
        return None
    return tuple(dict.fromkeys(_clip(step * q, low, high) for step in range(first, last + 1)))


def _geometric(low: float, high: float, u: float) -> float:
    return math.exp(math.log(low) + u * (math.log(high) - math.log(low)))


def _log_position(low: float, high: float, value: float) -> float:
    if value <= low:
        return 0.0
    return _clip((math.log(value) - math.log(low)) / (math.log(high) - math.log(low)), 0.0, 1.0)


def _bell_at(mu: float, sigma: float, u: float) -> float:
    return NormalDist(mu, sigma).inv_cdf(_clip(u, 1e-12, 1 - 1e-12))


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


def _bell(kind: str, mu: float, sigma: float) -> None:
    _finite(kind, mu)
    _positive(kind, "sigma", sigma)


def _positive(kind: str, name: str, value: float) -> None:
    _finite(kind, value)
    if not value > 0:
        raise InvalidSpace(f"{kind} needs {name} > 0, not {value}")


def _finite(kind: str, value: float) -> None:
    if not _number(value):
        raise InvalidSpace(f"{kind} needs finite numbers, not {value!r}")
