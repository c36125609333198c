"""Look-alike comments of a file without annotations: tokens, no tree, and only where one is suspected."""

from __future__ import annotations

import io
import tokenize

from annotate.annotations.diagnostics import Diagnostic
from annotate.annotations.lookalike import looks_like
from annotate.instrument.source import Source, Unreadable, read_source

CAUSE = "this comment looks like an annotation and is none"
REMEDY = "write # @nni.DIRECTIVE(...), or # # to keep it switched off"


def suspicious_comments(data: bytes, path: str) -> tuple[Diagnostic, ...]:
    """Warnings for comments; none for a file that cannot be read, which is nobody's annotation."""
    try:
        source = read_source(data, path)
        tokens = list(tokenize.generate_tokens(io.StringIO(source.text).readline))
    except (Unreadable, tokenize.TokenError, SyntaxError):
        return ()
    return tuple(
        look_alike(source, token.start[0], token.start[1], token.string)
        for token in tokens
        if token.type == tokenize.COMMENT and looks_like(token.string)
    )


def look_alike(source: Source, line: int, column: int, comment: str) -> Diagnostic:
    """The warning about one comment."""
    return Diagnostic("W401", source.span(line, column, len(comment)), CAUSE, REMEDY)
