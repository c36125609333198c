"""SMAC: a random forest over the space and expected improvement, SMAC3's own parts under our rules.

These are the parts of SMAC3's `HyperparameterOptimizationFacade`: its forest of the logarithm of scaled
losses, its expected improvement, its search for the best of that, and every fifth point by chance. The facade
itself is left out: it writes a directory and keeps a state of its own. Here the forest is grown from the history
for each suggestion, which takes a second, most of it in its search; fewer `walks` take less. Options of a nested choice are conditions of ConfigSpace. A pending trial
is taken to come to what the forest expects of it. The first points fill the space evenly. Needs the extra `smac`.

Lindauer et al., SMAC3: A Versatile Bayesian Optimization Package, JMLR 2022.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from annotate_tuners.algorithm import History, Proposal
from annotate_tuners.choices import Choice
from annotate_tuners.distributions import RandInt
from annotate_tuners.errors import InvalidArguments, MissingPackage
from annotate_tuners.quasi_random import even_point
from annotate_tuners.random_search import RandomSearch

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from annotate_tuners.dimensions import Dimensions, Point

LATEST = 1000  # trials that the forest is grown from
TINY = 1e-10


class Smac:
    """`startup` even points first; expected improvement is climbed from the best of `challengers` random ones, `walks` times."""

    def __init__(
        self,
        dimensions: Dimensions,
        *,
        startup: int = 10,
        challengers: int = 1000,
        walks: int = 10,
        n_trees: int = 10,
        random_probability: float = 0.2,
    ) -> None:
        if startup < 2 or challengers < walks or walks < 1 or n_trees < 1 or not 0 <= random_probability < 1:
            raise InvalidArguments(
                "smac needs startup >= 2, challengers >= walks >= 1, n_trees >= 1, 0 <= random_probability < 1"
            )
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of what its imports import
                import ConfigSpace  # noqa: PLC0415 - an extra
                import smac  # noqa: F401, PLC0415
        except ImportError as error:
            raise MissingPackage("smac needs SMAC3; pip install 'annotate-trials[smac]'") from error
        self._config_space: Any = ConfigSpace
        self._dimensions = dimensions
        self._names = {dimension.name: f"d{n}" for n, dimension in enumerate(dimensions)}
        self._startup = startup
        self._challengers = challengers
        self._walks = walks
        self._trees = n_trees
        self._random = random_probability

    def propose(self, history: History, number: int, rng: random.Random) -> Iterator[Proposal]:
        if len(history) < self._startup or len(history.ranked) < 2:
            yield Proposal(even_point(self._dimensions, number, history.seed))
            yield from RandomSearch(self._dimensions).propose(history, number, rng)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = self._challenged(history, rng.randrange(2**31))
        for configuration in found:
            if rng.random() < self._random:
                yield Proposal(self._dimensions.sample(rng))
            yield Proposal(self._point(configuration))
        yield from RandomSearch(self._dimensions).propose(history, number, rng)

    def _challenged(self, history: History, seed: int) -> list[Any]:
        """Configurations, the one of the greatest expected improvement first."""
        import numpy as np  # noqa: PLC0415 - SMAC3 brings it
        from smac.acquisition.function.expected_improvement import EI  # noqa: PLC0415
        from smac.model.random_forest.random_forest import RandomForest  # noqa: PLC0415

        from annotate_tuners.smac_search import OrderedSearch  # noqa: PLC0415

        space = self._space(seed)
        known = sorted(history.ranked, key=lambda outcome: outcome.number)[-LATEST:]
        configurations = [self._configuration(space, outcome.point) for outcome in known]
        losses = np.array([outcome.loss for outcome in known], dtype=float)
        x = np.array([configuration.get_array() for configuration in configurations])
        y = _scaled(np, losses)
        forest = RandomForest(
            space,
            n_trees=self._trees,
            ratio_features=1.0,
            min_samples_split=2,
            min_samples_leaf=1,
            log_y=True,
            n_jobs=1,  # a pool of threads for each call costs more than the calls
            seed=seed,
        )
        forest.train(x, y)
        if history.pending:
            pending = [self._configuration(space, p.point).get_array() for p in history.pending.values()]
            expected, _ = forest.predict_marginalized(np.array(pending))
            x, y = np.concatenate([x, pending]), np.concatenate([y, expected[:, 0]])
            forest.train(x, y)
        improvement = EI(xi=0.0, log=True)
        best = float(forest.predict_marginalized(x)[0].min())
        improvement.update(model=forest, eta=best, incumbent_array=None, num_data=len(x), X=x)
        search = OrderedSearch(
            space, improvement, challengers=self._challengers, walks=self._walks, seed=seed
        )
        return search.best(configurations)

    def _space(self, seed: int) -> Any:
        """Our dimensions as ConfigSpace's: lines are their shares, integers and choices what they are."""
        package = self._config_space
        space = package.ConfigurationSpace(seed=seed)
        made: dict[str, Any] = {}
        for dimension in self._dimensions:
            name = self._names[dimension.name]
            match dimension.distribution:
                case Choice(options):
                    made[name] = package.CategoricalHyperparameter(name, list(range(len(options))))
                case RandInt(low, high) if high - low > 1:
                    made[name] = package.UniformIntegerHyperparameter(name, low, high - 1)
                case RandInt(low, _):
                    made[name] = package.Constant(name, low)
                case _:
                    made[name] = package.UniformFloatHyperparameter(name, 0.0, 1.0)
        space.add(*made.values())
        space.add(
            *(
                package.EqualsCondition(made[self._names[d.name]], made[self._names[d.parent]], d.option)
                for d in self._dimensions
                if d.parent is not None
            )
        )
        return space

    def _configuration(self, space: Any, point: Point) -> Any:
        whole = self._dimensions.completed(point)  # what lay outside the space is taken for the middle
        values: dict[str, int | float] = {}
        for dimension in self._dimensions:
            if dimension.name in whole:
                value = whole[dimension.name]
                discrete = isinstance(dimension.distribution, (Choice, RandInt))
                values[self._names[dimension.name]] = int(value) if discrete else dimension.position(value)
        return self._config_space.Configuration(space, values=values)

    def _point(self, configuration: Any) -> Point:
        point: dict[str, int | float] = {}
        for dimension in self._dimensions:
            if dimension.active(point):
                value = configuration[self._names[dimension.name]]
                discrete = isinstance(dimension.distribution, (Choice, RandInt))
                point[dimension.name] = int(value) if discrete else dimension.at(min(float(value), 1 - 1e-12))
        return point


def _scaled(np: Any, losses: Any) -> Any:
    """The logarithm of losses scaled to their range, as SMAC3's `RunHistoryLogScaledEncoder` does it."""
    least = losses.min() - (np.percentile(losses, 10) - losses.min()) - TINY
    span = losses.max() - least
    return np.log((losses - least) / span if span > 0 else np.ones_like(losses))
