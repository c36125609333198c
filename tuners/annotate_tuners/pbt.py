"""Population based training: members train in turns; the worst take over the best ones' checkpoints.

A trial is one turn of one member. It is told, as NNI does it, `load_checkpoint_dir`, from which it goes on
(in the first turn there is nothing in it yet), and `save_checkpoint_dir`, which it makes and saves into: both
below `all_checkpoint_dir`, by default the study's own `checkpoints`. A member
among the worst `fraction` of the population goes on from a member of the best `fraction` with changed
parameters, any other from its own checkpoint with its own. Turns are asynchronous: a member that has
finished never waits for the others; when all are running, a new member begins.

Jaderberg et al., Population Based Training of Neural Networks, 2017.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from annotate_tuners.algorithm import History, Proposal
from annotate_tuners.choices import Choice
from annotate_tuners.errors import InvalidArguments
from annotate_tuners.random_search import RandomSearch

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Mapping

    from annotate_tuners.choices import Json
    from annotate_tuners.dimensions import Dimensions, Point

LOAD, SAVE = "load_checkpoint_dir", "save_checkpoint_dir"


@dataclass(frozen=True)
class _Turn:
    """The latest turn of a member; `loss` is None while it runs."""

    turn: int
    point: Point
    directory: str
    loss: float | None


class Pbt:
    """`factor` is by how much a number is moved, `resample_probability` how often it is drawn anew."""

    def __init__(
        self,
        dimensions: Dimensions,
        *,
        all_checkpoint_dir: str = "checkpoints",
        population_size: int = 10,
        factor: float = 0.2,
        resample_probability: float = 0.25,
        fraction: float = 0.2,
    ) -> None:
        if population_size < 2 or not 0 < fraction <= 0.5:
            raise InvalidArguments("pbt needs population_size >= 2 and 0 < fraction <= 0.5")
        self._dimensions = dimensions
        self._root = all_checkpoint_dir
        self._size = population_size
        self._factor = factor
        self._resample = resample_probability
        self._fraction = fraction

    def propose(self, history: History, number: int, rng: random.Random) -> Iterator[Proposal]:
        members = _members(history)
        idle = {member: turn for member, turn in members.items() if turn.loss is not None}
        if len(members) < self._size or not idle:
            extra = self._directories(0, next(n for n in range(len(members) + 1) if n not in members))
            for proposal in RandomSearch(self._dimensions).propose(history, number, rng):
                yield Proposal(proposal.point, extra)
        member = min(idle, key=lambda m: (idle[m].turn, m))
        mine = idle[member]
        ranked = sorted(idle.values(), key=lambda turn: (turn.loss, turn.directory))
        few = max(1, math.ceil(len(ranked) * self._fraction))
        taken = mine
        if len(ranked) > 1 and mine in ranked[-few:]:
            taken = rng.choice(ranked[:few])
        extra = {**self._directories(mine.turn + 1, member), LOAD: taken.directory}
        if taken is mine:
            yield Proposal(self._dimensions.completed(mine.point), extra)
        while True:
            yield Proposal(self._explored(taken.point, rng), extra)

    def _directories(self, turn: int, member: int) -> dict[str, Json]:
        directory = str(PurePath(self._root, str(turn), str(member)))
        return {LOAD: directory, SAVE: directory}

    def _explored(self, point: Point, rng: random.Random) -> Point:
        child: dict[str, int | float] = {}
        for dimension in self._dimensions:
            if not dimension.active(child):
                continue
            if dimension.name not in point or rng.random() < self._resample:
                child[dimension.name] = dimension.at(rng.random())
            elif isinstance(dimension.distribution, Choice):
                child[dimension.name] = point[dimension.name]
            else:
                value = point[dimension.name] * (1 + rng.choice([-1, 1]) * self._factor)
                share = dimension.position(value)
                child[dimension.name] = dimension.at(min(max(share, 0.0), math.nextafter(1, 0)))
        return child


def member_and_turn(directory: PurePath) -> tuple[int, int]:
    """Whose checkpoint a directory holds, and of which turn."""
    return int(directory.name), int(directory.parent.name)


def _members(history: History) -> dict[int, _Turn]:
    """Every member's latest turn."""
    turns = [(o.given, o.extra, math.inf if o.loss is None else o.loss) for o in history.finished]
    runs: list[tuple[Point, Mapping[str, Json], float | None]] = [
        *turns,
        *((p.point, p.extra, None) for p in history.pending.values()),
    ]
    members: dict[int, _Turn] = {}
    for point, extra, loss in runs:
        if SAVE not in extra:
            continue
        directory = PurePath(extra[SAVE])
        member, turn = member_and_turn(directory)
        if member not in members or members[member].turn < turn:
            members[member] = _Turn(turn, point, str(directory), loss)
    return members
