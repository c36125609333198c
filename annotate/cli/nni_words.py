"""`annotate nnictl`: an experiment of NNI's from its config.yml or its script, and what nnictl's other words are called here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperCommand

from annotate.cli.running import DetachOption


class NniWords(TyperCommand):
    """A command that lets options of nnictl's other words pass: the answer to them is a word of ours."""

    ignore_unknown_options = True


CLASS = NniWords


def nnictl(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="WORDS...", help="create, and what a script takes; any other is told in ours."
        ),
    ],
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            "-c",
            metavar="FILE",
            help="NNI's config.yml, version 1 or 2; or the script that runs nni.experiment.Experiment.",
        ),
    ] = None,
    detach: DetachOption = False,
    _port: Annotated[int | None, typer.Option("--port", "-p", hidden=True)] = None,
    _debug: Annotated[bool, typer.Option("--debug", "-d", hidden=True)] = False,
    _foreground: Annotated[bool, typer.Option("--foreground", "-f", hidden=True)] = False,
) -> None:
    """Run an experiment of NNI's from its config.yml or its script; nnictl's other words are told in ours.

    [bold]annotate nnictl create --config config.yml[/bold]

    [bold]annotate nnictl create --config launch.py -- --dataset cora[/bold]  (one that begins with nni.experiment)

    The `annotate run` that it amounts to is printed first: it can be typed instead, with more options. The study is
    kept where its trials run, below trialCodeDirectory.
    """
    from annotate.errors import UsageError
    from annotate.nni import called_here

    if words[0] != "create":
        theirs, here = called_here(words)
        raise UsageError(f"{theirs} has another name here", remedy=here)
    if config is not None and config.suffix == ".py":
        from annotate.cli.launching import launch
        from annotate.cli.targets import followed

        if detach:
            raise UsageError(
                f"{config} says itself what waits", remedy="in it, start() goes on where run() waits"
            )
        raise typer.Exit(launch(followed(config, "nnictl create --config"), words[1:]))
    if len(words) > 1:
        raise UsageError(
            f"nnictl create takes no {words[1]} here",
            remedy="the `annotate run` that it prints takes every option of ours",
        )
    if config is None:
        raise UsageError("no config is named", remedy="annotate nnictl create --config config.yml")
    raise typer.Exit(_run(config, detach=detach))


def _run(config: Path, *, detach: bool) -> int:
    """Run it; returns the exit code."""
    import os
    import shlex
    import sys

    from annotate.cli.app import app
    from annotate.nni import read_config, translated

    experiment = read_config(config)
    translation = translated(experiment)
    line = shlex.join(["annotate", "run", *translation.words()])
    elsewhere = translation.directory != Path.cwd().resolve()
    cd = f"cd {shlex.quote(str(translation.directory))}"
    typer.echo(f"{cd} && {line}" if elsewhere else line, err=True)
    if experiment.ignored:
        listed = ", ".join(experiment.ignored)
        typer.echo(
            f"{config.name}: {listed} mean{'s' * (len(experiment.ignored) == 1)} nothing here", err=True
        )
    os.chdir(translation.directory)
    argv = ["run", *translation.words(*(["--detach"] if detach else []))]
    sys.argv[1:] = argv
    code: int = app(argv)(argv, standalone_mode=False) or 0
    if elsewhere:
        typer.echo(f"  {cd}   first: the study is kept there")
    return code
