"""A file's annotations, each with the place that it is for and what it amounts to: read, and not carried out.

`instrument` puts the trial's values into a copy of the file, `annotate.rewrite` a trial's values into the
file itself; both stand on this one reading. Pure, and no file is touched.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from annotate.annotations.diagnostics import Diagnostic
from annotate.annotations.lookalike import suspicious
from annotate.instrument.blocks import under_main
from annotate.instrument.checks import check_file
from annotate.instrument.comments import suspicious_comments
from annotate.instrument.edits import IMPORT, INLINE, NAME, Edit, Replacement
from annotate.instrument.finding import Found, find
from annotate.instrument.handwritten import hand_written
from annotate.instrument.matches import Match
from annotate.instrument.matching import match
from annotate.instrument.sites import VariableSite
from annotate.instrument.source import Source, Unreadable, read_source
from annotate.instrument.tree import Broken, Tree, read_tree

MARK: Final = b"@nni."


@dataclass(frozen=True)
class Annotated:
    """`matches` has one entry for each of `found`, in the same order; `by_hand` are the script's own calls of `nni.choice(...)`."""

    tree: Tree
    found: tuple[Found, ...]
    matches: tuple[Match, ...]
    by_hand: tuple[Match, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def source(self) -> Source:
        return self.tree.source

    @property
    def edits(self) -> list[Edit]:
        """What carries the annotations out."""
        return [edit for each in (*self.matches, *self.by_hand) for edit in each.edits]

    @property
    def variables(self) -> tuple[VariableSite, ...]:
        """In the order of the source."""
        placed = (_placed(self.tree, each) for each in (*self.matches, *self.by_hand) if each.variable)
        return tuple(sorted(placed, key=lambda site: site.span.line))


@dataclass(frozen=True)
class Unannotated:
    """A file with nothing to carry out. `broken` is true of one whose annotations cannot be read at all."""

    diagnostics: tuple[Diagnostic, ...] = ()
    broken: bool = False


def read_annotations(source: bytes, module: str, path: PurePath | str) -> Annotated | Unannotated:
    """Read one file. `module` is the dotted name that keys begin with, `path` what diagnostics call the file."""
    if MARK not in source:
        return Unannotated(_lookalikes(source, str(path)))
    try:
        text = read_source(source, str(path))
    except Unreadable as error:
        read = Source(str(path), source.decode("latin-1"), "latin-1", b"")
        where = read.span(1, 0, len(read.line(1)))
        remedy = "save the file as UTF-8, or say its encoding in the first line"
        return Unannotated((Diagnostic("E302", where, f"unreadable: {error}", remedy),))
    if IMPORT in text.text or INLINE in text.text:
        return Unannotated()
    tree = read_tree(text)
    if isinstance(tree, Broken):
        where = text.span(tree.line, tree.column, 1)
        return Unannotated((Diagnostic(tree.code, where, tree.message),), broken=True)
    found, notes = find(tree)
    if not found:
        return Unannotated(tuple(notes))
    matches = [match(tree, each, found, module) for each in found]
    by_hand = list(hand_written(tree, text, module)) if re.search(r"\bimport[ \t]+nni\b", text.text) else []
    every = [*matches, *by_hand]
    diagnostics = [*notes, *(d for m in every for d in m.diagnostics)]
    diagnostics += [*_conflicts(every), *_overlaps(every), *_reserved(text), *check_file(tree, every)]
    return Annotated(tree, tuple(found), tuple(matches), tuple(by_hand), tuple(diagnostics))


def _placed(tree: Tree, each: Match) -> VariableSite:
    assert each.variable is not None
    main_only = each.statement is not None and under_main(tree, each.statement)
    return dataclasses.replace(each.variable, main_only=main_only)


def _lookalikes(data: bytes, path: str) -> tuple[Diagnostic, ...]:
    return suspicious_comments(data, path) if suspicious(data) else ()


def _conflicts(matches: Sequence[Match]) -> Iterator[Diagnostic]:
    """The same key with different arguments."""
    first: dict[str, VariableSite] = {}
    for each in matches:
        site = each.variable
        if site is None:
            continue
        other = first.setdefault(site.key, site)
        if other.distribution != site.distribution:
            yield Diagnostic(
                "E211", site.span, f"{site.name} is {site.written} here and {other.written} elsewhere in this module",
                'give both the same arguments, or one a name of its own: name="other"', other.span,
            )  # fmt: skip


def _overlaps(matches: Sequence[Match]) -> Iterator[Diagnostic]:
    """Two annotations that change the same value."""
    replaced = sorted(
        ((e.start, e.end, m) for m in matches for e in m.edits if isinstance(e, Replacement)),
        key=lambda each: (each[0], -each[1]),
    )
    reach = 0
    last: Match | None = None
    for start, end, each in replaced:
        if start < reach and last is not None and each.variable and last.variable:
            yield Diagnostic(
                "E204", each.variable.span, "this annotation and another change the same value",
                "keep one of the two", last.variable.span,
            )  # fmt: skip
        if end > reach:
            reach, last = end, each


def _reserved(source: Source) -> Iterator[Diagnostic]:
    used = re.search(rf"\b{NAME}\b", source.text)
    if used is not None:
        yield Diagnostic(
            "E212", source.stretch(*used.span()), f"the name {NAME} is reserved", "give yours another name"
        )
