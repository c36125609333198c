"""A Gaussian process and expected improvement, scikit-learn's regressor under our own search.

Lines are their shares, choices one number for each option, what is inactive the middle. A pending trial is
taken to come to what the process expects of it. The first points fill the space evenly. Needs the extra `gp`.

Snoek et al., Practical Bayesian Optimization of Machine Learning Algorithms, NeurIPS 2012.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from annotate_tuners.algorithm import History, Proposal
from annotate_tuners.choices import Choice
from annotate_tuners.errors import InvalidArguments, MissingPackage
from annotate_tuners.evolution import mutated
from annotate_tuners.quasi_random import even_point
from annotate_tuners.random_search import RandomSearch

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Sequence

    from annotate_tuners.algorithm import Outcome
    from annotate_tuners.dimensions import Dimensions, Point

UTILITIES = ("ei", "poi", "ucb")
FEW = 200  # trials that the process is fitted to: its cost grows with their cube


class GaussianProcess:
    """`cold_start_num` even points first; then the best of `candidates`, by default by expected improvement.

    `utility` is "ei" for that, "poi" for the probability of improvement, "ucb" for the confidence bound `kappa`
    deviations away; `xi` is the least improvement that counts. `nu` is the smoothness of the Matern kernel,
    `alpha` what is added to its diagonal. The names are NNI's.
    """

    def __init__(
        self,
        dimensions: Dimensions,
        *,
        cold_start_num: int = 10,
        candidates: int = 1000,
        utility: str = "ei",
        kappa: float = 5.0,
        xi: float = 0.0,
        nu: float = 2.5,
        alpha: float = 1e-10,
    ) -> None:
        if utility not in UTILITIES:
            raise InvalidArguments(f"utility is one of {', '.join(UTILITIES)}, not {utility!r}")
        if candidates < 4 or not nu > 0 or not alpha > 0:
            raise InvalidArguments("gp needs candidates >= 4, nu > 0 and alpha > 0")
        try:
            import sklearn  # noqa: F401, PLC0415 - an extra
        except ImportError as error:
            raise MissingPackage("gp needs scikit-learn; pip install 'annotate-trials[gp]'") from error
        self._dimensions = dimensions
        self._start = cold_start_num
        self._candidates = candidates
        self._utility = utility
        self._kappa = kappa
        self._xi = xi
        self._nu = nu
        self._alpha = alpha

    def propose(self, history: History, number: int, rng: random.Random) -> Iterator[Proposal]:
        ranked = history.ranked
        if len(history) < self._start or len(ranked) < 2:
            yield Proposal(even_point(self._dimensions, number, history.seed))
            yield from RandomSearch(self._dimensions).propose(history, number, rng)
        points: list[Point] = [self._dimensions.sample(rng) for _ in range(self._candidates // 2)]
        points += [
            mutated(self._dimensions, self._moved(ranked[i % min(5, len(ranked))].point, rng), rng)
            for i in range(self._candidates // 4)
        ]
        points += [
            self._moved(ranked[i % min(5, len(ranked))].point, rng) for i in range(self._candidates // 4)
        ]
        gain = self._utilities(history, points, rng.randrange(2**31))
        for i in sorted(range(len(points)), key=lambda i: -gain[i]):
            yield Proposal(points[i])

    def _utilities(self, history: History, points: list[Point], seed: int) -> list[float]:
        import numpy as np  # noqa: PLC0415 - scikit-learn brings it
        from scipy.stats import norm  # noqa: PLC0415
        from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415
        from sklearn.gaussian_process import GaussianProcessRegressor  # noqa: PLC0415
        from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel  # noqa: PLC0415

        known = _few(history.ranked)
        x = np.array([self._vector(outcome.point) for outcome in known])
        y = np.array([outcome.loss for outcome in known], dtype=float)
        y = np.minimum(y, np.median(y) + 3 * (np.median(y) - y.min() + 1e-12))  # one disaster is like another
        kernel = ConstantKernel() * Matern(np.full(x.shape[1], 0.5), (0.05, 20.0), nu=self._nu) + WhiteKernel(
            1e-3, (1e-8, 1.0)
        )
        process = GaussianProcessRegressor(
            kernel,
            alpha=self._alpha,
            normalize_y=True,
            random_state=seed,
            n_restarts_optimizer=int(len(known) < 100),
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            process.fit(x, y)
            if history.pending:
                pending = np.array([self._vector(p.point) for p in history.pending.values()])
                x, y = np.concatenate([x, pending]), np.concatenate([y, process.predict(pending)])
                process = GaussianProcessRegressor(
                    process.kernel_, alpha=self._alpha, optimizer=None, normalize_y=True
                ).fit(x, y)
            mean, spread = process.predict(np.array([self._vector(p) for p in points]), return_std=True)
        spread = np.maximum(spread, 1e-12)
        if self._utility == "ucb":
            return [float(v) for v in self._kappa * spread - mean]
        z = (process.predict(x).min() - mean - self._xi) / spread
        improvement = norm.cdf(z) if self._utility == "poi" else spread * (z * norm.cdf(z) + norm.pdf(z))
        return [float(v) for v in improvement]

    def _moved(self, point: Point, rng: random.Random) -> Point:
        """`point` with every line moved a little."""
        child: dict[str, int | float] = {}
        for dimension in self._dimensions:
            if not dimension.active(child):
                continue
            if dimension.name not in point:
                child[dimension.name] = dimension.at(rng.random())
            elif isinstance(dimension.distribution, Choice):
                child[dimension.name] = point[dimension.name]
            else:
                share = dimension.position(point[dimension.name]) + rng.gauss(0, 0.07)
                child[dimension.name] = dimension.at(min(max(share, 0.0), 1 - 1e-12))
        return child

    def _vector(self, point: Point) -> list[float]:
        vector: list[float] = []
        for dimension in self._dimensions:
            inside = dimension.name in point
            if isinstance(dimension.distribution, Choice):
                options = len(dimension.distribution.options)
                vector += [float(inside and point[dimension.name] == i) for i in range(options)]
            else:
                vector.append(dimension.position(point[dimension.name]) if inside else 0.5)
        return vector


def _few(ranked: Sequence[Outcome]) -> list[Outcome]:
    """The best and the latest, half and half, in order of number."""
    best = ranked[: FEW // 2]
    taken = {outcome.number for outcome in best}
    latest = sorted((o for o in ranked if o.number not in taken), key=lambda o: o.number)[-FEW // 2 :]
    return sorted([*best, *latest], key=lambda outcome: outcome.number)
