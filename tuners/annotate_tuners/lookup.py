"""Names as users write them: whatever the case, the nearest one where there is none, arguments checked."""

from __future__ import annotations

import difflib
import inspect
import re
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from annotate_tuners.errors import InvalidArguments, UnknownName

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from annotate_tuners.tuner import Direction

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
        hint = f"there are {', '.join(sorted(known))}, and classes of your own: FILE.py:CLASS"
        if near:
            hint = f"did you mean {near[0]!r}?"
        raise UnknownName(f"there is no {what} {name!r}; {hint}")
    return found


def load(target: str) -> Any:
    """The object of `module:name` in this package."""
    module, _, name = target.partition(":")
    return getattr(import_module(f"annotate_tuners.{module}"), name)


def refuse_unknown(what: str, given: Iterable[str], known: Collection[str]) -> None:
    """Raises InvalidArguments for the first name that is not known, with the nearest one and all."""
    for name in given:
        if name not in known:
            spelt = {each.casefold(): each for each in known}
            near = [spelt[each] for each in difflib.get_close_matches(name.casefold(), spelt, 1)]
            hint = f"did you mean {near[0]!r}? " if near else ""
            takes = f"it takes {', '.join(sorted(known))}" if known else "it takes none"
            raise InvalidArguments(f"{what} has no argument {name!r}; {hint}{takes}")


def checked(name: str, factory: Callable[..., Any], *given: Any, **class_args: Any) -> Any:
    """Call `factory` with the user's arguments. Raises InvalidArguments where it does not take them."""
    signature = inspect.signature(factory)
    takes = list(signature.parameters.values())[len(given) :]
    if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in takes):
        refuse_unknown(name, class_args, [parameter.name for parameter in takes])
    try:
        signature.bind(*given, **class_args)
    except TypeError as error:
        raise InvalidArguments(f"{name}: {error}") from error
    try:
        return factory(*given, **class_args)
    except TypeError as error:  # "5" where a number belongs
        raise InvalidArguments(f"{name}: {error}") from error


def without_mode(name: str, direction: Direction, class_args: Mapping[str, Any]) -> dict[str, Any]:
    """`class_args` without NNI's `optimize_mode`, which must be `direction` where it is given."""
    if class_args.get("optimize_mode", direction) not in (direction, None):
        raise InvalidArguments(
            f"{name}: optimize_mode is {class_args['optimize_mode']!r}, but the study is to {direction}"
        )
    return {key: value for key, value in class_args.items() if key != "optimize_mode"}
