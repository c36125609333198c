"""`annotate export`: a study for another program, as a file or in the store of a tool."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from annotate.cli.finding import StudyArgument, opened

if TYPE_CHECKING:
    from annotate.export import StudyRecord


class ExportFormat(str, enum.Enum):
    """What `export` writes."""

    json = "json"
    jsonl = "jsonl"
    csv = "csv"
    parquet = "parquet"
    tensorboard = "tensorboard"
    mlflow = "mlflow"
    optuna = "optuna"


_TARGETS = {
    ExportFormat.parquet: "trials.parquet",
    ExportFormat.tensorboard: "runs",
    ExportFormat.mlflow: "mlflow.db",
    ExportFormat.optuna: "optuna.db",
}
"""What may stand behind -o where stdout will not do."""
_SHOWN_BY = {
    ExportFormat.tensorboard: "tensorboard --logdir {}",
    ExportFormat.mlflow: "mlflow ui --backend-store-uri {}",
    ExportFormat.optuna: "optuna-dashboard {}",
}


def export(
    study: StudyArgument = None,
    to: Annotated[ExportFormat, typer.Option("--to", help="The format, or the tool.")] = ExportFormat.json,
    output: Annotated[
        str | None,
        typer.Option(
            "-o", "--output", help="A file, a directory (tensorboard) or the URI of a store (mlflow, optuna)."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write every trial of a study for another program: state, parameters, results, reports, times.

    [bold]annotate export --to csv -o trials.csv[/bold]

    [bold]annotate export --to parquet -o trials.parquet[/bold]  (and trials.measurements.parquet: every report)

    [bold]annotate export --to tensorboard -o runs[/bold]

    [bold]annotate export --to mlflow -o mlflow.db[/bold]  (or http://server:5000)

    [bold]annotate export --to optuna -o optuna.db[/bold]  (or study.journal)

    json, jsonl and csv go to stdout without -o, and `annotate import` reads them back. A file that is there is replaced
    only with --force. Into a tool's store the same study may be exported again: what is new is added, nothing is
    there twice. A tool's package is an extra: pip install 'annotate-trials\\[mlflow]'.
    """
    from annotate.export import StudyRecord

    with opened(study) as (_, store, meta):
        record = StudyRecord(meta, tuple(store.trials(measurements=True)))
    if output is None:
        _print(record, to)
    elif to in _SHOWN_BY:
        _into_tool(record, to, output)
    else:
        _into_files(record, to, Path(output), force=force)


def _print(record: StudyRecord, to: ExportFormat) -> None:
    from annotate.errors import UsageError

    text = _text(record, to)
    if text is None:
        raise UsageError(
            f"--to {to.value} does not go to stdout",
            remedy=f"annotate export --to {to.value} -o {_TARGETS[to]}",
        )
    typer.echo(text, nl=False)


def _text(record: StudyRecord, to: ExportFormat) -> str | None:
    from annotate.export.documents import as_json, as_lines
    from annotate.export.tables import as_csv

    match to:
        case ExportFormat.json:
            return as_json(record)
        case ExportFormat.jsonl:
            return as_lines(record)
        case ExportFormat.csv:
            return as_csv(record)
        case _:
            return None


def _into_files(record: StudyRecord, to: ExportFormat, path: Path, *, force: bool) -> None:
    from annotate.cli.files import publish
    from annotate.errors import UsageError
    from annotate.export.parquet import as_parquet, beside

    paths = [path, beside(path)] if to is ExportFormat.parquet else [path]
    there = next((each for each in paths if each.exists()), None)
    if there is not None and not force and there.is_file():
        raise UsageError(
            f"{there} is there already", remedy="write --force to replace it, or name another file"
        )
    text = _text(record, to)
    contents: Sequence[str | bytes] = as_parquet(record) if text is None else [text]
    for each, content in zip(paths, contents, strict=True):
        publish(each, content)
    typer.echo(
        f"{' and '.join(map(str, paths))}: {len(record.trials)} trials of {record.meta.study}", err=True
    )


def _into_tool(record: StudyRecord, to: ExportFormat, target: str) -> None:
    from annotate.export import mlflow, optuna, tensorboard

    match to:
        case ExportFormat.tensorboard:
            _refuse_file(target)
            there, new = tensorboard.write_runs(record, Path(target), _tell)
            shown = target
        case ExportFormat.mlflow:
            there, new = mlflow.write_runs(record, target, _tell)
            shown = mlflow.tracking_uri(target)
        case _:
            there, new = optuna.write_study(record, target, _tell)
            shown = (
                target if "://" in target or target.endswith((".journal", ".log")) else f"sqlite:///{target}"
            )
    _tell(there, there)
    left_out = len(record.trials) - there
    rest = f", {left_out} that wait or run are left out for now" if left_out else ""
    typer.echo(
        f"{target}: {there} trials of {record.meta.study}, {new} of them new or changed{rest}", err=True
    )
    typer.echo(f"  {_SHOWN_BY[to].format(shown)}   shows them", err=True)


def _tell(done: int, total: int) -> None:
    """How far it is, on a terminal, now and then; a database of ten thousand trials takes its minutes."""
    import sys

    if sys.stderr.isatty() and done % 50 == 0:
        typer.echo(f"\r{done} of {total} trials ", nl=False, err=True)
    if sys.stderr.isatty() and done == total:
        typer.echo("\r\x1b[K", nl=False, err=True)


def _refuse_file(target: str) -> None:
    from annotate.errors import UsageError

    if Path(target).is_file():
        raise UsageError(f"{target} is a file", remedy="name a directory: -o runs")
