"""`annotate import`: trials that another program, another machine or an earlier export holds, as a study here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from annotate import __version__

if TYPE_CHECKING:
    from annotate.trial import Direction
    from annotate_tuners.space import SearchSpace


def import_(
    source: Annotated[
        str,
        typer.Argument(metavar="FILE", help="A file, or the URL of an Optuna storage.", show_default=False),
    ],
    study: Annotated[
        str | None, typer.Option("--study", "-s", help="Which one, where an Optuna storage holds several.")
    ] = None,
    maximize: Annotated[
        bool | None, typer.Option("--maximize/--minimize", help="Where the file does not say it.")
    ] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(
            "--metric",
            metavar="NAME[:max|:min]",
            help="What the value is called, where the file does not say it; then its further metrics.",
        ),
    ] = None,
    space: Annotated[
        Path | None,
        typer.Option(
            "--space", help="The search space (`annotate extract-space`), where the file does not say it."
        ),
    ] = None,
) -> None:
    """Read trials back as a finished study, which ls, top, best, report and `run --from` know like any other.

    [bold]annotate import study.json[/bold]  (from annotate export; json says all, jsonl all but the ranges)

    [bold]annotate import trials.csv --metric loss:min --space search_space.json[/bold]

    [bold]annotate import optuna.db --study my-study[/bold]  (needs pip install 'annotate-trials\\[optuna]')

    [bold]annotate import nni.json --maximize[/bold]  (from nnictl experiment export)
    """
    import time

    from annotate.export.importing import keep
    from annotate.export.reading import Said, read

    now = time.time()
    said = Said(
        direction=None if maximize is None else "maximize" if maximize else "minimize",
        metrics=dict(map(_metric, metric or ())),
        space=None if space is None else _space(space),
        study=study,
    )
    record, notes = read(source, said, now=now)
    folder = keep(record, Path.cwd(), now=now, version=__version__)
    for note in notes:
        typer.echo(f"note: {note}", err=True)
    typer.echo(f"{folder.id}: {len(record.trials)} trials from {source}")
    typer.echo(f"  annotate top {folder.id}   shows the best of them")


def _metric(word: str) -> tuple[str, Direction | None]:
    """NAME, NAME:max or NAME:min."""
    from annotate.cli.metrics import named_metric

    if ":" not in word:
        return word, None
    objective = named_metric(word)
    return objective.name, objective.direction


def _space(path: Path) -> SearchSpace:
    from annotate.cli.spaces import read_space

    return read_space(str(path))
