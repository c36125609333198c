"""A source with values in the place of its defaults: the one operation that all of `annotate.rewrite` is made of.

>>> done = with_defaults(b"lr = 0.1  # @nni.uniform(0, 1)\\n", "train", {"train/lr/uniform": 0.5}, path="train.py")
>>> done.code
b'lr = 0.5  # @nni.uniform(0, 1)\\n'

All else stays byte for byte: encoding, byte order mark, line ends, the annotations themselves. A notebook stays
the JSON that it was, but for the lines of its cells that hold a value. Pure; what it wrote it reads again, so that a
source which would not say what it should is never handed out.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from annotate.annotations.diagnostics import Diagnostic, has_errors, render_all
from annotate.annotations.samplers import Json
from annotate.errors import SourceError
from annotate.instrument.edits import LayersAt
from annotate.instrument.reading import Annotated, Unannotated, read_annotations
from annotate.instrument.sites import defaults_of
from annotate.notebooks import SUFFIX, Notebook, read_notebook
from annotate.rewrite.cells import in_cells
from annotate.rewrite.slots import Slot, slots, written
from annotate.rewrite.splices import Splice, spliced
from annotate.rewrite.stripping import stripping
from annotate.study.values import choices_of, typed
from annotate_tuners.exact import exact
from annotate_tuners.space import SearchSpace


@dataclass(frozen=True)
class Change:
    """One value that was written: 1-based line of the source as it was (of a notebook: of its cells, one below another)."""

    key: str
    line: int
    before: str
    after: str


@dataclass(frozen=True)
class Rewritten:
    """`code` is the new source; `left` maps keys that could not be written here to the reason, in words."""

    code: bytes
    changes: tuple[Change, ...] = ()
    left: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Opened:
    """A source that can be written to: its annotations, and the way from splices of its text back to its bytes."""

    data: bytes
    read: Annotated | Unannotated
    module: str
    path: str
    notebook: Notebook | None

    @functools.cached_property
    def slots(self) -> list[Slot]:
        return slots(self.read) if isinstance(self.read, Annotated) else []

    def with_splices(self, splices: Iterable[Splice]) -> bytes:
        """The bytes with these changes of the text."""
        if isinstance(self.read, Unannotated):
            return self.data
        source, listed = self.read.source, list(splices)
        if self.notebook is not None:
            return in_cells(self.data, self.notebook, source, listed)
        return source.encode(spliced(source.text, listed)) if listed else self.data

    def without_defaults(self) -> bytes:
        """The bytes with nothing where a value may be written: the same for files that differ in their values only."""
        places = [each for each in self.slots if not each.by_hand and not isinstance(each.place, LayersAt)]
        return self.with_splices(Splice(each.start, each.end, "") for each in places)


def opened(source: bytes, module: str, path: str) -> Opened:
    """Read a file to write to it. Raises SourceError, UsageError for a notebook that cannot be read."""
    notebook = read_notebook(source, path) if path.endswith(SUFFIX) else None
    read = read_annotations(source if notebook is None else notebook.code.encode(), module, path)
    diagnostics: Iterable[Diagnostic] = read.diagnostics
    if notebook is not None:
        diagnostics = notebook.located(diagnostics)
    errors = [each for each in diagnostics if has_errors([each])]
    if errors:
        raise SourceError(render_all(errors), remedy="mend them; nothing was written")
    return Opened(source, read, module, path, notebook)


def with_defaults(
    source: bytes,
    module: str,
    values: Mapping[str, Json],
    *,
    path: str,
    strip: bool = False,
    calls: bool = False,
) -> Rewritten:
    """A source with `values` for its defaults; a key that it does not have is passed over.

    `module` is what its keys begin with, `path` what it is called, .ipynb for a notebook. `strip` takes the
    annotations out; `calls` writes values in the place of the script's own `nni.choice(...)` calls, too, which are
    their own annotation. Raises SourceError where the annotations have errors.
    """
    file = opened(source, module, path)
    given = as_typed(file.read, values) if isinstance(file.read, Annotated) else {}
    return rewritten(file, by_key(given), strip=strip, calls=calls)


@dataclass(frozen=True)
class Verbatim:
    """Source text for a slot, in place of a value."""

    text: str


class _Keep:
    """No value: what stands there stays."""


KEEP: Final = _Keep()


def rewritten(
    file: Opened, value_of: Callable[[Slot], Json], *, strip: bool = False, calls: bool = False
) -> Rewritten:
    """A file with the value of each slot, KEEP where there is none."""
    read = file.read
    if isinstance(read, Unannotated):
        return Rewritten(file.data)
    text = read.source.text
    changes: list[Change] = []
    left: dict[str, str] = {}
    splices: list[Splice] = []
    expected: list[Json] = []
    for slot in file.slots:
        value = value_of(slot)
        if value is not KEEP and slot.by_hand and not calls and not strip:
            left[slot.key] = f"{text[slot.start : slot.end]} draws it: there is no default to write to"
            value = KEEP
        if isinstance(value, Verbatim):
            splices.append(Splice(slot.start, slot.end, value.text))
            changes.append(Change(slot.key, slot.line, text[slot.start : slot.end], value.text))
            value = KEEP
        if value is not KEEP:
            try:
                splice = written(read, slot, value, to_stay=not strip)
            except LookupError as error:
                left[slot.key] = str(error)
                value = KEEP
            else:
                if splice is not None:
                    splices.append(splice)
                    changes.append(Change(slot.key, slot.line, text[splice.start : splice.end], splice.text))
        expected += _expected(slot, value)
    code = file.with_splices([*splices, *(stripping(read) if strip else [])])
    if splices and not strip:
        _verify(opened(code, file.module, file.path), expected)
    return Rewritten(code, tuple(changes), left)


def by_key(values: Mapping[str, Json]) -> Callable[[Slot], Json]:
    """The value that a slot gets for its key."""
    return lambda slot: values.get(slot.key, KEEP)


def as_typed(read: Annotated, values: Mapping[str, Json]) -> dict[str, Json]:
    """The values as the script gets them: an int stays an int where nothing is lost."""
    space = SearchSpace({site.key: site.distribution for site in read.variables})
    return typed(values, defaults_of(read.variables), choices=choices_of(space))


def _expected(slot: Slot, value: Json) -> list[Json]:
    """What the slot reads once it has been written to; a call by hand is no slot any more."""
    if value is KEEP:
        return [KEEP]
    return [] if slot.by_hand else [slot.part_of(value, number) for number in range(slot.values)]


def _verify(again: Opened, expected: list[Json]) -> None:
    """Our own fault, told before anything is written: the new source does not read as what it should say."""
    for slot, value in zip(again.slots, expected, strict=True):
        if value is not KEEP and (slot.default is None or exact(slot.default[0]) != exact(value)):
            raise RuntimeError(f"{again.path}:{slot.line}: {slot.key} reads {slot.default}, not {value!r}")
