"""A point that the user names, held against the space: whole, inside, allowed, or refused in plain words.

>>> settle(Given("lr=0.01", {"lr": 0.01}), here).params
{'train/lr/loguniform': 0.01, 'train/batch/choice': 32}

What it does not name has the script's own default; where there is none in the source, it is drawn by
chance, and `drawn` says so. A value outside its range, an option that the choice has not, a name that
nothing here has and a point that breaks a constraint are errors.
"""

from __future__ import annotations

import difflib
import json
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from annotate.errors import UsageError
from annotate.study.matching import matched, resolve
from annotate.study.values import choices_of, typed
from annotate.trial import Json, Params
from annotate_tuners.dimensions import Dimensions
from annotate_tuners.space import Choice, Distribution, SearchSpace

DRAWS = 1000  # points by chance before a constraint is thought to leave none


@dataclass(frozen=True)
class Given:
    """What the user wrote and the values it stands for.

    `typed_in` values came from a command line: each may be meant as text too. Of a `foreign` point, one of
    another study or of NNI's, what has no counterpart here is left out.
    """

    said: str
    values: Mapping[str, Json]
    typed_in: bool = False
    foreign: bool = False


@dataclass(frozen=True)
class Here:
    """What a point is held against. `constraint` is its source text, for the user."""

    space: SearchSpace
    names: Mapping[str, str]
    defaults: Mapping[str, Json]
    allowed: Callable[[Params], bool] | None = None
    constraint: str = ""
    seed: int = 0


@dataclass(frozen=True)
class Settled:
    """A whole point, the names of what was drawn for it, and of what has no counterpart here."""

    said: str
    params: Params
    drawn: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def settle(given: Given, here: Here) -> Settled:
    """The point that is meant. Raises UsageError."""
    values, left_out = _by_key(given, here)
    known = {key: _value(given, here, key, value) for key, value in values.items()}
    for key, distribution in here.space.items():
        default = here.defaults.get(key)
        if key not in known and key in here.defaults and distribution.contains(default):
            known[key] = default
    missing = [key for key in here.space if key not in known]
    params = _completed(given, here, known, missing)
    return Settled(given.said, params, tuple(here.names.get(key, key) for key in missing), left_out)


def distinct(
    points: Iterable[Settled], *, repeats: int, baseline: Params | None
) -> tuple[list[Settled], list[Settled]]:
    """The points that are run, and those that ran `repeats` times before them; the baseline is the first."""
    runs = Counter([_exact(baseline)] if baseline is not None else [])
    kept: list[Settled] = []
    dropped: list[Settled] = []
    for point in points:
        runs[_exact(point.params)] += 1
        (kept if runs[_exact(point.params)] <= repeats else dropped).append(point)
    return kept, dropped


def written(distribution: Distribution) -> str:
    """A distribution as an annotation writes it: loguniform(0.0001, 0.1)."""
    arguments = SearchSpace({"": distribution}).to_json()[""]["_value"]
    return f"{distribution.kind}({json.dumps(arguments, ensure_ascii=False)[1:-1]})"


def _by_key(given: Given, here: Here) -> tuple[dict[str, Json], tuple[str, ...]]:
    if given.foreign:
        keys = matched(given.values, here.names)
        left_out = tuple(name for name in given.values if name not in keys)
        if given.values and not keys:
            raise UsageError(
                f"--init {given.said}: nothing here is called as its parameters are: {', '.join(left_out)}",
                remedy=f"there are {', '.join(here.names.values())}",
            )
        return {keys[name]: value for name, value in given.values.items() if name in keys}, left_out
    values: dict[str, Json] = {}
    for name, value in given.values.items():
        key = resolve(name, here.names)
        if key is None:
            raise UsageError(
                f"--init {given.said}: no parameter is called {name!r}", remedy=_near(name, here)
            )
        if key in values:
            raise UsageError(f"--init {given.said}: {here.names[key]} is given twice")
        values[key] = value
    return values, ()


def _near(name: str, here: Here) -> str:
    known = list(here.names.values())
    several = [short for key, short in here.names.items() if name in key.split("/")]
    if len(several) > 1:
        return f"it may mean any of {', '.join(several)}"
    near = difflib.get_close_matches(name, known, 1)
    return f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"


def _value(given: Given, here: Here, key: str, value: Json) -> Json:
    distribution = here.space[key]
    meant = [value]
    if given.typed_in:
        try:
            meant = [json.loads(value), value]
        except ValueError:
            meant = [value]
    for each in meant:
        if distribution.contains(each):
            return each
    name, shown = here.names.get(key, key), json.dumps(meant[0], ensure_ascii=False)
    if isinstance(distribution, Choice):
        options = [each if isinstance(each, str) else json.dumps(each) for each in distribution.options]
        near = difflib.get_close_matches(str(value), options, 1)
        raise UsageError(
            f"--init {given.said}: {name} has no option {shown}",
            remedy=f"did you mean {near[0]}?" if near else f"its options are {', '.join(options)}",
        )
    raise UsageError(
        f"--init {given.said}: {shown} lies outside {name}'s {written(distribution)}",
        remedy="name a value that it contains, or widen the range in the source",
    )


def _completed(
    given: Given, here: Here, known: Mapping[str, Json], missing: Sequence[str]
) -> dict[str, Json]:
    """The point with what is missing drawn by chance, until no constraint is broken."""
    rng = random.Random(f"{here.seed}/init/{_exact(known)}")  # noqa: S311 - a point, no secret
    for _ in range(DRAWS if missing else 1):
        drawn = here.space.sample(rng) if missing else {}
        point = _normal(given, here, {**known, **{key: drawn[key] for key in missing}})
        if here.allowed is None or here.allowed(point):
            return point
    whole = ", ".join(
        f"{here.names.get(key, key)}={json.dumps(known[key])}" for key in here.space if key in known
    )
    raise UsageError(
        f"--init {given.said}: {whole} breaks the constraint {here.constraint}",
        remedy="name a point that keeps it",
    )


def _normal(given: Given, here: Here, params: Params) -> dict[str, Json]:
    """The point as a tuner would have suggested it, in the order of the source."""
    dimensions = Dimensions.of(here.space)
    point = dimensions.encode(params)
    if point.keys() != dimensions.completed(point).keys():
        lacking = next(iter(dimensions.completed(point).keys() - point.keys()))
        raise UsageError(
            f"--init {given.said}: it gives {lacking} no value", remedy="give the option with all of it"
        )
    return typed(dimensions.decode(point), here.defaults, choices=choices_of(here.space))


def _exact(params: Params) -> str:
    return json.dumps(params, sort_keys=True, default=str)
