"""Source in, instrumented source out: pure, and no file is touched.

>>> done = instrument(b"lr = 0.1  # @nni.uniform(0, 1)\\n", "train", "train.py")
>>> done.space.to_json()
{'train/lr/uniform': {'_type': 'uniform', '_value': [0.0, 1.0]}}
"""

from __future__ import annotations

import dataclasses
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from annotate.annotations.diagnostics import Diagnostic, has_errors
from annotate.annotations.lookalike import SUSPICIOUS
from annotate.annotations.samplers import Json, same_json
from annotate.annotations.snippet import Form
from annotate.instrument.blocks import under_main
from annotate.instrument.checks import check_file
from annotate.instrument.comments import suspicious_comments
from annotate.instrument.edits import IMPORT, INLINE, NAME, Edit, Replacement, apply
from annotate.instrument.finding import Found, find
from annotate.instrument.handwritten import hand_written
from annotate.instrument.header import header
from annotate.instrument.matches import Match, span_of
from annotate.instrument.matching import match
from annotate.instrument.sites import ConstraintSite, ReportSite, VariableSite
from annotate.instrument.source import Source, Unreadable, read_source
from annotate.instrument.tree import Broken, Tree, read_tree
from annotate_tuners.space import SearchSpace

MARK: Final = b"@nni."


@dataclass(frozen=True)
class Instrumented:
    """A file with its annotations carried out. `code` is the source itself where there are errors.

    `annotated` tells whether the file carries an annotation at all.
    """

    code: bytes
    variables: tuple[VariableSite, ...] = ()
    reports: tuple[ReportSite, ...] = ()
    constraints: tuple[ConstraintSite, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    annotated: bool = False

    @property
    def space(self) -> SearchSpace:
        """The variables of the file, in the order of the source."""
        return SearchSpace({site.key: site.distribution for site in self.variables})

    @property
    def defaults(self) -> Mapping[str, Json]:
        """The values that stand in the source, where they are known and a key has one only."""
        found: dict[str, list[Json]] = {}
        for site in self.variables:
            found.setdefault(site.key, []).append(site.default)
        return {
            key: values[0][0]
            for key, values in found.items()
            if None not in values and all(same_json(values[0][0], value[0]) for value in values)
        }


def instrument(source: bytes, module: str, path: PurePath | str) -> Instrumented:
    """Carry out the annotations of one file.

    `module` is the dotted name that keys begin with, `path` what diagnostics call the file.
    """
    if MARK not in source:
        return Instrumented(source, diagnostics=_lookalikes(source, str(path)))
    try:
        text = read_source(source, str(path))
    except Unreadable as error:
        read = Source(str(path), source.decode("latin-1"), "latin-1", b"")
        where = read.span(1, 0, len(read.line(1)))
        remedy = "save the file as UTF-8, or say its encoding in the first line"
        return Instrumented(source, diagnostics=(Diagnostic("E302", where, f"unreadable: {error}", remedy),))
    if IMPORT in text.text or INLINE in text.text:
        return Instrumented(source)
    tree = read_tree(text)
    if isinstance(tree, Broken):
        where = text.span(tree.line, tree.column, 1)
        return Instrumented(source, diagnostics=(Diagnostic(tree.code, where, tree.message),), annotated=True)
    return _carry_out(source, tree, module)


def _carry_out(data: bytes, tree: Tree, module: str) -> Instrumented:
    source = tree.source
    found, notes = find(tree)
    if not found:
        return Instrumented(data, diagnostics=tuple(notes))
    matches = [match(tree, each, found, module) for each in found]
    if re.search(r"\bimport[ \t]+nni\b", source.text):
        matches += hand_written(tree, source, module)
    diagnostics = [*notes, *(d for m in matches for d in m.diagnostics)]
    diagnostics += [*_conflicts(matches), *_overlaps(matches), *_reserved(source)]
    diagnostics += check_file(tree, matches)
    edits: list[Edit] = [edit for m in matches for edit in m.edits]
    code = data
    if edits and not has_errors(diagnostics):
        place = header(tree, edits)
        text = (
            apply(source.text, edits, INLINE) if place is None else apply(source.text, [*edits, place], NAME)
        )
        broken = _compile(source, text, found)
        diagnostics += broken
        code = data if broken else source.encode(text)
    return Instrumented(
        code,
        tuple(sorted((_placed(tree, m) for m in matches if m.variable), key=lambda v: v.span.line)),
        tuple(m.report for m in matches if m.report),
        tuple(m.constraint for m in matches if m.constraint),
        tuple(sorted(diagnostics, key=lambda d: (d.line, d.column, d.code))),
        annotated=True,
    )


def _placed(tree: Tree, each: Match) -> VariableSite:
    assert each.variable is not None
    main_only = each.statement is not None and under_main(tree, each.statement)
    return dataclasses.replace(each.variable, main_only=main_only)


def _lookalikes(data: bytes, path: str) -> tuple[Diagnostic, ...]:
    if SUSPICIOUS.search(data) is None or re.search(rb"(?i)\bn*ni\b|\bnn\b", data) is None:
        return ()
    return suspicious_comments(data, path)


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


def _compile(source: Source, text: str, found: Sequence[Found]) -> list[Diagnostic]:
    """A fault that only Python's compiler sees, such as `await` in an option outside a coroutine."""
    error = _syntax_error(text)
    if error is None or _syntax_error(source.text) is not None:
        return []
    line = error.lineno or 1
    forms = [each for each in found if each.line <= line or each.snippet.form is Form.TRAILING] or list(found)
    nearest = min(forms, key=lambda each: abs(each.line - line))
    remedy = "write an expression that is legal in the place of the value"
    return [
        Diagnostic(
            "E213", span_of(source, nearest), f"this does not compile in its place: {error.msg}", remedy
        )
    ]


def _syntax_error(text: str) -> SyntaxError | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(text, "<instrumented>", "exec", dont_inherit=True)
        except SyntaxError as error:
            return error
        except (ValueError, RecursionError, MemoryError, OverflowError):
            return None
    return None
