"""Hyperband and BOHB: many configurations with a small budget, the better ones again with more.

A trial is told its budget as `TRIAL_BUDGET`, a whole number, as NNI's advisors do it. A bracket starts
`n` configurations at one budget; when all of a rung have finished, the best `1 / eta` go on with `eta`
times the budget. Where every rung waits for running trials, the next bracket begins, so that no slot
waits. Which bracket a configuration belongs to follows from the smallest budget it was tried with.

Li et al., Hyperband, JMLR 2018. BOHB draws its configurations from tpe's model of the results at the
largest budget that has enough of them; Falkner et al., BOHB, ICML 2018.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from annotate_tuners.algorithm import Algorithm, History, Outcome, Proposal
from annotate_tuners.errors import InvalidArguments
from annotate_tuners.random_search import RandomSearch
from annotate_tuners.tpe import Tpe

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from annotate_tuners.dimensions import Dimensions, Point

KEY = "TRIAL_BUDGET"
TRIES = 50  # how many draws may be points that are known
_Name: TypeAlias = tuple[tuple[str, float], ...]


@dataclass
class _Configuration:
    """A point and what it came to at each budget: a loss, or None while it runs."""

    point: Point
    losses: dict[int, float | None] = field(default_factory=dict)


class _Halving:
    """Brackets of successive halving between two budgets."""

    def __init__(self, smallest: int, largest: int, eta: int, exec_mode: str) -> None:
        if not 1 <= smallest <= largest or eta < 2:
            raise InvalidArguments("budgets need 1 <= smallest <= largest and eta >= 2")
        if exec_mode not in ("parallelism", "serial"):
            raise InvalidArguments(f"exec_mode is 'parallelism' or 'serial', not {exec_mode!r}")
        last = math.floor(math.log(largest / smallest) / math.log(eta) + 1e-9)
        self.brackets = [
            [
                (math.floor(starts * eta**-rung + 1e-9), max(1, round(largest * eta ** (rung - bracket))))
                for rung in range(bracket + 1)
            ]
            for bracket in range(last, -1, -1)
            for starts in [math.ceil((last + 1) / (bracket + 1) * eta**bracket - 1e-9)]
        ]

    def next(self, history: History) -> tuple[Point | None, int]:
        """The point to promote, or None for a new one, and the budget."""
        started: dict[int, list[_Configuration]] = {}
        for configuration in _configurations(history):
            started.setdefault(min(configuration.losses), []).append(configuration)
        room: tuple[None, int] | None = None
        for turn in range(len(history) + 1):
            for rungs in self.brackets:
                count, budget = rungs[0]
                members = started.get(budget, [])[turn * count : (turn + 1) * count]
                promoted = _promoted(members, rungs)
                if promoted is not None:
                    return promoted
                if len(members) < count and room is None:
                    room = (None, budget)
            if room is not None:
                return room
        raise AssertionError("a turn without a trial has room")


class Hyperband:
    """`R` is the largest budget; a rung keeps `1 / eta`."""

    def __init__(
        self,
        dimensions: Dimensions,
        *,
        R: int = 60,  # noqa: N803 - NNI's name
        eta: int = 3,
        exec_mode: str = "parallelism",
    ) -> None:
        self._halving = _Halving(1, R, eta, exec_mode)
        self._new: Algorithm = RandomSearch(dimensions)
        self._dimensions = dimensions

    def propose(self, history: History, number: int, rng: random.Random) -> Iterator[Proposal]:
        point, budget = self._halving.next(history)
        if point is not None:
            yield Proposal(self._dimensions.completed(point), {KEY: budget})
        known = {_name(configuration.point) for configuration in _configurations(history)}
        for proposal in itertools.islice(
            self._algorithm(rng).propose(self._learned(history), number, rng), TRIES
        ):
            if _name(proposal.point) not in known:
                yield Proposal(proposal.point, {KEY: budget})

    def _algorithm(self, rng: random.Random) -> Algorithm:
        return self._new

    def _learned(self, history: History) -> History:
        return history


class Bohb(Hyperband):
    """`min_budget` to `max_budget`; a model is made once a budget has `min_points_in_model` results.

    The best `top_n_percent` are its good ones, the best of `num_samples` proposals is tried; of the
    configurations, the share `random_fraction` is drawn by chance. The names are NNI's.
    """

    def __init__(
        self,
        dimensions: Dimensions,
        *,
        min_budget: int = 1,
        max_budget: int = 3,
        eta: int = 3,
        min_points_in_model: int | None = None,
        top_n_percent: float = 15,
        num_samples: int = 8,
        random_fraction: float = 0.0,
    ) -> None:
        if not 0 < top_n_percent < 100 or not 0 <= random_fraction <= 1:
            raise InvalidArguments("bohb needs 0 < top_n_percent < 100 and 0 <= random_fraction <= 1")
        super().__init__(dimensions)
        self._halving = _Halving(min_budget, max_budget, eta, "parallelism")
        self._least = len(dimensions) + 3 if min_points_in_model is None else min_points_in_model
        self._new = Tpe(dimensions, startup=self._least, good=top_n_percent / 100, proposals=num_samples)
        self._chance = RandomSearch(dimensions)
        self._random = random_fraction

    def _algorithm(self, rng: random.Random) -> Algorithm:
        return self._chance if rng.random() < self._random else self._new

    def _learned(self, history: History) -> History:
        """The results of the largest budget that has enough, and what is pending."""
        at: dict[int, list[Outcome]] = {}
        for outcome in history.finished:
            at.setdefault(outcome.extra.get(KEY, 0), []).append(outcome)
        enough = [budget for budget, outcomes in at.items() if len(outcomes) >= self._least]
        return (
            History(tuple(at[max(enough)]), history.pending, history.seed)
            if enough
            else History(seed=history.seed)
        )


def _configurations(history: History) -> list[_Configuration]:
    """What was tried with a budget, in the order of the first trial of each point."""
    runs = [(o.number, o.given, o.extra, math.inf if o.loss is None else o.loss) for o in history.finished]
    known: dict[_Name, _Configuration] = {}
    pending = [(number, p.point, p.extra, None) for number, p in history.pending.items()]
    for _, point, extra, loss in sorted([*runs, *pending], key=lambda run: run[0]):
        if KEY in extra:
            configuration = known.setdefault(_name(point), _Configuration(point))
            configuration.losses[extra[KEY]] = loss
    return list(known.values())


def _promoted(members: list[_Configuration], rungs: list[tuple[int, int]]) -> tuple[Point, int] | None:
    for (count, budget), (survivors, more) in itertools.pairwise(rungs):
        finished = [(c.losses[budget], i) for i, c in enumerate(members) if c.losses.get(budget) is not None]
        if len(finished) < count:
            return None
        best = [members[i] for _, i in sorted(finished)[:survivors]]
        for configuration in best:
            if more not in configuration.losses:
                return configuration.point, more
    return None


def _name(point: Point) -> _Name:
    return tuple(sorted(point.items()))
