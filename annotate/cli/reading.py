"""The commands that read studies and change nothing: ls, show, top, best, compare."""

from __future__ import annotations

import enum
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from annotate.cli import completing
from annotate.cli.finding import StudyArgument, StudyOption, named, opened
from annotate.cli.output import Difference, Format, FormatOption, write
from annotate.cli.rows import best_of, facts_of, front_of, ranked, row_of

if TYPE_CHECKING:
    from annotate.storage import StudyMeta
    from annotate.trial import Trial


class BestFormat(str, enum.Enum):
    """How `best` prints parameters."""

    table = "table"
    args = "args"
    json = "json"
    yaml = "yaml"


def ls(format: FormatOption = Format.table) -> None:
    """List the studies of this directory, the latest last.

    [bold]annotate ls --format json[/bold]
    """
    from annotate.errors import StorageError
    from annotate.screen.gain import gained
    from annotate.storage import StudyStore, holder, studies

    rows = []
    for folder in studies(Path.cwd()):
        try:
            with StudyStore.open(folder.database, read_only=True) as store:
                meta, counts = store.meta(), store.counts()
                best: float | str | None = store.best_value(meta.direction)
                base, gain = store.baseline(), None
                if len(meta.objectives) > 1:
                    best = f"{len(front_of(store.trials(), meta))} on the front"
                elif isinstance(best, float) and base is not None and base.value is not None:
                    gain = Difference(gained(meta.objectives[0], best, base.value).absolute)
        except StorageError as error:
            typer.echo(error.message, err=True)
            continue
        rows.append(
            {
                "study": folder.id,
                "script": Path(meta.script).name,
                "trials": sum(counts.values()),
                "finished": sum(count for state, count in counts.items() if state.finished),
                "running": holder(folder.lock) is not None,
                "best": best,
                "gain": gain,
                "tuner": meta.tuner,
            }
        )
    if not rows and format is Format.table:
        typer.echo("no study here yet: annotate run SCRIPT --trials 20", err=True)
    write(rows, format)


def show(
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="STUDY|TRIAL",
            help="A study, or a trial by its number or id.",
            autocompletion=completing.studies_and_trials,
        ),
    ] = None,
    study: StudyOption = None,
    format: FormatOption = Format.table,
) -> None:
    """Show the trials of a study, or all that is known of one trial.

    [bold]annotate show[/bold]  (the latest study)

    [bold]annotate show 7[/bold]  (trial 7 of it)

    [bold]annotate show 2026-11-21-0423-train-7[/bold]
    """
    found = None if what is None else named(what, study)
    if found is not None:
        with opened(found[0]) as (_, store, meta):
            facts = facts_of(store.trial(found[1]), meta, store.baseline())
        write([{"name": name, "value": value} for name, value in facts.items()], format)
        return
    from annotate.storage import holder
    from annotate.trial import TrialState

    with opened(what or study) as (folder, store, meta):
        trials, base = store.trials(), store.baseline()
    write([row_of(trial, meta, base) for trial in trials], format)
    if any(trial.state is TrialState.RUNNING for trial in trials) and holder(folder.lock) is None:
        typer.echo(f"its host was killed or lost: `annotate resume {folder.id}` runs it on", err=True)


def top(
    study: StudyArgument = None,
    count: Annotated[int, typer.Option("--count", "-n", min=1, help="How many.")] = 10,
    format: FormatOption = Format.table,
) -> None:
    """Show the best trials, the best first; with several metrics by rank, those of rank 1 being beaten by none.

    [bold]annotate top -n 3[/bold]

    [bold]annotate top --format csv > top.csv[/bold]
    """
    with opened(study) as (_, store, meta):
        trials, base = store.trials(), store.baseline()
    write(_ranked_rows(trials, meta, base, count), format)


def _ranked_rows(
    trials: list[Trial], meta: StudyMeta, base: Trial | None, count: int
) -> list[dict[str, Any]]:
    best = ranked(trials, meta)[:count]
    if len(meta.objectives) == 1:
        return [row_of(trial, meta, base) for trial in best]
    from annotate import pareto

    rank = pareto.rank_of(trials, meta.objectives)
    return [{"rank": rank[trial.number] + 1, **row_of(trial, meta, base)} for trial in best]


def best(
    study: StudyArgument = None,
    number: Annotated[
        int | None, typer.Option("--trial", "-t", help="This one, rather than the best.", min=0)
    ] = None,
    format: Annotated[
        BestFormat, typer.Option("--format", "-f", help="args is what a command line takes: --lr 0.01")
    ] = BestFormat.table,
) -> None:
    """Print the parameters of the best trial.

    [bold]python train.py $(annotate best --format args)[/bold]  for a script that has these options

    With several metrics the table shows every trial that none beats; the other formats take the one that is
    nearest to the best of each metric, and say so, or the one of --trial.
    """
    from annotate.errors import StorageError
    from annotate.export.record import values_of

    with opened(study) as (folder, store, meta):
        trials, base = store.trials(), store.baseline()
        trial = best_of(trials, meta) if number is None else store.trial(number)
    if trial is None:
        raise StorageError(
            f"{folder.id} has no succeeded trial yet", remedy="`annotate show` tells what its trials did"
        )
    front = front_of(trials, meta) if number is None and len(meta.objectives) > 1 else [trial]
    if len(front) > 1 and format is not BestFormat.table:
        typer.echo(
            f"{len(front)} trials are best, as none beats another in all metrics; this is trial {trial.number}, in "
            "their middle: annotate top shows them, --trial takes another",
            err=True,
        )
    values = values_of(trial, meta)
    params = {meta.names.get(key, key): value for key, value in values.items()}
    match format:
        case BestFormat.json:
            print(json.dumps(params, indent=2, ensure_ascii=False))
        case BestFormat.yaml:
            import yaml

            print(yaml.safe_dump(params, sort_keys=False, allow_unicode=True), end="")
        case BestFormat.args:
            import shlex

            from annotate.study.flags import arguments

            flags = {key: meta.flags.get(key, f"--{meta.names.get(key, key)}") for key in values}
            print(shlex.join(arguments(values, flags)))
            written = [meta.names.get(key, key) for key in values if "/" in key and key not in meta.flags]
            if written:
                typer.echo(
                    f"the source holds {', '.join(written)}: only a script that has such options takes them from its "
                    "command line; annotate apply writes them into the source",
                    err=True,
                )
        case BestFormat.table:
            write([row_of(each, meta, base) for each in front], Format.table)


def compare(
    trials: Annotated[
        list[str], typer.Argument(metavar="TRIAL", help="Numbers or ids.", autocompletion=completing.trials)
    ],
    study: StudyOption = None,
    format: FormatOption = Format.table,
) -> None:
    """Show trials side by side: parameters, result, duration.

    [bold]annotate compare 0 7[/bold]
    """
    from annotate.errors import StorageError

    columns: dict[str, dict[str, Any]] = {}
    for word in trials:
        found = named(word, study)
        if found is None:
            raise StorageError(
                f"there is no trial {word}", remedy="`annotate show` lists the trials by number"
            )
        with opened(found[0]) as (_, store, meta):
            columns[word] = row_of(store.trial(found[1]), meta, store.baseline())
    names = dict.fromkeys(name for row in columns.values() for name in row if name != "trial")
    write(
        [{"trial": name, **{word: row.get(name) for word, row in columns.items()}} for name in names], format
    )
