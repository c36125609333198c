"""Source in, instrumented source out: pure, and no file is touched.

>>> done = instrument(b"lr = 0.1  # @nni.uniform(0, 1)\\n", "train", "train.py")
>>> done.space.to_json()
{'train/lr/uniform': {'_type': 'uniform', '_value': [0.0, 1.0]}}
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from typing_extensions import assert_never

from annotate.annotations.diagnostics import Diagnostic, has_errors
from annotate.annotations.samplers import Json
from annotate.annotations.snippet import Form
from annotate.instrument.edits import INLINE, NAME, apply
from annotate.instrument.finding import Found
from annotate.instrument.header import header
from annotate.instrument.matches import span_of
from annotate.instrument.reading import Annotated, Unannotated, read_annotations
from annotate.instrument.sites import ConstraintSite, ReportSite, VariableSite, defaults_of
from annotate.instrument.source import Source
from annotate_tuners.space import SearchSpace


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
        return defaults_of(self.variables)


def instrument(source: bytes, module: str, path: PurePath | str) -> Instrumented:
    """Carry out the annotations of one file.

    `module` is the dotted name that keys begin with, `path` what diagnostics call the file.
    """
    read = read_annotations(source, module, path)
    match read:
        case Unannotated(diagnostics, broken):
            return Instrumented(source, diagnostics=diagnostics, annotated=broken)
        case Annotated():
            return _carry_out(source, read)
        case _:
            assert_never(read)


def _carry_out(data: bytes, read: Annotated) -> Instrumented:
    source, edits = read.source, read.edits
    diagnostics = [*read.diagnostics]
    code = data
    if edits and not has_errors(diagnostics):
        place = header(read.tree, edits)
        text = (
            apply(source.text, edits, INLINE) if place is None else apply(source.text, [*edits, place], NAME)
        )
        broken = _compile(source, text, read.found)
        diagnostics += broken
        code = data if broken else source.encode(text)
    return Instrumented(
        code,
        read.variables,
        tuple(m.report for m in read.matches if m.report),
        tuple(m.constraint for m in read.matches if m.constraint),
        tuple(sorted(diagnostics, key=lambda d: (d.line, d.column, d.code))),
        annotated=True,
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
