"""Every pruner by name, whatever its case, and its class arguments checked.

>>> make_pruner("Medianstop", direction="maximize", start_step=3)
Median(direction='maximize', start_step=3, startup_trials=4)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from annotate_tuners.custom import NniAssessor, is_custom, load_class, nni_arguments
from annotate_tuners.errors import InvalidArguments
from annotate_tuners.lookup import checked, load, nearest, without_mode

if TYPE_CHECKING:
    from annotate_tuners.pruner import Pruner
    from annotate_tuners.tuner import Direction

_TARGETS = {
    "asha": "pruners:Asha",
    "curvefitting": "curve_fitting:CurveFitting",
    "median": "pruners:Median",
    "nan": "pruners:Nan",
    "percentile": "pruners:Percentile",
    "plateau": "pruners:Plateau",
    "threshold": "pruners:Threshold",
}
_ALIASES = {"medianstop": "median", "successivehalving": "asha"}


def pruner_names() -> tuple[str, ...]:
    """The names of all pruners, in alphabetical order."""
    return tuple(_TARGETS)


def known_pruner(name: str) -> str:
    """The name as `make_pruner` and the screens have it. Raises UnknownName, with the nearest one."""
    if is_custom(name):
        return name
    return nearest("pruner", name, {known: known for known in _TARGETS} | _ALIASES)


def make_pruner(name: str, *, direction: Direction, **class_args: Any) -> Pruner:
    """The pruner of that name, or of `path/to/file.py:Class`. Raises UnknownName, InvalidArguments.

    `optimize_mode` among the class arguments, NNI's, must be `direction`.
    """
    if is_custom(name):
        custom = load_class(name)
        if hasattr(custom, "assess_trial"):
            return NniAssessor(checked(name, custom, **nni_arguments(custom, direction, class_args)))
        if not hasattr(custom, "decide"):
            raise InvalidArguments(f"{name} has neither decide nor assess_trial")
        return checked(name, custom, direction, **class_args)  # type: ignore[no-any-return]
    known = nearest("pruner", name, {**_TARGETS, **{alias: _TARGETS[to] for alias, to in _ALIASES.items()}})
    heeded = without_mode(name, direction, class_args)
    return checked(name, load(known), direction, **heeded)  # type: ignore[no-any-return]
