"""The search space: distributions by key, to and from NNI's `search_space.json`.

>>> space = SearchSpace.from_json({"lr": {"_type": "loguniform", "_value": [1e-4, 1e-1]}})
>>> space["lr"]
LogUniform(low=0.0001, high=0.1)
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

Json: TypeAlias = Any
Params: TypeAlias = Mapping[str, Json]


class InvalidSpace(ValueError):
    """What is wrong with a space, naming the key; the host turns it into its own error."""


@dataclass(frozen=True)
class Choice:
    """One of `options`, each a JSON value, in their order."""

    kind: ClassVar[str] = "choice"
    options: tuple[Json, ...]

    def __post_init__(self) -> None:
        if not self.options:
            raise InvalidSpace("choice needs at least one option")


@dataclass(frozen=True)
class RandInt:
    """An integer in `[low, high)`."""

    kind: ClassVar[str] = "randint"
    low: int
    high: int

    def __post_init__(self) -> None:
        _ordered(self.kind, self.low, self.high)


@dataclass(frozen=True)
class Uniform:
    """A float in `[low, high]`."""

    kind: ClassVar[str] = "uniform"
    low: float
    high: float

    def __post_init__(self) -> None:
        _ordered(self.kind, self.low, self.high)


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


@dataclass(frozen=True)
class LogUniform:
    """`exp(U(log low, log high))`."""

    kind: ClassVar[str] = "loguniform"
    low: float
    high: float

    def __post_init__(self) -> None:
        _positive(self.kind, "low", self.low)
        _ordered(self.kind, self.low, self.high)


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


@dataclass(frozen=True)
class Normal:
    """A normally distributed float."""

    kind: ClassVar[str] = "normal"
    mu: float
    sigma: float

    def __post_init__(self) -> None:
        _positive(self.kind, "sigma", self.sigma)


@dataclass(frozen=True)
class QNormal:
    """`round(N(mu, sigma) / q) * q`, not clipped."""

    kind: ClassVar[str] = "qnormal"
    mu: float
    sigma: float
    q: float

    def __post_init__(self) -> None:
        _positive(self.kind, "sigma", self.sigma)
        _positive(self.kind, "q", self.q)


@dataclass(frozen=True)
class LogNormal:
    """`exp(N(mu, sigma))`: `mu` and `sigma` are those of the logarithm."""

    kind: ClassVar[str] = "lognormal"
    mu: float
    sigma: float

    def __post_init__(self) -> None:
        _positive(self.kind, "sigma", self.sigma)


@dataclass(frozen=True)
class QLogNormal:
    """`round(LogNormal(mu, sigma) / q) * q`, not clipped."""

    kind: ClassVar[str] = "qlognormal"
    mu: float
    sigma: float
    q: float

    def __post_init__(self) -> None:
        _positive(self.kind, "sigma", self.sigma)
        _positive(self.kind, "q", self.q)


Distribution: TypeAlias = (
    Choice | RandInt | Uniform | QUniform | LogUniform | QLogUniform | Normal | QNormal | LogNormal | QLogNormal
)

KINDS: Mapping[str, type[Any]] = {
    kind.kind: kind
    for kind in (
        Choice, RandInt, Uniform, QUniform, LogUniform, QLogUniform, Normal, QNormal, LogNormal, QLogNormal,
    )
}  # fmt: skip


@dataclass(frozen=True)
class SearchSpace(Mapping[str, Distribution]):
    """Distributions by key, in the order of the source."""

    distributions: Mapping[str, Distribution]

    def __getitem__(self, key: str) -> Distribution:
        return self.distributions[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.distributions)

    def __len__(self) -> int:
        return len(self.distributions)

    @classmethod
    def from_json(cls, document: Json) -> SearchSpace:
        """Read NNI's form: `{KEY: {"_type": T, "_value": [...]}}`. Raises InvalidSpace."""
        if not isinstance(document, dict):
            raise InvalidSpace(f"a search space is an object of keys, not {type(document).__name__}")
        return cls({str(key): _distribution(str(key), entry) for key, entry in document.items()})

    def to_json(self) -> dict[str, Json]:
        """Write NNI's form."""
        return {key: {"_type": d.kind, "_value": _arguments(d)} for key, d in self.items()}


def _distribution(key: str, entry: Json) -> Distribution:
    if not isinstance(entry, dict) or "_type" not in entry or "_value" not in entry:
        raise InvalidSpace(f'{key}: expected {{"_type": ..., "_value": [...]}}')
    name, value = entry["_type"], entry["_value"]
    kind = KINDS.get(name)
    if kind is None:
        near = difflib.get_close_matches(str(name), KINDS, 1)
        raise InvalidSpace(f"{key}: unknown type {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
    if not isinstance(value, list):
        raise InvalidSpace(f"{key}: _value of {name} is a list")
    try:
        return Choice(tuple(value)) if kind is Choice else kind(*value)  # type: ignore[no-any-return]
    except TypeError as error:
        raise InvalidSpace(f"{key}: {name} does not take {len(value)} arguments") from error
    except InvalidSpace as error:
        raise InvalidSpace(f"{key}: {error}") from error


def _arguments(distribution: Distribution) -> list[Json]:
    if isinstance(distribution, Choice):
        return list(distribution.options)
    return [getattr(distribution, name) for name in distribution.__dataclass_fields__]


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
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise InvalidSpace(f"{kind} needs finite numbers, not {value!r}")
