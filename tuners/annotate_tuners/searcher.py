"""A tuner made of an algorithm: the rules that hold for all of them, in one place.

- A point is not suggested again while it runs or after it ran, more than `repeats` times, counted
  over active parameters: what a trial was given and never read makes no difference.
- A point that may turn out to be that of a running trial, since both differ only in what some trial never
  read, waits until that has ended, as long as there is another.
- A point that breaks the constraint is never suggested.
- When no point is left, SpaceExhausted; where a few are left that the algorithm does not find, they
  are found by counting.
- The same seed and the same history give the same suggestions, in whatever order it was observed.

>>> from annotate_tuners.random_search import RandomSearch
>>> from annotate_tuners.space import SearchSpace
>>> dimensions = Dimensions.of(SearchSpace.from_json(
...     {"act": {"_type": "choice", "_value": ["relu", "tanh"]}}))
>>> tuner = Searcher(dimensions, RandomSearch(dimensions), direction="maximize", seed=0)
>>> sorted(tuner.suggest(n)["act"] for n in range(2))
['relu', 'tanh']
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from annotate_tuners.algorithm import Algorithm, History, Outcome, Proposal
from annotate_tuners.dimensions import Dimensions
from annotate_tuners.errors import UnsatisfiableConstraint
from annotate_tuners.outcomes import Outcomes
from annotate_tuners.seen import Seen
from annotate_tuners.space import Params
from annotate_tuners.tuner import Direction, Observation, SpaceExhausted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from annotate_tuners.choices import Json

Constraint: TypeAlias = Callable[[Params], bool]

PROPOSALS = 50  # how many proposals of an algorithm are refused before chance takes over
PATIENCE = 20  # how many points are put off that may turn out to be one that is running
DRAWS = 20_000  # random points before a space that cannot be counted is given up
COUNTABLE = 100_000  # spaces up to this size are counted through


class Searcher:
    """The tuner of one algorithm over one space."""

    def __init__(
        self,
        dimensions: Dimensions,
        algorithm: Algorithm,
        *,
        direction: Direction,
        seed: int,
        constraint: Constraint | None = None,
        repeats: int = 1,
        directions: Sequence[Direction] = (),
    ) -> None:
        self.dimensions = dimensions
        self._algorithm = algorithm
        self._sign, *_ = self._signs = _signs(directions or (direction,))
        self._seed = seed
        self._constraint = constraint
        names_of: dict[str, set[str]] = {}
        for dimension in dimensions:
            names_of.setdefault(dimension.key, set()).add(dimension.name)
        self._seen = Seen(names_of, repeats)
        self._finished = Outcomes()
        self._pending: dict[int, Proposal] = {}
        self._given: dict[int, frozenset[str]] = {}
        if constraint is not None and next(self._remaining(self._rng("constraint")), None) is None:
            raise UnsatisfiableConstraint("no point of the search space keeps the constraint")

    def suggest(self, number: int) -> Params:
        """The point for trial `number`. Raises SpaceExhausted."""
        proposal = self._propose(number)
        params = {**self.dimensions.decode(proposal.point), **proposal.extra}
        self._start(number, proposal, params)
        return params

    def pending(self, number: int, params: Params) -> None:
        """Trial `number` runs these params, which this tuner did not suggest."""
        self._start(number, self._encode(params), params)

    def observe(self, observation: Observation) -> None:
        """Learn a finished trial."""
        number = observation.number
        given = self._given.pop(number, frozenset())
        inactive = frozenset({*observation.inactive, *(given - observation.params.keys())})
        known = self._pending.pop(number, None) or self._encode(observation.given or observation.params)
        proposal = self._active(known, inactive)
        self._seen.add(number, proposal, inactive=inactive)
        self._finished.add(
            Outcome(
                number,
                proposal.point,
                self._loss(observation.value, self._sign),
                known.point,
                known.extra,
                tuple(self._sign * value for value in observation.curve),
                self._losses(observation.values),
            )
        )

    def forget(self, number: int) -> None:
        """Trial `number` was cancelled: it is no longer pending and teaches nothing."""
        if self._pending.pop(number, None) is not None:
            del self._given[number]
            self._seen.discard(number)

    @property
    def history(self) -> History:
        """What the algorithm is shown."""
        return History(
            self._finished,
            {number: self._pending[number] for number in sorted(self._pending)},
            self._seed,
        )

    def _start(self, number: int, proposal: Proposal, params: Params) -> None:
        self._pending[number] = proposal
        self._given[number] = frozenset(params)
        self._seen.add(number, proposal)

    def _propose(self, number: int) -> Proposal:
        history = self.history
        extra: dict[str, Json] = {}
        put_off: list[Proposal] = []
        proposals = self._algorithm.propose(history, number, self._rng(number))
        for proposal in itertools.islice(proposals, getattr(self._algorithm, "patience", PROPOSALS)):
            if self._allowed(proposal):
                if not self._seen.doubtful(proposal, history.pending.values()):
                    return proposal
                put_off.append(proposal)
                if len(put_off) == PATIENCE:
                    break
            extra = dict(proposal.extra)
        if put_off:
            return put_off[0]
        for point in self._remaining(self._rng(number, "left"), extra):
            return Proposal(point, extra)
        raise SpaceExhausted("every point of the search space has been tried")

    def _remaining(
        self, rng: random.Random, extra: dict[str, Json] | None = None
    ) -> Iterator[dict[str, int | float]]:
        """Points that may still be suggested, by chance."""
        extra = extra or {}
        size = self.dimensions.size()
        countable = size is not None and size <= COUNTABLE
        for _ in range(200 if countable else DRAWS):
            point = self.dimensions.sample(rng)
            if self._allowed(Proposal(point, extra)):
                yield point
        if countable:
            left = [p for p in self.dimensions.points() if self._allowed(Proposal(p, extra))]
            rng.shuffle(left)
            yield from left

    def _allowed(self, proposal: Proposal) -> bool:
        if self._seen.exhausted(proposal):
            return False
        return self._constraint is None or self._constraint(self.dimensions.decode(proposal.point))

    def _encode(self, params: Params) -> Proposal:
        return Proposal(self.dimensions.encode(params), self.dimensions.beside(params))

    def _active(self, proposal: Proposal, inactive: frozenset[str]) -> Proposal:
        off = {dimension.name for dimension in self.dimensions if dimension.key in inactive}
        return Proposal({n: v for n, v in proposal.point.items() if n not in off}, proposal.extra)

    def _loss(self, value: float | None, sign: float) -> float | None:
        return None if value is None or not math.isfinite(value) else sign * value

    def _losses(self, values: tuple[float, ...]) -> tuple[float, ...]:
        if len(values) != len(self._signs):
            return ()
        losses = [self._loss(value, sign) for value, sign in zip(values, self._signs, strict=True)]
        return tuple(loss for loss in losses if loss is not None) if None not in losses else ()

    def _rng(self, *purpose: object) -> random.Random:
        return random.Random("/".join(map(str, itertools.chain([self._seed], purpose))))  # noqa: S311


def _signs(directions: Sequence[Direction]) -> tuple[float, ...]:
    return tuple(-1.0 if direction == "maximize" else 1.0 for direction in directions)
