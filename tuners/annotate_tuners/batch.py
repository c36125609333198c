"""Batch: the configurations that the user wrote down, one after the other.

NNI's form is one choice of objects under `combine_params`; a trial is given the object's entries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from annotate_tuners.algorithm import History, Proposal
from annotate_tuners.choices import Choice, Json
from annotate_tuners.dimensions import Dimensions
from annotate_tuners.errors import InvalidSpace
from annotate_tuners.exact import exact

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from annotate_tuners.dimensions import Point
    from annotate_tuners.space import Params, SearchSpace


class Configurations(Dimensions):
    """One choice of objects, of which a trial gets the entries and not the object."""

    @classmethod
    def of(cls, space: SearchSpace) -> Configurations:
        """Raises InvalidSpace for any other space."""
        kinds = list(space.values())
        if len(kinds) == 1 and isinstance(kinds[0], Choice) and not kinds[0].nested:
            options = kinds[0].options
            if all(isinstance(option, dict) for option in options):
                return cls(space, Dimensions.of(space).dimensions)
        raise InvalidSpace("batch needs a space of one choice, whose options are the configurations")

    def encode(self, params: Params) -> dict[str, int | float]:
        for number, option in enumerate(self._options):
            if exact(option) == exact(dict(params)):
                return {self.dimensions[0].name: number}
        return {}

    def decode(self, point: Point) -> dict[str, Json]:
        return dict(self._options[int(point[self.dimensions[0].name])])

    def beside(self, params: Params) -> dict[str, Json]:
        return {}

    @property
    def _options(self) -> tuple[Json, ...]:
        (distribution,) = self.space.values()
        return distribution.options if isinstance(distribution, Choice) else ()


class Batch:
    """In the order in which they stand."""

    patience: int | None = None

    def __init__(self, dimensions: Dimensions) -> None:
        self._dimensions = dimensions

    def propose(self, history: History, number: int, rng: random.Random) -> Iterator[Proposal]:
        yield from map(Proposal, self._dimensions.points())
