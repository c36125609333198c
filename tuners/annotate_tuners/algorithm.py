"""The protocol behind every tuner: an algorithm is one function of the history.

It proposes points from what has finished and what is pending, and keeps no state of its own, so
that a study is resumed by telling its history again, in any order. It may propose what has been
proposed before and knows no constraint: `annotate_tuners.searcher` sees to both, once for all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from annotate_tuners.outcomes import Outcomes

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Mapping, Sequence

    from annotate_tuners.choices import Json
    from annotate_tuners.dimensions import Point


@dataclass(frozen=True)
class Proposal:
    """A point, and what else a trial is to be told (a budget, a checkpoint directory)."""

    point: Point
    extra: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """A finished trial. `loss` is to be made small; None where the trial failed.

    `point` names active dimensions only, and of those only the ones that lie in the space; `given` is
    what the trial was given, whether it read it or not.
    """

    number: int
    point: Point
    loss: float | None
    given: Point
    extra: Mapping[str, Json] = field(default_factory=dict)
    curve: tuple[float, ...] = ()  # losses too
    losses: tuple[float, ...] = ()  # of every metric, where there are several


@dataclass(frozen=True)
class History:
    """What has finished and what is pending, both in order of number; good until the proposals have been made.

    `seed` is the study's: the same for all its trials, where `rng` is another for each.
    """

    finished: Sequence[Outcome] = ()
    pending: Mapping[int, Proposal] = field(default_factory=dict)
    seed: int = 0

    def __len__(self) -> int:
        return len(self.finished) + len(self.pending)

    @property
    def ranked(self) -> Sequence[Outcome]:
        """The finished trials that did not fail, the best first, the earlier first among equals."""
        return (self.finished if isinstance(self.finished, Outcomes) else Outcomes(self.finished)).ranked


class Algorithm(Protocol):
    """What to try next."""

    def propose(self, history: History, number: int, rng: random.Random) -> Iterator[Proposal]:
        """Proposals for trial `number`, the best first; the first that the rules allow is taken.

        Chance comes from `rng` alone. One that is asked for after another was refused by a rule may
        be drawn by chance; the end means that this algorithm has nothing more to propose.
        """
