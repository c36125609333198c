"""What a file's annotations amount to: variables, reports, constraints, each with where it stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from annotate.annotations.samplers import same_json

if TYPE_CHECKING:
    from annotate.annotations.constraint import Condition
    from annotate.annotations.diagnostics import Span
    from annotate.annotations.samplers import Json
    from annotate.instrument.tree import Block
    from annotate_tuners.space import Distribution


@dataclass(frozen=True)
class VariableSite:
    """One place that a key decides.

    `default` holds, in a 1-tuple, the value that stands in the source where it is a literal or an option.
    `swallows` names a keyword of the call that is replaced whole, where the keyword may have been meant.
    `main_only` is true under `if __name__ == "__main__"`.
    `call` and `arguments` are where the sampler's call and its arguments stand in the file's text (`Source.text`,
    offsets [start, end)); None and empty where the text is not written as it reads, as in a string with escapes.
    """

    key: str
    name: str
    distribution: Distribution
    default: tuple[Json] | None
    span: Span
    written: str
    swallows: str | None
    main_only: bool = False
    call: tuple[int, int] | None = None
    arguments: tuple[tuple[int, int], ...] = ()


def defaults_of(sites: Iterable[VariableSite]) -> dict[str, Json]:
    """The values that stand in the source, by key, where they are known and a key has one only."""
    found: dict[str, list[tuple[Json] | None]] = {}
    for site in sites:
        found.setdefault(site.key, []).append(site.default)
    known = {key: [value[0] for value in values if value is not None] for key, values in found.items()}
    return {
        key: values[0]
        for key, values in known.items()
        if len(values) == len(found[key]) and all(same_json(values[0], value) for value in values)
    }


@dataclass(frozen=True)
class ReportSite:
    """A report in a block, before the statement of that index; `argument` is what is reported, as source."""

    function: str
    argument: str
    syntax: str
    span: Span
    block: Block
    index: int


@dataclass(frozen=True)
class ConstraintSite:
    """A condition on names, written in a module."""

    condition: Condition
    source: str
    module: str
    span: Span
