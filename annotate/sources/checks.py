"""Warnings that only the whole closure can give."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping, Sequence

from annotate.annotations.constraint import Constraint, holds
from annotate.annotations.diagnostics import Diagnostic, Span, has_errors
from annotate.annotations.samplers import Json
from annotate.errors import SpaceError
from annotate.instrument import Instrumented

_REPORTS = re.compile(rb"\breport_(?:(?:final|intermediate)_result|loss)\b")


def unparsed(script: Instrumented, path: str) -> Iterator[Diagnostic]:
    """A note about a script without annotations that Python cannot parse."""
    if script.annotated:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(script.code, path, "exec", dont_inherit=True)
        except SyntaxError as error:
            line = (error.text or "").rstrip("\r\n")
            span = Span(path, error.lineno or 1, max(0, (error.offset or 1) - 1), 1, line)
            yield Diagnostic("N501", span, f"this file does not parse and is left as it is: {error.msg}")
        except (ValueError, RecursionError, MemoryError, OverflowError):
            return


def check_closure(
    files: Sequence[Instrumented], constraints: Sequence[Constraint], defaults: Mapping[str, Json]
) -> Iterator[Diagnostic]:
    """No final report, annotations that never run, defaults that break a constraint; the script is first."""
    variables = [site for file in files for site in file.variables]
    if variables and not any(_REPORTS.search(file.code) for file in files):
        yield Diagnostic(
            "W405", variables[0].span, "nothing reports a result, so no trial can be told from another",
            "write # @nni.report_final_result(accuracy) where the result is known",
        )  # fmt: skip
    for site in (site for file in files[1:] for site in file.variables if site.main_only):
        yield Diagnostic(
            "W412", site.span, "this runs only where its file is the script, and here it is imported",
            "move it out of if __name__ == '__main__'",
        )  # fmt: skip
    constrained = [site for file in files for site in file.constraints]
    for constraint in constraints:
        span = next(each.span for each in constrained if each.source == constraint.source)
        try:
            broken = not holds(constraint, defaults)
        except SpaceError as error:
            yield Diagnostic("E113", span, error.message, error.remedy)
            continue
        if broken and not any(has_errors(file.diagnostics) for file in files):
            yield Diagnostic(
                "W411", span, "the values that stand in the source break this constraint",
                "change them or the condition; trial 0 runs the values as they stand",
            )  # fmt: skip
