"""Every tuner by name, whatever its case, and its class arguments checked.

Besides the names of `names()`: `optuna:NSGAIISampler` is that sampler of Optuna's,
`optunahub:samplers/auto_sampler` one of OptunaHub's, `path/to/file.py:Class` a
class in the user's file, and a name of NNI's that we do not have stands for the nearest that we have, which
`notice` says.

>>> notice("Metis")
'metis stands for gp here: a Gaussian process too, under a rule of its own for what to try next'
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from annotate_tuners.custom import NniTuner, is_custom, load_class, nni_arguments
from annotate_tuners.dimensions import Dimensions
from annotate_tuners.errors import InvalidArguments, OneMetricOnly
from annotate_tuners.lookup import checked, load, nearest, plain, without_mode
from annotate_tuners.obedient import Obedient
from annotate_tuners.searcher import Constraint, Searcher
from annotate_tuners.tuner import Observation
from annotate_tuners.without_effect import split

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annotate_tuners.algorithm import Algorithm
    from annotate_tuners.space import SearchSpace
    from annotate_tuners.tuner import Direction, Tuner


@dataclass(frozen=True)
class Entry:
    """Where the algorithm of a name is: `module:Class`; `slow` are packages that take long to import and may be missing.

    `several` is the one for several metrics, "" where there is none. `besides` are what its trials are told
    besides the space.
    """

    name: str
    target: str
    dimensions: str = "dimensions:Dimensions"
    slow: tuple[str, ...] = ()
    several: str = ""
    besides: tuple[str, ...] = ()


@dataclass(frozen=True)
class Substitute:
    """What a name of NNI's stands for here, and why."""

    name: str
    why: str


_ENTRIES = {
    entry.name: entry
    for entry in (
        Entry("anneal", "anneal:Anneal"),
        Entry("batch", "batch:Batch", "batch:Configurations", several="batch:Batch"),
        Entry("bohb", "budgets:Bohb", besides=("TRIAL_BUDGET",)),
        Entry("cmaes", "cmaes:Cmaes", slow=("cmaes",)),
        Entry("evolution", "evolution:Evolution"),
        Entry("gp", "gaussian_process:GaussianProcess", slow=("sklearn",)),
        Entry("grid", "grid:Grid", several="grid:Grid"),
        Entry("hyperband", "budgets:Hyperband", besides=("TRIAL_BUDGET",)),
        Entry("motpe", "optuna_sampler:Motpe", slow=("optuna",), several="optuna_sampler:Motpe"),
        Entry("nsga2", "optuna_sampler:Nsga2", slow=("optuna",), several="optuna_sampler:Nsga2"),
        Entry("pbt", "pbt:Pbt", besides=("load_checkpoint_dir", "save_checkpoint_dir")),
        Entry("qmc", "quasi_random:QuasiRandom", several="quasi_random:QuasiRandom"),
        Entry("random", "random_search:RandomSearch", several="random_search:RandomSearch"),
        Entry("regularizedevolution", "evolution:RegularizedEvolution"),
        Entry("smac", "smac:Smac", slow=("ConfigSpace", "smac")),
        Entry("tpe", "tpe:Tpe", several="tpe_of_several:TpeOfSeveral"),
    )
}
_SUBSTITUTES = {
    "dngo": Substitute("gp", "a Gaussian process needs no training of a network for its features"),
    "metis": Substitute("gp", "a Gaussian process too, under a rule of its own for what to try next"),
    "networkmorphism": Substitute("regularizedevolution", "it evolves architectures"),
    "ppo": Substitute("regularizedevolution", "it is as good for architectures and needs far fewer trials"),
}
_ALSO = {"naiveevolution": "evolution", "nsgaii": "nsga2", "sobol": "qmc", "gaussianprocess": "gp"}
_OPTUNA = {"optuna:": "sampler", "optunahub:": "package"}


def names() -> tuple[str, ...]:
    """The names of all tuners, in alphabetical order; `make` knows more, see above."""
    return tuple(sorted(_ENTRIES))


def known(name: str) -> str:
    """The name as `make` and the screens have it, whatever its case. Raises UnknownName, with the nearest one."""
    if is_custom(name) or _of_optuna(name):
        return name
    asked = _ALSO.get(plain(name), name)
    return plain(asked) if plain(asked) in _SUBSTITUTES else nearest("tuner", asked, _ENTRIES).name


def _of_optuna(name: str) -> dict[str, str]:
    """What of Optuna's `name` is, nothing where it is none."""
    return {kind: name[len(p) :] for p, kind in _OPTUNA.items() if name.casefold().startswith(p)}


def notice(name: str, **class_args: Any) -> str | None:
    """One line for the user, where `name` stands for another tuner or class arguments mean nothing here."""
    substitute = _SUBSTITUTES.get(plain(name))
    said = [f"{plain(name)} stands for {substitute.name} here: {substitute.why}"] if substitute else []
    _, idle = split(plain(name), class_args)
    if idle:
        said.append(
            f"of {plain(name)}'s arguments, {', '.join(idle)} {'has' if len(idle) == 1 else 'have'} no effect"
        )
    return "; ".join(said) or None


def extent(name: str, space: SearchSpace) -> str | None:
    """One line for the user, where a tuner goes through a space in order: how many points that has."""
    return str(load("grid:extent")(Dimensions.of(space))) if plain(name) == "grid" else None


def besides(name: str) -> tuple[str, ...]:
    """What the trials of a tuner of ours are told besides the space: a budget, directories."""
    entry = _ENTRIES.get(plain(name))
    return entry.besides if entry else ()


def try_out(
    name: str,
    space: SearchSpace,
    *,
    direction: Direction,
    directions: Sequence[Direction] = (),
    **class_args: Any,
) -> None:
    """Raise what `make` would raise, before anything is begun, as far as that is quickly found out.

    A slow tuner is made only where class arguments or several metrics may be wrong, or a package is missing.
    """
    substitute = _SUBSTITUTES.get(plain(name))
    entry = _ENTRIES.get(substitute.name if substitute else plain(name))
    quick = entry is not None and (
        not entry.slow or any(find_spec(package) is None for package in entry.slow)
    )
    if class_args or is_custom(name) or quick or len(directions) > 1:
        tuner = make(name, space, direction=direction, seed=0, directions=directions, **class_args)
        if _of_optuna(name) and len(directions) > 1:
            _ask_of_several(name, tuner, directions)
    elif _of_optuna(name):
        make(name, space, direction=direction, seed=0)


def make(
    name: str,
    space: SearchSpace,
    *,
    direction: Direction,
    seed: int,
    constraint: Constraint | None = None,
    repeats: int = 1,
    directions: Sequence[Direction] = (),
    **class_args: Any,
) -> Tuner:
    """The tuner of that name; `directions` are those of several metrics.

    `optimize_mode` among the class arguments, NNI's, must be `direction`. A substitute takes the class
    arguments of the tuner that it is, and drops those of what it stands for. Raises TunerError:
    UnknownName, InvalidArguments, MissingPackage, OneMetricOnly, UnsatisfiableConstraint.
    """
    if is_custom(name):
        custom = load_class(name)
        if not hasattr(custom, "propose"):
            whole = _whole(name, custom, space, (direction, *directions[1:]), seed, class_args)
            return Obedient(space, whole, constraint=constraint, repeats=repeats)
        dimensions = Dimensions.of(space)
        algorithm: Algorithm = checked(name, custom, dimensions, **class_args)
    elif which := _of_optuna(name):
        dimensions = Dimensions.of(space)
        heeded = {**which, **without_mode(name, direction, class_args)}
        algorithm = checked(name, load("optuna_sampler:OptunaSampler"), dimensions, **heeded)
    else:
        name = known(name)
        heeded, _ = split(name, without_mode(name, direction, class_args))
        entry = _ENTRIES[_SUBSTITUTES[name].name if name in _SUBSTITUTES else name]
        several = len(directions) > 1
        if several and not entry.several:
            _refuse_several(entry.name, directions)
        dimensions = load(entry.dimensions).of(space)
        target = entry.several if several else entry.target
        algorithm = checked(name, load(target), dimensions, **heeded)
    return Searcher(
        dimensions,
        algorithm,
        direction=direction,
        seed=seed,
        constraint=constraint,
        repeats=repeats,
        directions=directions,
    )


def _refuse_several(name: str, directions: Sequence[Direction]) -> None:
    if len(directions) > 1:
        those = ", ".join(sorted(entry.name for entry in _ENTRIES.values() if entry.several))
        raise OneMetricOnly(f"{name} knows one metric only; those that know several are {those}")


def _ask_of_several(name: str, tuner: Tuner, directions: Sequence[Direction]) -> None:
    """Some of Optuna's samplers refuse several metrics, and only when they are asked for a point."""
    tuner.observe(Observation(-1, {}, 0.0, values=(0.0,) * len(directions)))
    try:
        tuner.suggest(0)
    except ValueError as error:
        raise OneMetricOnly(f"{name} knows one metric only: {error}") from error


def _whole(
    name: str,
    custom: type[Any],
    space: SearchSpace,
    directions: Sequence[Direction],
    seed: int,
    class_args: dict[str, Any],
) -> Tuner:
    """A user's own tuner, ours or NNI's; of several metrics it is told where its constructor takes `directions`."""
    first = directions[0]
    if hasattr(custom, "generate_parameters"):
        _refuse_several(name, directions)
        return NniTuner(space, checked(name, custom, **nni_arguments(custom, first, class_args, seed)))
    if not hasattr(custom, "suggest"):
        raise InvalidArguments(f"{name} has none of propose, suggest and generate_parameters")
    if len(directions) > 1:
        if "directions" not in inspect.signature(custom).parameters:
            raise OneMetricOnly(f"{name} knows one metric only, as its constructor takes no directions")
        class_args = {**class_args, "directions": tuple(directions)}
    tuner: Tuner = checked(name, custom, space, direction=first, seed=seed, **class_args)
    return tuner
