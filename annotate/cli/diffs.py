"""Unified diffs of the user's files on stdout: in colour on a terminal, else byte by byte, as `git apply` wants them."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from rich.text import Text

from annotate.cli.streams import stdout

STYLES = {"+": "green", "-": "red", "@": "cyan"}


def show_diff(before: bytes, after: bytes, name: str, *, labels: tuple[str, str] | None = None) -> None:
    """Print what changes in a file; nothing where it is the same. `labels` stand in place of a/NAME and b/NAME."""
    import typer

    console = stdout()
    for line in unified(before, after, name, labels):
        if console.is_terminal:
            text = "".join(map(_harmless, line.decode("utf-8", "replace").rstrip("\r\n")))
            console.print(Text(text, STYLES.get(text[:1], "")), soft_wrap=True)
        else:
            typer.echo(line, nl=False)


def unified(before: bytes, after: bytes, name: str, labels: tuple[str, str] | None = None) -> Iterator[bytes]:
    """The lines of the diff, each with its end."""
    path = name.lstrip("/")
    old, new = labels or (f"a/{path}", f"b/{path}")
    lines = difflib.diff_bytes(
        difflib.unified_diff, _lines(before), _lines(after), old.encode(), new.encode()
    )
    for line in lines:
        yield line if line.endswith(b"\n") else line + b"\n\\ No newline at end of file\n"


def _lines(data: bytes) -> list[bytes]:
    """Only a newline ends a line, as for git; a lone carriage return is a character like any other."""
    return [line + b"\n" for line in data.split(b"\n")[:-1]] + [
        line for line in data.split(b"\n")[-1:] if line
    ]


def _harmless(character: str) -> str:
    return character if character.isprintable() or character == "\t" else "\N{REPLACEMENT CHARACTER}"
