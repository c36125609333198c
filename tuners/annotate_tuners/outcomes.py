"""What has finished, kept in order as it comes: a suggestion sorts and copies nothing.

>>> from annotate_tuners.algorithm import Outcome
>>> outcomes = Outcomes([Outcome(2, {}, 0.5, {}), Outcome(1, {}, 0.7, {}), Outcome(3, {}, None, {})])
>>> [o.number for o in outcomes], [o.number for o in outcomes.ranked]
([1, 2, 3], [2, 1])
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    from annotate_tuners.algorithm import Outcome


class Outcomes(Sequence["Outcome"]):
    """Outcomes in order of number, one for each."""

    def __init__(self, outcomes: Iterable[Outcome] = ()) -> None:
        self._numbers: list[int] = []
        self._outcomes: list[Outcome] = []
        self._ranked: list[Outcome] = []
        for outcome in outcomes:
            self.add(outcome)

    @property
    def ranked(self) -> Sequence[Outcome]:
        """Those that did not fail, the best first, the earlier first among equals."""
        return self._ranked

    def add(self, outcome: Outcome) -> None:
        """Take in an outcome, instead of what was known of its trial before."""
        at = bisect_left(self._numbers, outcome.number)
        if self._numbers[at : at + 1] == [outcome.number]:
            before, self._outcomes[at] = self._outcomes[at], outcome
            if before.loss is not None:
                del self._ranked[bisect_left(self._ranked, _rank(before), key=_rank)]
        else:
            self._numbers.insert(at, outcome.number)
            self._outcomes.insert(at, outcome)
        if outcome.loss is not None:
            insort(self._ranked, outcome, key=_rank)

    def __iter__(self) -> Iterator[Outcome]:
        return iter(self._outcomes)

    def __len__(self) -> int:
        return len(self._outcomes)

    @overload
    def __getitem__(self, index: int) -> Outcome: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Outcome]: ...
    def __getitem__(self, index: int | slice) -> Outcome | Sequence[Outcome]:
        return self._outcomes[index]


def _rank(outcome: Outcome) -> tuple[float, int]:
    assert outcome.loss is not None
    return outcome.loss, outcome.number
