"""New bounds in the place of the old ones, in the text of a file; all else stays to the byte.

>>> narrower(b"lr = 0.1  # @nni.loguniform(1e-4, 1e-1)\\n", "train", "train.py", {"train/lr/loguniform": narrowed}).code
b'lr = 0.1  # @nni.loguniform(0.002, 1e-1)\\n'
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from annotate.instrument.reading import Annotated
from annotate.instrument.sites import VariableSite
from annotate.narrow.narrowing import Narrowed
from annotate.rewrite.defaults import opened
from annotate.rewrite.splices import Splice
from annotate_tuners.choices import Choice
from annotate_tuners.space import Distribution


@dataclass(frozen=True)
class Changed:
    """A range that is not the study's any more: `written` is how it reads today, at `line`."""

    key: str
    line: int
    written: str


@dataclass(frozen=True)
class Narrower:
    """A file with narrower ranges. `keys` are those that it holds, `changed` those that cannot be written to."""

    code: bytes
    keys: tuple[str, ...]
    changed: tuple[Changed, ...]


def narrower(data: bytes, module: str, path: str, changes: Mapping[str, Narrowed]) -> Narrower:
    """The file, a notebook among them, with these ranges drawn in wherever it has them.

    Raises SourceError where its annotations have errors.
    """
    file = opened(data, module, path)
    read = file.read
    if not isinstance(read, Annotated):
        return Narrower(data, (), ())
    splices: list[Splice] = []
    changed: list[Changed] = []
    keys: list[str] = []
    for site in read.variables:
        if site.key not in changes:
            continue
        keys.append(site.key)
        if site.distribution == changes[site.key].after:
            continue
        if site.distribution != changes[site.key].before or not site.arguments:
            today = read.source.text[slice(*site.call)] if site.call else site.written
            changed.append(Changed(site.key, site.span.line, today))
            continue
        splices += _splices(site, read.source.text, changes[site.key].after)
    return Narrower(file.with_splices(splices), tuple(keys), tuple(changed))


def _splices(site: VariableSite, text: str, after: Distribution) -> Iterator[Splice]:
    if isinstance(after, Choice) and isinstance(site.distribution, Choice):
        kept = [after.index(option) is not None for option in site.distribution.options]
        yield from _without(site.arguments, kept)
        return
    for (start, end), bound, old in zip(
        site.arguments, bounds(after), bounds(site.distribution), strict=True
    ):
        if bound != old:
            yield Splice(start, end, written(bound, whole=text[start:end].strip("-+").isdecimal()))


def _without(arguments: Sequence[tuple[int, int]], kept: Sequence[bool]) -> Iterator[Splice]:
    """Each option that goes takes the comma and what stands around it along, towards its neighbour that stays."""
    last = max(number for number, stays in enumerate(kept) if stays)
    for number, stays in enumerate(kept):
        if stays:
            continue
        if number < last:
            yield Splice(arguments[number][0], arguments[number + 1][0], "")
        else:
            yield Splice(arguments[number - 1][1], arguments[number][1], "")


def bounds(distribution: Distribution) -> tuple[float, ...]:
    """The arguments of a range: low, high, and the step where it has one."""
    low, high, q = (getattr(distribution, name, None) for name in ("low", "high", "q"))
    return tuple(value for value in (low, high, q) if value is not None)


def written(value: float, *, whole: bool) -> str:
    """A bound as a person writes it; a whole number stays one where one stood there."""
    if value == int(value) and (whole or isinstance(value, int)):
        return str(int(value))
    mantissa, _, exponent = f"{value:e}".partition("e")
    if value != 0 and not 1e-3 <= abs(value) < 1e6:
        return f"{float(mantissa):g}e{int(exponent)}"
    return repr(float(value))
