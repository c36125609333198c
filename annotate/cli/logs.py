"""`annotate log`: what a trial printed, as it printed it."""

from __future__ import annotations

from typing import Annotated

import typer

from annotate.cli.finding import StudyOption, TrialArgument, named, opened
from annotate.cli.rows import best_of


def log(
    trial: TrialArgument = None,
    study: StudyOption = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the trial ends.")] = False,
) -> None:
    """Print what a trial printed.

    [bold]annotate log[/bold]  (of the best trial)

    [bold]annotate log 7 --follow[/bold]
    """
    import sys
    import time

    from annotate.errors import StorageError
    from annotate.storage import holder

    found = (study, None) if trial is None else named(trial, study)
    if found is None:
        raise StorageError(f"there is no trial {trial}", remedy="`annotate show` lists the trials by number")
    with opened(found[0]) as (folder, store, meta):
        number = found[1]
        if number is None:
            best = best_of(store.trials(), meta)
            if best is None:
                raise StorageError(f"{folder.id} has no best trial yet", remedy="name one: annotate log 0")
            number = best.number
        path = folder.trial(store.trial(number).number) / "log"
        if not path.is_file():
            raise StorageError(
                f"there is no log of trial {number}: it has not started, was imported, or its files were cleared away"
            )
        with path.open("rb") as stream:
            while True:
                ended = not follow or store.trial(number).state.finished or holder(folder.lock) is None
                while chunk := stream.read(1 << 16):
                    sys.stdout.buffer.write(chunk)
                sys.stdout.buffer.flush()
                if ended:
                    return
                time.sleep(0.2)
