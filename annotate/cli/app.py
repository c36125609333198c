"""The commands, by name. Each lives in the module that is named for it and imports what it needs when it runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer
from typer.core import TyperCommand

from annotate.cli import (
    applying,
    checking_out,
    confirming,
    controlling,
    diffing,
    exporting,
    importing,
    inspecting,
    keeping,
    logs,
    narrowing,
    reading,
    replaying,
    reporting,
    resuming,
    running,
    suggesting,
)

app = typer.Typer(
    name="annotate",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Write the range beside the value; annotate tunes the script.\n\n"
    "[bold]lr = 0.1  # @nni.loguniform(1e-4, 1e-1)[/bold]\n\n"
    "[bold]annotate run train.py --trials 20[/bold]",
)


def _version(value: bool) -> None:
    if value:
        from importlib.metadata import version

        typer.echo(f"annotate {version('annotate-trials')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Hold the options of `annotate` itself."""


RUN, SOURCE, RESULTS = "Run", "The source", "Results"
NAMES: dict[Callable[..., object], str] = {importing.import_: "import"}
CLASSES: dict[Callable[..., object], type[TyperCommand]] = {confirming.confirm: confirming.WithArguments}

for panel, commands in {
    RUN: (
        running.run,
        resuming.resume,
        resuming.retry,
        controlling.watch,
        controlling.stop,
        controlling.kill,
        controlling.update,
    ),
    SOURCE: (
        inspecting.check,
        inspecting.explain,
        inspecting.extract_space,
        inspecting.instrument,
        suggesting.suggest,
    ),
    RESULTS: (
        reading.ls,
        reading.show,
        reading.top,
        reading.best,
        reading.compare,
        diffing.diff,
        applying.apply,
        checking_out.checkout,
        logs.log,
        replaying.replay,
        confirming.confirm,
        narrowing.narrow,
        reporting.report,
        exporting.export,
        importing.import_,
        keeping.rm,
        keeping.gc,
    ),
}.items():
    for command in commands:
        app.command(NAMES.get(command), rich_help_panel=panel, cls=CLASSES.get(command))(command)
