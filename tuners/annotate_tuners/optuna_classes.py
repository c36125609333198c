"""Optuna's samplers and OptunaHub's by name.

`optunahub:samplers/auto_sampler` is fetched from OptunaHub's registry on GitHub the first time, and then taken
from its cache, `~/.cache/optunahub`; what is fetched is run, as any package is.
"""

from __future__ import annotations

import difflib
import inspect
import warnings
from typing import Any

from annotate_tuners.errors import MissingPackage, UnknownName


def optuna_itself(what: str) -> Any:
    """The package. Raises MissingPackage, naming the extra that brings it."""
    try:
        import optuna  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingPackage(
            f"{what} is Optuna's; install it with: pip install 'annotate-trials[optuna]'"
        ) from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def sampler_class(optuna: Any, name: str) -> Any:
    """The class of `optuna.samplers` of that name, whatever its case. Raises UnknownName, with the nearest one."""
    names = {
        each.casefold(): each
        for each in dir(optuna.samplers)
        if each.endswith("Sampler") and each != "BaseSampler"
    }
    if name.casefold() not in names:
        near = difflib.get_close_matches(name.casefold(), names, 1)
        hint = (
            f"did you mean {names[near[0]]!r}?" if near else f"there are {', '.join(sorted(names.values()))}"
        )
        raise UnknownName(f"Optuna has no sampler {name!r}; {hint}")
    return getattr(optuna.samplers, names[name.casefold()])


def hub_class(optuna: Any, package: str) -> Any:
    """The sampler of a package of OptunaHub's. Raises MissingPackage, UnknownName."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import optunahub  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingPackage(
            f"{package} is OptunaHub's; install it with: pip install 'annotate-trials[optunahub]'"
        ) from error
    try:
        module = optunahub.load_module(package)
    except ImportError as error:
        raise MissingPackage(f"optunahub:{package} needs more: {error}") from error
    except Exception as error:  # git's, GitHub's and the network's own kinds
        told = (str(error).strip().splitlines() or [type(error).__name__])[-1].rpartition("fatal: ")[-1]
        raise UnknownName(f"OptunaHub's package {package!r} could not be had: {told}") from error
    names = getattr(module, "__all__", None) or list(vars(module))
    for found in (getattr(module, name, None) for name in names):
        if inspect.isclass(found) and issubclass(found, optuna.samplers.BaseSampler):
            return found
    raise UnknownName(f"OptunaHub's package {package!r} has no sampler")
