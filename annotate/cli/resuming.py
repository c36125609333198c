"""The commands that run a study on: resume, retry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from annotate.cli.budgets import (
    AtDeadlineOption,
    JobsOption,
    MaxDurationOption,
    TrialsOption,
    TrialTimeoutOption,
)
from annotate.cli.budgets import changes as asked
from annotate.cli.finding import StudyArgument
from annotate.cli.running import DetachOption, LogFormat

if TYPE_CHECKING:
    from collections.abc import Collection

    from annotate.cli.continuing import Changes

NewCodeOption = Annotated[
    bool | None,
    typer.Option(
        "--new-code/--old-code", help="Where the source has changed: go on with which? Default: asked."
    ),
]
GpusOption = Annotated[str | None, typer.Option("--gpus", help="Other GPUs than before.")]
LogFormatOption = Annotated[
    LogFormat, typer.Option("--log-format", help="auto is the live screen on a terminal, lines elsewhere.")
]


def resume(
    study: StudyArgument = None,
    trials: TrialsOption = None,
    jobs: JobsOption = None,
    max_duration: MaxDurationOption = None,
    at_deadline: AtDeadlineOption = None,
    trial_timeout: TrialTimeoutOption = None,
    gpus: GpusOption = None,
    new_code: NewCodeOption = None,
    log_format: LogFormatOption = LogFormat.auto,
    detach: DetachOption = False,
) -> None:
    """Run a study on that was finished, stopped, killed or lost; nothing is lost and nothing is run twice.

    [bold]annotate resume --trials 40[/bold]
    """
    from annotate.cli.continuing import Changes

    changes = Changes(
        options=asked(
            trials=trials,
            jobs=jobs,
            max_duration=max_duration,
            trial_timeout=trial_timeout,
            at_deadline=at_deadline,
        ),
        gpus=gpus,
        new_code=new_code,
    )
    _run_on(study, changes, log_format, detach=detach)


def retry(
    study: StudyArgument = None,
    failed: Annotated[bool, typer.Option("--failed", help="Every trial that failed.")] = False,
    trial: Annotated[
        list[int] | None, typer.Option("--trial", "-t", help="One that failed; may be given several times.")
    ] = None,
    jobs: JobsOption = None,
    gpus: GpusOption = None,
    new_code: NewCodeOption = None,
    log_format: LogFormatOption = LogFormat.auto,
    detach: DetachOption = False,
) -> None:
    """Run failed trials once more, with the same parameters; then the study goes on.

    [bold]annotate retry --failed[/bold]
    """
    from annotate.cli.continuing import Changes
    from annotate.errors import UsageError

    if failed == bool(trial):
        raise UsageError("which trials are to run again?", remedy="write --failed, or --trial 3 --trial 7")
    changes = Changes(options={} if jobs is None else {"jobs": jobs}, gpus=gpus, new_code=new_code)
    _run_on(study, changes, log_format, detach=detach, retry=trial or (), retries=True)


def _run_on(
    study: str | None,
    changes: Changes,
    log_format: LogFormat,
    *,
    detach: bool,
    retry: Collection[int] = (),
    retries: bool = False,
) -> None:
    import asyncio
    import sys

    from annotate.cli.continuing import continued
    from annotate.cli.signals import leave_on_signals

    if detach:
        from annotate.cli import detaching

        raise typer.Exit(detaching.detach(sys.argv[1:]))
    leave_on_signals()
    again = (tuple(retry) or None) if retries else ()
    raise typer.Exit(asyncio.run(continued(study, changes, again=again, log_format=log_format.value)))
