"""What can go wrong by a user's doing, and nothing else.

    AnnotateError                 exit code 2; carries a message and a remedy
    ├── SourceError               one or more diagnostics in the user's source
    ├── SpaceError                a search space that cannot be read or satisfied
    ├── UsageError                a command line that contradicts itself or the study
    ├── StorageError              a study that cannot be opened, read or written
    └── LaunchError               a trial process that cannot be started at all

A fault of our own is never an `AnnotateError`: it escapes with its traceback.
"""

from __future__ import annotations


class AnnotateError(Exception):
    """A user's mistake: what is wrong in one sentence, and the fix in one where there is one."""

    exit_code = 2

    def __init__(self, message: str, *, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class SourceError(AnnotateError):
    """The user's source has diagnostics of severity error; `annotate.annotations` renders them."""


class SpaceError(AnnotateError):
    """A search space that cannot be read, or that no point satisfies."""


class UsageError(AnnotateError):
    """A command line that contradicts itself, the study or the machine."""


class StorageError(AnnotateError):
    """A study that cannot be opened, read or written: full disk, lock, corruption, permissions."""


class LaunchError(AnnotateError):
    """A trial process that cannot be started at all: no such interpreter, no such script."""
