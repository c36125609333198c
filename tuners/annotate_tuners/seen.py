"""Which points have run or are running, counted over active parameters.

A trial that was given a parameter and never read it stands for every value of that parameter: the
points that differ from it only there are repeats. Whether a trial that runs will read such a parameter is not
known: a point that differs from it only there may be a repeat.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TypeAlias

from annotate_tuners.exact import exact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from collections.abc import Set as AbstractSet

    from annotate_tuners.algorithm import Proposal

_Shape: TypeAlias = tuple[frozenset[str], frozenset[str]]  # the dimensions set, those that do not matter
_Values: TypeAlias = tuple[tuple[float, ...], str]


class Seen:
    """A count of points by trial number; a point is exhausted once it has `repeats`.

    `names_of` maps a parameter's key to what it is made of in a point.
    """

    def __init__(self, names_of: Mapping[str, AbstractSet[str]], repeats: int) -> None:
        self._names_of = names_of
        self._repeats = repeats
        self._by_number: dict[int, tuple[_Shape, _Values]] = {}
        self._counts: dict[_Shape, Counter[_Values]] = {}
        self._unread: frozenset[str] = frozenset()  # what any trial was given and never read

    def add(self, number: int, proposal: Proposal, inactive: frozenset[str] = frozenset()) -> None:
        """Count the point of trial `number`, instead of what was known of it before."""
        self.discard(number)
        names = frozenset(proposal.point)
        either = frozenset(name for key in inactive for name in self._names_of.get(key, ()))
        self._unread |= either
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

    def doubtful(self, proposal: Proposal, running: Iterable[Proposal]) -> bool:
        """Whether this point may turn out to be that of a running trial, by what trials have left unread.

        One with a budget or a directory of its own is its algorithm's to repeat.
        """
        if not self._unread or proposal.extra:
            return False
        surely = proposal.point.keys() - self._unread
        return any(
            surely == other.point.keys() - self._unread
            and all(other.point[name] == proposal.point[name] for name in surely)
            for other in running
        )


def _values(names: frozenset[str], proposal: Proposal) -> _Values:
    return tuple(proposal.point[name] for name in sorted(names)), exact(dict(proposal.extra))
