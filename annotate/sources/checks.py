"""Warnings that only the whole closure can give."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from annotate.annotations.constraint import Constraint, holds
from annotate.annotations.diagnostics import Diagnostic, has_errors
from annotate.annotations.samplers import Json
from annotate.errors import SpaceError
from annotate.instrument import Instrumented

_REPORTS = re.compile(rb"\breport_(?:final_result|loss)\b")


def check_closure(
    files: Sequence[Instrumented], constraints: Sequence[Constraint], defaults: Mapping[str, Json]
) -> Iterator[Diagnostic]:
    """No final report anywhere; defaults that break a constraint."""
    variables = [site for file in files for site in file.variables]
    if variables and not any(_REPORTS.search(file.code) for file in files):
        yield Diagnostic(
            "W405", variables[0].span, "nothing reports a final result, so no trial can be told from another",
            "write # @nni.report_final_result(accuracy) where the result is known",
        )  # fmt: skip
    sites = [site for file in files for site in file.constraints]
    for constraint in constraints:
        site = next(each for each in sites if each.source == constraint.source)
        try:
            broken = not holds(constraint, defaults)
        except SpaceError as error:
            yield Diagnostic("E113", site.span, error.message, error.remedy)
            continue
        if broken and not any(has_errors(file.diagnostics) for file in files):
            yield Diagnostic(
                "W411", site.span, "the values that stand in the source break this constraint",
                "change them or the condition; trial 0 runs the values as they stand",
            )  # fmt: skip
