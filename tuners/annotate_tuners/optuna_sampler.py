"""Any of Optuna's samplers or OptunaHub's, and Optuna's NSGA-II for several metrics.

`optuna:GPSampler` is `optuna.samplers.GPSampler`, `optunahub:samplers/auto_sampler` that package's sampler; class
arguments go to it. Every line is shown to Optuna as
its share in [0, 1], integers and choices as what they are, so that every distribution means what it means
everywhere here. A study in memory is made anew from the history for each suggestion. Needs the extra
`optuna`.

Most samplers model only what all trials have in common, so one that lacks a value, such as defaults outside
the space, is not shown to them, and what a trial never read is. TPE, which looks at each parameter by itself,
is shown all trials, and of each what was active.
"""

from __future__ import annotations

import inspect
import warnings
from typing import TYPE_CHECKING, Any

from annotate_tuners.algorithm import History, Proposal
from annotate_tuners.choices import Choice
from annotate_tuners.dimensions import Dimension, Dimensions
from annotate_tuners.distributions import RandInt
from annotate_tuners.errors import InvalidArguments, MissingPackage
from annotate_tuners.fronts import crowding, ranks
from annotate_tuners.lookup import refuse_unknown
from annotate_tuners.optuna_classes import hub_class, optuna_itself, sampler_class

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Mapping, Sequence

    from annotate_tuners.algorithm import Outcome
    from annotate_tuners.dimensions import Point

GENERATIONS = 50  # of a genetic sampler, that are shown to it one by one
GENERATION = 10  # NSGA-II's population where none is given: studies here are short


class OptunaSampler:
    """`sampler` is the name of a class of `optuna.samplers`, `package` one of OptunaHub's instead."""

    def __init__(
        self, dimensions: Dimensions, *, sampler: str = "", package: str = "", **sampler_args: Any
    ) -> None:
        self._optuna = optuna_itself(sampler or package)
        self._dimensions = dimensions
        self._args = sampler_args
        self._class = hub_class(self._optuna, package) if package else sampler_class(self._optuna, sampler)
        self._apart = self._class.__name__ == "TPESampler"
        self._takes = inspect.signature(self._class).parameters
        if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in self._takes.values()):
            refuse_unknown(self._class.__name__, sampler_args, self._takes)
        self._sampler(0)

    def propose(self, history: History, number: int, rng: random.Random) -> Iterator[Proposal]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a sampler is experimental
            study = self._study(history, rng.randrange(2**31))
        while True:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                trial = study.ask()
                point: dict[str, int | float] = {}
                for dimension in self._dimensions:
                    if dimension.active(point):
                        point[dimension.name] = _asked(trial, dimension)
            yield Proposal(point)

    def _sampler(self, seed: int) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return self._class(**({"seed": seed} if "seed" in self._takes else {}), **self._args)
            except TypeError as error:
                raise InvalidArguments(f"{self._class.__name__}: {error}") from error
            except ImportError as error:
                raise MissingPackage(f"{self._class.__name__}: {error}") from error

    def _study(self, history: History, seed: int) -> Any:
        metrics = max((len(outcome.losses) for outcome in history.finished), default=0)
        sampler = self._sampler(seed)
        study = self._optuna.create_study(sampler=sampler, directions=["minimize"] * max(1, metrics))
        states = self._optuna.trial.TrialState
        for outcome, generation in _generations(history.finished, getattr(sampler, "population_size", None)):
            values = list(outcome.losses) if metrics else [outcome.loss]
            point = outcome.point if self._apart else outcome.given
            if not self._apart and point.keys() != self._dimensions.completed(point).keys():
                continue
            failed = outcome.loss is None or (metrics and not outcome.losses)
            attrs = {} if generation is None else {f"{type(sampler).__name__}:generation": generation}
            study.add_trial(
                self._trial(
                    point,
                    states.FAIL if failed else states.COMPLETE,
                    None if failed else values,
                    attrs,
                )
            )
        for proposal in history.pending.values():
            study.add_trial(self._trial(proposal.point, states.RUNNING, None, {}))
        return study

    def _trial(self, point: Point, state: Any, values: list[Any] | None, attrs: Mapping[str, Any]) -> Any:
        inside = [d for d in self._dimensions if d.name in point]
        return self._optuna.trial.create_trial(
            state=state,
            values=values,
            params={d.name: _told(d, point[d.name]) for d in inside},
            distributions={d.name: self._distribution(d) for d in inside},
            system_attrs=dict(attrs),
        )

    def _distribution(self, dimension: Dimension) -> Any:
        distributions = self._optuna.distributions
        match dimension.distribution:
            case Choice(options):
                return distributions.CategoricalDistribution(range(len(options)))
            case RandInt(low, high):
                return distributions.IntDistribution(low, high - 1)
            case _:
                return distributions.FloatDistribution(0.0, 1.0)


class Nsga2(OptunaSampler):
    """Deb et al., A Fast and Elitist Multiobjective Genetic Algorithm: NSGA-II, 2002."""

    def __init__(self, dimensions: Dimensions, *, population_size: int = GENERATION, **more: Any) -> None:
        super().__init__(dimensions, sampler="NSGAIISampler", population_size=population_size, **more)


class Motpe(OptunaSampler):
    """Optuna's tpe, which knows several metrics. Ozaki et al., GECCO 2020."""

    def __init__(self, dimensions: Dimensions, **more: Any) -> None:
        super().__init__(dimensions, sampler="TPESampler", **more)


def _generations(finished: Sequence[Outcome], size: int | None) -> Iterator[tuple[Outcome, int | None]]:
    """Every outcome with its generation, None where the sampler has none; of long ago, only the best generation.

    Optuna goes back through all generations for each suggestion, in a recursion that Python ends.
    """
    if size is None:
        yield from ((outcome, None) for outcome in finished)
        return
    recent = max(0, len(finished) // size - GENERATIONS) * size
    if recent:
        yield from ((outcome, 0) for outcome in _fittest(finished[:recent], size))
    first = 1 if recent else 0
    yield from ((o, first + order // size) for order, o in enumerate(finished[recent:]))


def _fittest(outcomes: Sequence[Outcome], count: int) -> list[Outcome]:
    """Those of the first fronts; of the front that is cut, those with the most room around them."""
    whole = [outcome for outcome in outcomes if outcome.losses]
    points = [outcome.losses for outcome in whole]
    if not whole:
        whole = [outcome for outcome in outcomes if outcome.loss is not None]
        points = [(outcome.loss,) for outcome in whole if outcome.loss is not None]
    found: list[int] = []
    fronts: dict[int, list[int]] = {}
    for at, rank in enumerate(ranks(points)):
        fronts.setdefault(rank, []).append(at)
    for _, front in sorted(fronts.items()):
        if len(found) >= count:
            break
        room = crowding([points[at] for at in front])
        order = sorted(range(len(front)), key=lambda i: (-room[i], i))
        found += [front[i] for i in order[: count - len(found)]]
    return [whole[at] for at in sorted(found)]


def _asked(trial: Any, dimension: Dimension) -> int | float:
    match dimension.distribution:
        case Choice(options):
            return int(trial.suggest_categorical(dimension.name, range(len(options))))
        case RandInt(low, high):
            return int(trial.suggest_int(dimension.name, low, high - 1))
        case _:
            return dimension.at(float(trial.suggest_float(dimension.name, 0.0, 1.0)))


def _told(dimension: Dimension, value: float) -> int | float:
    if isinstance(dimension.distribution, (Choice, RandInt)):
        return int(value)
    return float(dimension.position(value))
