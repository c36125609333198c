"""Names as users write them: whatever the case, the nearest one where there is none, arguments checked."""

from __future__ import annotations

import difflib
import inspect
import re
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from annotate_tuners.errors import InvalidArguments, UnknownName

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")


def plain(name: str) -> str:
    """`name` without case, blanks, dashes and the word for what it names."""
    bare = re.sub(r"[-_ ]", "", name.casefold())
    return re.sub(r"(?<=.)(tuner|search|advisor|assessor|pruner)$", "", bare)


def nearest(what: str, name: str, known: Mapping[str, T]) -> T:
    """What `name` stands for. Raises UnknownName, with the nearest known one."""
    found = known.get(plain(name))
    if found is None:
        near = difflib.get_close_matches(plain(name), known, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(sorted(known))}"
        raise UnknownName(f"there is no {what} {name!r}; {hint}")
    return found


def load(target: str) -> Any:
    """The object of `module:name` in this package."""
    module, _, name = target.partition(":")
    return getattr(import_module(f"annotate_tuners.{module}"), name)


def checked(name: str, factory: Callable[..., Any], *given: Any, **class_args: Any) -> Any:
    """Call `factory` with the user's arguments. Raises InvalidArguments where it does not take them."""
    try:
        inspect.signature(factory).bind(*given, **class_args)
    except TypeError as error:
        raise InvalidArguments(f"{name}: {error}") from error
    try:
        return factory(*given, **class_args)
    except TypeError as error:  # "5" where a number belongs
        raise InvalidArguments(f"{name}: {error}") from error
