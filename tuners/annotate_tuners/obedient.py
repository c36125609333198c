"""A user's whole tuner, ours or NNI's, under the rules that hold for all: the constraint, and no point twice.

A point that a rule forbids is forgotten and the tuner asked again, `ASKED` times; after that the study ends and
says so. What it adds to a point, a budget of its own for example, makes it another one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from annotate_tuners.algorithm import Proposal
from annotate_tuners.exact import exact
from annotate_tuners.seen import Seen
from annotate_tuners.tuner import SpaceExhausted

if TYPE_CHECKING:
    from annotate_tuners.choices import Json
    from annotate_tuners.searcher import Constraint
    from annotate_tuners.space import Params, SearchSpace
    from annotate_tuners.tuner import Observation, Tuner

ASKED = 100  # how many points in a row may be forbidden for one trial


class Obedient:
    """`tuner`, whose points may each run `repeats` times."""

    def __init__(
        self, space: SearchSpace, tuner: Tuner, *, constraint: Constraint | None = None, repeats: int = 1
    ) -> None:
        self._tuner = tuner
        self._constraint = constraint
        self._places: dict[str, int] = {}
        self._seen = Seen({key: {key} for key in space}, repeats)

    def suggest(self, number: int) -> Params:
        """The tuner's next point that is allowed. Raises SpaceExhausted."""
        why: set[str] = set()
        for _ in range(ASKED):
            params = self._tuner.suggest(number)
            point = self._point(params)
            if self._constraint is not None and not self._constraint(params):
                why.add("break the constraint")
            elif self._seen.exhausted(point):
                why.add("have run already (--repeats lets them run again)")
            else:
                self._seen.add(number, point)
                return params
            self._tuner.forget(number)
        raise SpaceExhausted(f"{ASKED} points of the tuner in a row {' or '.join(sorted(why))}")

    def pending(self, number: int, params: Params) -> None:
        """Trial `number` runs these params, which the tuner did not suggest."""
        self._seen.add(number, self._point(params))
        self._tuner.pending(number, params)

    def observe(self, observation: Observation) -> None:
        """Learn a finished trial."""
        inactive = frozenset(observation.inactive)
        self._seen.add(observation.number, self._point(observation.params), inactive)
        self._tuner.observe(observation)

    def forget(self, number: int) -> None:
        """Trial `number` was cancelled."""
        self._seen.discard(number)
        self._tuner.forget(number)

    def _point(self, params: Params) -> Proposal:
        return Proposal({key: self._place(value) for key, value in params.items()})

    def _place(self, value: Json) -> int:
        """A number that stands for the value; 1 and 1.0 are the same one."""
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return self._places.setdefault(exact(float(value) if is_number else value), len(self._places))
