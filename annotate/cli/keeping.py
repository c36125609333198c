"""The commands that make room: rm, gc."""

from __future__ import annotations

from typing import Annotated

import typer

from annotate.cli import completing
from annotate.cli.finding import StudyArgument


def rm(
    studies: Annotated[
        list[str],
        typer.Argument(metavar="STUDY", help="Ids or parts of them.", autocompletion=completing.studies),
    ],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete studies with all their results.

    [bold]annotate rm 2026-11-21-0423-train[/bold]
    """
    import shutil
    import sys
    import time
    from pathlib import Path

    from annotate.cli.naming import command_line
    from annotate.errors import UsageError
    from annotate.storage import HostLock, StudyStore, find
    from annotate.storage.faults import told

    folders = {folder.id: folder for folder in (find(Path.cwd(), name) for name in studies)}
    for folder in folders.values():
        HostLock.take(folder.lock, command=command_line(), now=time.time()).release()
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError(
                f"nobody is there to say whether to delete {', '.join(folders)}", remedy="write --yes"
            )
        for folder in folders.values():
            with StudyStore.open(folder.database, read_only=True) as store:
                typer.echo(f"{folder.id}: {len(store.trials())} trials", err=True)
        typer.confirm("Delete for good?", abort=True, err=True)
    for folder in folders.values():
        with told(folder.path):
            shutil.rmtree(folder.path)


def gc(
    study: StudyArgument = None,
    keep: Annotated[
        str, typer.Option("--keep", help="top:3 keeps the files of the three best trials.")
    ] = "top:3",
) -> None:
    """Delete the files of a study's lesser trials (logs, checkpoints); every result stays in its tables.

    [bold]annotate gc --keep top:3[/bold]
    """
    import time
    from pathlib import Path

    from annotate.cli.naming import command_line
    from annotate.storage import HostLock, StudyStore, find, parse_keep, sweep
    from annotate.storage.checkpoints import outdated

    kept = parse_keep(keep)
    folder = find(Path.cwd(), study)
    with HostLock.take(folder.lock, command=command_line(), now=time.time()):
        with StudyStore.open(folder.database, read_only=True) as store:
            trials = store.trials()
            numbers = kept.best_of(trials, store.meta().objectives)
        freed = sweep(folder, numbers, outdated(trials, numbers))
        typer.echo(f"{folder.id}: freed {freed / 1e6:.1f} MB")
