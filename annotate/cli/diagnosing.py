"""Diagnostics on stderr, all of them, and the error that stops the work when one of them does."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

from annotate.annotations import Diagnostic, Severity, render
from annotate.errors import SourceError

if TYPE_CHECKING:
    from rich.console import Console

    from annotate.sources import Closure

NO_REPORT = "W405"  # the gravest warning; moot where the metric is taken from the output
STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.NOTE: "bold blue"}


def show(diagnostics: Sequence[Diagnostic], console: Console | None = None) -> None:
    """Print every diagnostic, a blank line after each."""
    if not diagnostics:
        return

    from rich.text import Text

    from annotate.cli.streams import stderr

    console = console or stderr()
    for diagnostic in diagnostics:
        text = Text(render(diagnostic) + "\n")
        text.highlight_words([f"{diagnostic.severity.value} {diagnostic.code}"], STYLES[diagnostic.severity])
        text.highlight_regex(r"(?m)^ +\^+$", STYLES[diagnostic.severity])
        console.print(text, soft_wrap=True)


def refuse(diagnostics: Sequence[Diagnostic]) -> None:
    """Print every diagnostic; raise SourceError if one of them is an error."""
    show(diagnostics)
    errors = sum(d.severity is Severity.ERROR for d in diagnostics)
    if errors:
        raise SourceError(counted(diagnostics), remedy="nothing was written; mend them and run it again")


def accept(closure: Closure, metric_pattern: str | None) -> tuple[str, ...]:
    """Print every diagnostic of what is to be run; raise SourceError if one of them is an error.

    Returns what a screen says of the warnings, since it covers them: the gravest, and how many more there are.
    """
    diagnostics = [d for d in closure.diagnostics if d.code != NO_REPORT or metric_pattern is None]
    refuse(diagnostics)
    warnings = [d for d in diagnostics if d.severity is Severity.WARNING]
    if not warnings:
        return ()
    first, *others = sorted(warnings, key=lambda d: d.code != NO_REPORT)
    more = f"; and {counted(others)}: annotate check {shlex.quote(closure.script.name)}" if others else ""
    return (f"{first.file}:{first.line}: {first.cause}{more}",)


def counted(diagnostics: Sequence[Diagnostic]) -> str:
    """How many there are, in words: "2 errors, 1 warning"."""
    found = []
    for severity in Severity:
        number = sum(d.severity is severity for d in diagnostics)
        if number:
            found.append(f"{number} {severity.value}{'s' if number > 1 else ''}")
    return ", ".join(found) or "no errors"
