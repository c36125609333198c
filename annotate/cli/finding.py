"""Studies and trials as a person names them on the command line.

A study is named by its id, a part of it or, to be read, its directory, a trial by its number in the latest study or by its id,
STUDY-NUMBER, whose study may be shortened.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from annotate.cli import completing

if TYPE_CHECKING:
    from annotate.storage import StudyFolder, StudyMeta, StudyStore

StudyArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="STUDY",
        help="An id or part of one; the latest study if left out.",
        autocompletion=completing.studies,
    ),
]
TrialArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="TRIAL", help="Its number or id; the best if left out.", autocompletion=completing.trials
    ),
]
StudyOption = Annotated[
    str | None,
    typer.Option(
        "--study",
        "-s",
        help="An id or part of one; the latest study if left out.",
        autocompletion=completing.studies,
    ),
]


class opened:  # noqa: N801 - used as the statement it is
    """A study opened for reading."""

    def __init__(self, name: str | None) -> None:
        self._name = name

    def __enter__(self) -> tuple[StudyFolder, StudyStore, StudyMeta]:
        from annotate.storage import StudyStore, find_to_read

        folder = find_to_read(Path.cwd(), self._name)
        self._store = StudyStore.open(folder.database, read_only=True)
        return folder, self._store, self._store.meta()

    def __exit__(self, *exc: object) -> None:
        self._store.close()


def named(text: str, study: str | None) -> tuple[str | None, int] | None:
    """The study and the number of a trial that is called by its number or its id; None for any other text."""
    if text.isdecimal():
        return study, int(text)
    from annotate.errors import StorageError
    from annotate.storage import find

    beginning, dash, number = text.rpartition("-")
    if not dash or not number.isdecimal():
        return None
    try:
        find(Path.cwd(), text)
    except StorageError:  # it is no study; 2026-11-21-0423-train-2 may be one
        return beginning, int(number)
    return None
