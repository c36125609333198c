"""Our dimensions and outcomes in hyperopt's own words, and back.

hyperopt's documents never leave the files that wrap it. Importing hyperopt takes two seconds, so it
is imported when a `Bridge` is made and not before.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from annotate_tuners.choices import Choice
from annotate_tuners.distributions import (
    LogNormal,
    LogUniform,
    Normal,
    QLogNormal,
    QLogUniform,
    QNormal,
    QUniform,
    RandInt,
    Uniform,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from annotate_tuners.algorithm import Outcome
    from annotate_tuners.dimensions import Dimension, Dimensions, Point

Document = dict[str, Any]


class Bridge:
    """A space as a hyperopt `Domain`; outcomes as hyperopt `Trials`; documents as points."""

    def __init__(self, dimensions: Dimensions) -> None:
        import hyperopt  # noqa: PLC0415
        from hyperopt.base import Domain  # noqa: PLC0415

        self._hyperopt = hyperopt
        self._dimensions = dimensions
        self._children: dict[tuple[str | None, int], list[Dimension]] = {}
        for dimension in dimensions:
            self._children.setdefault((dimension.parent, dimension.option), []).append(dimension)
        self.domain = Domain(None, self._expression(None, 0), pass_expr_memo_ctrl=False)

    def trials(self, outcomes: Sequence[Outcome]) -> Any:
        """The outcomes, in order of number, as `Trials`."""
        base = self._hyperopt.base
        documents = [self._document(tid, each.point, each.loss) for tid, each in enumerate(outcomes)]
        trials = base.Trials()
        trials._insert_trial_docs(documents)  # noqa: SLF001 - its public door checks every document again
        trials.refresh()
        return trials

    def point(self, document: Document) -> Point:
        """The point that a document of `suggest` stands for."""
        found: dict[str, int | float] = {}
        values: Mapping[str, list[Any]] = document["misc"]["vals"]
        for dimension in self._dimensions:
            if dimension.active(found):
                found[dimension.name] = _plain(dimension, values[dimension.name][0])
        return found

    def _document(self, tid: int, point: Point, loss: float | None) -> Document:
        base = self._hyperopt.base
        result = {"status": base.STATUS_OK} if loss is None else {"status": base.STATUS_OK, "loss": loss}
        names = [dimension.name for dimension in self._dimensions]
        return {
            "state": base.JOB_STATE_DONE,
            "tid": tid,
            "spec": None,
            "result": result,
            "misc": {
                "tid": tid,
                "cmd": self.domain.cmd,
                "workdir": self.domain.workdir,
                "idxs": {name: [tid] if name in point else [] for name in names},
                "vals": {name: [point[name]] if name in point else [] for name in names},
            },
            "exp_key": None,
            "owner": None,
            "version": 0,
            "book_time": None,
            "refresh_time": None,
        }

    def _expression(self, parent: str | None, option: int) -> dict[str, Any]:
        return {d.name: self._node(d) for d in self._children.get((parent, option), ())}

    def _node(self, dimension: Dimension) -> Any:
        hp, name, d = self._hyperopt.hp, dimension.name, dimension.distribution
        match d:
            case Choice(options):
                return hp.choice(name, [self._expression(name, i) or i for i in range(len(options))])
            case RandInt(low, high):
                return hp.randint(name, low, high)
            case Uniform(low, high):
                return hp.uniform(name, low, high)
            case QUniform(low, high, q):
                return hp.quniform(name, low, high, q)
            case LogUniform(low, high):
                return hp.loguniform(name, math.log(low), math.log(high))
            case QLogUniform(low, high, q):
                return hp.qloguniform(name, math.log(low), math.log(high), q)
            case Normal(mu, sigma):
                return hp.normal(name, mu, sigma)
            case QNormal(mu, sigma, q):
                return hp.qnormal(name, mu, sigma, q)
            case LogNormal(mu, sigma):
                return hp.lognormal(name, mu, sigma)
            case QLogNormal(mu, sigma, q):
                return hp.qlognormal(name, mu, sigma, q)


def _plain(dimension: Dimension, value: Any) -> int | float:
    """A numpy scalar as Python's own, held to the grid and the bounds of its distribution."""
    match dimension.distribution:
        case Choice() | RandInt():
            return int(value)
        case QUniform() | QLogUniform() | QNormal() | QLogNormal() as d:
            return d.quantise(float(value))
        case Uniform(low, high) | LogUniform(low, high):
            return min(max(float(value), low), high)
        case Normal() | LogNormal():
            return float(value)
