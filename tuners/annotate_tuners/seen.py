"""Which points have run or are running, counted over active parameters.

A trial that was given a parameter and never read it stands for every value of that parameter: the
points that differ from it only there are repeats.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TypeAlias

from annotate_tuners.exact import exact

if TYPE_CHECKING:
    from annotate_tuners.algorithm import Proposal
    from annotate_tuners.dimensions import Dimensions

_Shape: TypeAlias = tuple[frozenset[str], frozenset[str]]  # the dimensions set, those that do not matter
_Values: TypeAlias = tuple[tuple[float, ...], str]


class Seen:
    """A count of points by trial number; a point is exhausted once it has `repeats`."""

    def __init__(self, dimensions: Dimensions, repeats: int) -> None:
        self._of_key: dict[str, set[str]] = {}
        for dimension in dimensions:
            self._of_key.setdefault(dimension.key, set()).add(dimension.name)
        self._repeats = repeats
        self._by_number: dict[int, tuple[_Shape, _Values]] = {}
        self._counts: dict[_Shape, Counter[_Values]] = {}

    def add(self, number: int, proposal: Proposal, inactive: frozenset[str] = frozenset()) -> None:
        """Count the point of trial `number`, instead of what was known of it before."""
        self.discard(number)
        names = frozenset(proposal.point)
        either = frozenset(name for key in inactive for name in self._of_key.get(key, ()))
        shape = (names, either)
        values = _values(names, proposal)
        self._by_number[number] = (shape, values)
        self._counts.setdefault(shape, Counter())[values] += 1

    def discard(self, number: int) -> None:
        """Forget the point of trial `number`."""
        known = self._by_number.pop(number, None)
        if known is not None:
            shape, values = known
            self._counts[shape][values] -= 1

    def exhausted(self, proposal: Proposal) -> bool:
        """Whether this point has had its runs."""
        names = proposal.point.keys()
        runs = 0
        for (known, either), counts in self._counts.items():
            if known <= names and names - known <= either:
                runs += counts[_values(known, proposal)]
        return runs >= self._repeats


def _values(names: frozenset[str], proposal: Proposal) -> _Values:
    return tuple(proposal.point[name] for name in sorted(names)), exact(dict(proposal.extra))
