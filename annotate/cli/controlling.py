"""The commands that speak to a running study: watch, stop, kill, update."""

from __future__ import annotations

from typing import Annotated

import typer

from annotate.cli.finding import StudyArgument, StudyOption


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
    trial: Annotated[int, typer.Argument(help="The number of a trial that runs or waits.")],
    study: StudyOption = None,
) -> None:
    """End one trial of a running study; another one takes its place.

    [bold]annotate kill 7[/bold]
    """
    from pathlib import Path

    from annotate.storage import find
    from annotate.study.control import Kill, send

    folder = find(Path.cwd(), study)
    send(folder.socket, Kill(trial))
    typer.echo(f"trial {trial} of {folder.id} is being ended")


def update(
    study: StudyArgument = None,
    trials: Annotated[
        int | None, typer.Option("--trials", "-n", min=1, help="How many trials in all.")
    ] = None,
    jobs: Annotated[int | None, typer.Option("--jobs", "-j", min=1, help="How many at once.")] = None,
    max_duration: Annotated[
        str | None, typer.Option("--max-duration", help="How long in all, e.g. 2h.")
    ] = None,
    trial_timeout: Annotated[
        str | None, typer.Option("--trial-timeout", help="How long a trial may run.")
    ] = None,
) -> None:
    """Change the budget or the jobs of a running study.

    [bold]annotate update --trials 40 --jobs 2[/bold]
    """
    from pathlib import Path

    from annotate.errors import UsageError
    from annotate.storage import find
    from annotate.study import parse_duration
    from annotate.study.control import Update, send

    asked = {
        "trials": trials,
        "jobs": jobs,
        "max_duration": None if max_duration is None else parse_duration(max_duration),
        "trial_timeout": None if trial_timeout is None else parse_duration(trial_timeout),
    }
    changes = {name: value for name, value in asked.items() if value is not None}
    if not changes:
        raise UsageError("nothing is to be changed", remedy="annotate update --trials 40")
    folder = find(Path.cwd(), study)
    send(folder.socket, Update(changes))
    typer.echo(
        f"{folder.id}: " + ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in changes.items())
    )
