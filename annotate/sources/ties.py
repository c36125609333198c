"""Constraints speak of variables by name; here each name finds its key.

A name means the variable of its own module first, then the only one of that name in the closure. A short
name (`net/width` cannot be written as an expression, so `net.width` is accepted) works as well.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from annotate.annotations.constraint import Constraint, references, tie
from annotate.annotations.diagnostics import Diagnostic
from annotate.annotations.names import name_in
from annotate.instrument import ConstraintSite, Instrumented


def tie_constraints(
    files: Sequence[Instrumented], keys: Sequence[str]
) -> tuple[list[Constraint], list[Diagnostic]]:
    """All constraints with keys for names, and an error for each name that has none or several."""
    constraints: list[Constraint] = []
    faults: list[Diagnostic] = []
    for site in (site for file in files for site in file.constraints):
        tied: dict[str, str] = {}
        for name in dict.fromkeys(references(site.condition)):
            found = _keys_of(name, site, keys)
            if len(found) == 1:
                tied[name] = found[0]
            else:
                faults.append(_fault(name, site, found, keys))
        if len(tied) == len(set(references(site.condition))):
            constraints.append(tie(site.condition, tied, site.source))
    return constraints, faults


def _keys_of(name: str, site: ConstraintSite, keys: Sequence[str]) -> list[str]:
    own = [key for key in keys if name_in(key) == name and key.startswith(f"{site.module}/")]
    if own:
        return own
    named = [key for key in keys if name_in(key) == name]
    return named or [key for key in keys if _dotted(key).endswith(f".{name}")]


def _dotted(key: str) -> str:
    return f".{key.partition('/')[0]}.{name_in(key)}"


def _fault(name: str, site: ConstraintSite, found: Sequence[str], keys: Sequence[str]) -> Diagnostic:
    if found:
        cause = f"{name} is the name of several variables: {', '.join(found)}"
        return Diagnostic("E113", site.span, cause, 'give one a name of its own: name="other"')
    known = [name_in(key) for key in keys]
    near = difflib.get_close_matches(name, known, 1)
    remedy = f"did you mean {near[0]}?" if near else f"the variables are {', '.join(known) or 'none'}"
    return Diagnostic("E113", site.span, f"there is no variable {name}", remedy)
