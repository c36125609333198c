"""A user's file as text whose every character can be told from its line and column, and put back.

Lines end at `\\n`, `\\r\\n` or `\\r`, nothing else: a form feed is a character like any other.
"""

from __future__ import annotations

import bisect
import codecs
import functools
import io
import re
import tokenize
from dataclasses import dataclass

from annotate.annotations.diagnostics import Span

_END = re.compile(r"\r\n?|\n")


class Unreadable(Exception):  # noqa: N818 - a verdict, turned into a diagnostic by who asked
    """The bytes are no text in the encoding that the file declares."""


@dataclass(frozen=True)
class Source:
    """`text` is without its byte order mark; `encode` gives it back."""

    path: str
    text: str
    encoding: str
    mark: bytes

    @functools.cached_property
    def starts(self) -> list[int]:
        """Where each line begins."""
        return [0, *(match.end() for match in _END.finditer(self.text))]

    def offset(self, line: int, column: int) -> int:
        """Of a 1-based line and a 0-based column."""
        return self.starts[line - 1] + column

    def position(self, offset: int) -> tuple[int, int]:
        """1-based line, 0-based column."""
        line = bisect.bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1]

    def line(self, number: int) -> str:
        """A line without its end; "" where there is none."""
        if not 1 <= number <= len(self.starts):
            return ""
        end = self.starts[number] if number < len(self.starts) else len(self.text)
        return self.text[self.starts[number - 1] : end].rstrip("\r\n")

    def span(self, line: int, column: int, width: int) -> Span:
        """A stretch of a line, cut at the line's end."""
        text = self.line(line)
        return Span(self.path, line, column, max(1, min(width, len(text) - column)), text)

    def stretch(self, start: int, end: int) -> Span:
        """The same from two offsets; only the first line of a longer one."""
        line, column = self.position(start)
        return self.span(line, column, end - start)

    def encode(self, text: str) -> bytes:
        """Back to bytes, as they were read."""
        return self.mark + text.encode(self.encoding)


def read_source(data: bytes, path: str) -> Source:
    """Decode as Python does: byte order mark, then cookie, then UTF-8. Raises Unreadable."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    except SyntaxError as error:
        raise Unreadable(str(error)) from error
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    encoding = "utf-8" if encoding == "utf-8-sig" else encoding
    try:
        text = data[len(mark) :].decode(encoding)
        exact = text.encode(encoding) == data[len(mark) :]
    except (UnicodeError, LookupError) as error:
        raise Unreadable(f"{encoding}: {error}") from error
    if not exact:
        raise Unreadable(f"{encoding} text cannot be written back byte for byte")
    return Source(path, text, encoding, mark)
