"""The two consoles of the command line, and the rule for what goes where.

Results go to stdout as they stand, so that they can be piped; everything said about them goes to stderr.
"""

from __future__ import annotations

from rich.console import Console


class _Pipe(Console):
    """Leaves it to its user what happens when the reader has gone; rich itself would end the program."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def stdout() -> Console:
    """Results: no markup is read from user text, no emoji is made of it."""
    return _Pipe(markup=False, emoji=False, highlight=False)


def stderr() -> Console:
    """Everything that is not the result."""
    return _Pipe(stderr=True, markup=False, emoji=False, highlight=False)
