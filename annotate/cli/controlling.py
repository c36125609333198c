"""The commands that speak to a running study: watch, stop, kill, update."""

from __future__ import annotations

from typing import Annotated

import typer

from annotate.cli import completing
from annotate.cli.budgets import (
    AtDeadlineOption,
    JobsOption,
    MaxDurationOption,
    TrialsOption,
    TrialTimeoutOption,
    changes,
)
from annotate.cli.finding import StudyArgument, StudyOption, named


def watch(study: StudyArgument = None) -> None:
    """Show a study that runs elsewhere on this machine, on the same screen; q leaves it running.

    [bold]annotate watch[/bold]
    """
    import asyncio
    from pathlib import Path

    from annotate.cli.watching import watched
    from annotate.storage import find

    asyncio.run(watched(find(Path.cwd(), study)))


def stop(
    study: StudyArgument = None,
    now: Annotated[
        bool, typer.Option("--now", help="Kill what runs; without it trials have time to end.")
    ] = False,
) -> None:
    """End a running study and keep every result; `annotate resume` runs it on.

    [bold]annotate stop[/bold]
    """
    import time
    from pathlib import Path

    from annotate.storage import find, holder
    from annotate.study.control import Stop, send

    folder = find(Path.cwd(), study)
    send(folder.socket, Stop(at_once=now))
    while holder(folder.lock) is not None:
        time.sleep(0.05)
    typer.echo(f"{folder.id} has ended")


def kill(
    trial: Annotated[
        str,
        typer.Argument(
            metavar="TRIAL",
            help="The number or id of a trial that runs or waits.",
            autocompletion=completing.running_trials,
        ),
    ],
    study: StudyOption = None,
) -> None:
    """End one trial of a running study; another one takes its place.

    [bold]annotate kill 7[/bold]
    """
    from pathlib import Path

    from annotate.errors import StorageError
    from annotate.storage import find
    from annotate.study.control import Kill, send

    found = named(trial, study)
    if found is None:
        raise StorageError(f"there is no trial {trial}", remedy="`annotate show` lists the trials by number")
    folder = find(Path.cwd(), found[0])
    send(folder.socket, Kill(found[1]))
    typer.echo(f"trial {found[1]} of {folder.id} is being ended")


def update(
    study: StudyArgument = None,
    trials: TrialsOption = None,
    jobs: JobsOption = None,
    max_duration: MaxDurationOption = None,
    at_deadline: AtDeadlineOption = None,
    trial_timeout: TrialTimeoutOption = None,
) -> None:
    """Change the budget or the jobs of a running study.

    [bold]annotate update --trials 40 --jobs 2[/bold]
    """
    from pathlib import Path

    from annotate.errors import UsageError
    from annotate.storage import find
    from annotate.study.control import Update, send

    asked = changes(
        trials=trials,
        jobs=jobs,
        max_duration=max_duration,
        trial_timeout=trial_timeout,
        at_deadline=at_deadline,
    )
    if not asked:
        raise UsageError("nothing is to be changed", remedy="annotate update --trials 40")
    folder = find(Path.cwd(), study)
    send(folder.socket, Update(asked))
    said = (f"{name.replace('_', ' ')} {_said(value)}" for name, value in asked.items())
    typer.echo(f"{folder.id}: {', '.join(said)}")


def _said(value: float | str | None) -> str:
    return f"{value:g}" if isinstance(value, int | float) else value or "none"
