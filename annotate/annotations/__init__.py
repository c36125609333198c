"""The annotation language: text to directives, directives to distributions, faults to diagnostics.

It knows no file and no syntax tree of the user's program; `annotate.instrument` does.
"""

from annotate.annotations.constraint import Constraint, holds
from annotate.annotations.diagnostics import Diagnostic, Severity, Span, has_errors, render, render_all
from annotate.annotations.names import short_names

__all__ = [
    "Constraint", "Diagnostic", "Severity", "Span", "has_errors", "holds", "render", "render_all", "short_names",
]  # fmt: skip
