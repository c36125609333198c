"""`annotate confirm`: the best trials and the defaults run again with fresh seeds, and what that proves.

The runs are a study of their own inside the one that they confirm (`annotate.confirm.runs`), on the same
slots and with the same screen. Asked again, it runs what is missing and judges anew.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from annotate.cli.finding import StudyArgument
from annotate.cli.output import Format, FormatOption
from annotate.cli.running import LogFormat

ARGUMENTS = "arguments"


class WithArguments(TyperCommand):
    """A command whose words behind `--` are the script's, not its own."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put aside what follows `--`."""
        at = args.index("--") if "--" in args else len(args)
        ctx.meta[ARGUMENTS] = tuple(args[at + 1 :])
        return super().parse_args(ctx, args[:at])

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """The usage line names them too."""
        return [*super().collect_usage_pieces(ctx), "[-- ARGS...]"]


CLASS = WithArguments


def confirm(
    context: typer.Context,
    study: StudyArgument = None,
    top: Annotated[int, typer.Option("--top", "-n", min=1, help="How many of the best trials.")] = 3,
    trial: Annotated[
        list[int] | None,
        typer.Option("--trial", "-t", help="This trial in place of the best; may be given several times."),
    ] = None,
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="How many runs of each.")] = 5,
    seed_as: Annotated[
        str | None,
        typer.Option(
            "--seed-as", help="How the script is given a seed, e.g. '--random-state {}'. Default: found."
        ),
    ] = None,
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", min=1, help="How many at once. Default: as in the study.")
    ] = None,
    log_format: Annotated[
        LogFormat,
        typer.Option("--log-format", help="auto is the live screen on a terminal, lines elsewhere."),
    ] = LogFormat.auto,
    format: FormatOption = Format.table,
) -> None:
    """Run the best trials and the script's defaults again with fresh seeds, and say what holds.

    The result that made a trial the best is partly luck. This one is not chosen for it.

    [bold]annotate confirm --top 3 --seeds 5[/bold]

    [bold]annotate confirm -- --epochs 300[/bold]   with the script's arguments changed: at full budget, say
    """
    import asyncio

    from annotate.cli.confirmation import Asked, confirmed
    from annotate.cli.signals import leave_on_signals

    asked = Asked(
        study=study,
        top=top,
        trials=tuple(trial or ()),
        seeds=seeds,
        seed_as=seed_as,
        jobs=jobs,
        arguments=context.meta[ARGUMENTS],
        log_format=log_format.value,
        format=format,
    )
    leave_on_signals()
    raise typer.Exit(asyncio.run(confirmed(asked)))
