"""How much of the differences between trials each parameter alone explains, and how sure that is.

fANOVA (Hutter, Hoos and Leyton-Brown, ICML 2014), as Optuna has it: a random forest learns the metric from the
parameters, and its variance over the whole search space is split up by parameter. It is done again and again with
trials drawn at random with replacement; what differs from one time to the next is the uncertainty. A parameter
that is drawn at random and plays no part is measured with the others: what it gets, chance alone gets.

Refuses too few trials, and trials that all came to the same result. Needs optuna and scikit-learn.
"""

from __future__ import annotations

import math
import random
import statistics
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from annotate.report.axes import Axis
from annotate.report.words import many

LEAST = 20  # trials, and three for each parameter
MOST = 250  # trials drawn each time
TIMES = 10
TREES = 16
_CHANCE = "\0chance"


@dataclass(frozen=True)
class Share:
    """The share of the variance that a parameter alone explains: the mean of all times, and their spread."""

    name: str
    mean: float
    spread: float


@dataclass(frozen=True)
class Importance:
    """The parameters, the most important one first. `chance` is what a parameter without effect would get.

    Of `trials` trials, `drawn` were taken each of `times` times. `filled` are the parameters that some trials never
    asked for; there the middle of their range stood in.
    """

    shares: tuple[Share, ...]
    chance: Share
    trials: int
    drawn: int
    times: int
    filled: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refused:
    """Why there is no importance, in a sentence."""

    reason: str


Outcome: TypeAlias = Importance | Refused


def importance(axes: Sequence[Axis], values: Sequence[float | None], *, seed: int = 0) -> Outcome:
    """The importance of each axis for `values`, which has one entry a trial, None where it does not count."""
    counted = [i for i, value in enumerate(values) if value is not None]
    needed = max(LEAST, 3 * len(axes))
    if not axes:
        return Refused("The search space has no parameter.")
    if len(counted) < needed:
        return Refused(
            f"{many(len(counted), 'succeeded trial')} {'is' if len(counted) == 1 else 'are'} too few to tell effect "
            f"from chance: it takes {needed}."
        )
    results = [values[i] for i in counted]
    if max(results) == min(results):  # type: ignore[type-var]
        return Refused("Every trial came to the same result, so no parameter can be told from another.")
    try:
        forest = _Forest(axes, counted, results)
    except ImportError as error:
        return Refused(
            f"{error.name} is not installed: pip install 'annotate-trials[report]' adds what this takes."
        )
    return forest.measured(seed)


class _Forest:
    """The trials as Optuna takes them."""

    def __init__(self, axes: Sequence[Axis], counted: Sequence[int], results: Sequence[Any]) -> None:
        import optuna  # noqa: PLC0415 - an extra
        import sklearn.ensemble  # noqa: F401, PLC0415 - what Optuna's fANOVA stands on

        self._optuna = optuna
        self._counted, self._results = counted, results
        self._axes = axes
        self._filled = tuple(axis.name for axis in axes if any(axis.places[i] is None for i in counted))

    def measured(self, seed: int) -> Importance:
        dice = random.Random(seed)  # noqa: S311 - no secret
        drawn = min(MOST, len(self._counted))
        rounds = []
        for _ in range(TIMES):
            rows = dice.choices(range(len(self._counted)), k=drawn)
            rounds.append(self._once(rows, dice))
        keys = [*map(str, range(len(self._axes))), _CHANCE]
        names = [*(axis.name for axis in self._axes), "chance"]
        *shares, chance = (
            Share(name, statistics.fmean(got), statistics.stdev(got))
            for name, got in zip(
                names, ([each.get(key, 0.0) for each in rounds] for key in keys), strict=True
            )
        )
        ordered = tuple(sorted(shares, key=lambda share: -share.mean))
        return Importance(ordered, chance, len(self._counted), drawn, TIMES, self._filled)

    def _once(self, rows: Sequence[int], dice: random.Random) -> dict[str, float]:
        optuna = self._optuna
        distributions = {str(i): self._distribution(axis) for i, axis in enumerate(self._axes)}
        distributions[_CHANCE] = optuna.distributions.FloatDistribution(0.0, 1.0)
        noise = {row: dice.random() for row in sorted(set(rows))}
        verbosity = optuna.logging.get_verbosity()
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
                study.add_trials(
                    optuna.trial.create_trial(
                        value=self._results[row],
                        params={
                            **{str(i): _told(axis, self._counted[row]) for i, axis in enumerate(self._axes)},
                            _CHANCE: noise[row],
                        },
                        distributions=distributions,
                    )
                    for row in rows
                )
                evaluator = optuna.importance.FanovaImportanceEvaluator(
                    n_trees=TREES, max_depth=32, seed=dice.randrange(2**31)
                )
                found = evaluator.evaluate(study, list(distributions))
        finally:
            optuna.logging.set_verbosity(verbosity)
        return {name: float(share) if math.isfinite(share) else 0.0 for name, share in found.items()}

    def _distribution(self, axis: Axis) -> Any:
        distributions = self._optuna.distributions
        if axis.kind == "choice":
            return distributions.CategoricalDistribution(range(max(1, len(axis.options))))
        return distributions.FloatDistribution(0.0, 1.0)


def _told(axis: Axis, trial: int) -> int | float:
    """Where a trial stands on an axis; the middle where it has no place."""
    place = axis.places[trial]
    if axis.kind == "choice":
        return 0 if place is None else int(place)
    return 0.5 if place is None else min(1.0, max(0.0, axis.share(place)))
