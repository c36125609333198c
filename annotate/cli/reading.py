"""The commands that read studies and change nothing: ls, show, top, best, compare, log, export.

A trial is named by its number in the latest study, or by its id, STUDY-NUMBER, whose study may be shortened.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from annotate.cli.output import Format, FormatOption, as_cells, seconds, write

if TYPE_CHECKING:
    from annotate.storage import StudyFolder, StudyMeta, StudyStore
    from annotate.trial import Trial

StudyArgument = Annotated[
    str | None, typer.Argument(metavar="[STUDY]", help="An id or part of one; the latest study if left out.")
]
TrialArgument = Annotated[
    str | None, typer.Argument(metavar="[TRIAL]", help="Its number or id; the best if left out.")
]
StudyOption = Annotated[
    str | None, typer.Option("--study", "-s", help="An id or part of one; the latest study if left out.")
]


_COLUMNS = frozenset({"trial", "state", "value", "duration", "start", "end"})


class BestFormat(str, enum.Enum):
    """How `best` prints parameters."""

    table = "table"
    args = "args"
    json = "json"
    yaml = "yaml"


class ExportFormat(str, enum.Enum):
    """What `export` writes."""

    json = "json"
    jsonl = "jsonl"
    csv = "csv"


def ls(format: FormatOption = Format.table) -> None:
    """List the studies of this directory, the latest last."""
    from annotate.errors import StorageError
    from annotate.storage import StudyStore, holder, studies

    rows = []
    for folder in studies(Path.cwd()):
        try:
            with StudyStore.open(folder.database, read_only=True) as store:
                meta, trials = store.meta(), store.trials()
        except StorageError as error:
            typer.echo(error.message, err=True)
            continue
        best = best_of(trials, meta)
        rows.append(
            {
                "study": folder.id,
                "script": Path(meta.script).name,
                "tuner": meta.tuner,
                "trials": len(trials),
                "finished": sum(t.state.finished for t in trials),
                "best": best.value if best else None,
                "running": holder(folder.lock) is not None,
            }
        )
    if not rows and format is Format.table:
        typer.echo("no study here yet: annotate run SCRIPT --trials 20", err=True)
    write(rows, format)


def show(
    what: Annotated[
        str | None,
        typer.Argument(metavar="[STUDY|TRIAL]", help="A study, or a trial by its number or id."),
    ] = None,
    study: StudyOption = None,
    format: FormatOption = Format.table,
) -> None:
    """Show the trials of a study, or all that is known of one trial."""
    named = None if what is None else _named(what, study)
    if named is not None:
        with _opened(named[0]) as (_, store, meta):
            trial = store.trial(named[1])
        write([{"name": name, "value": value} for name, value in _facts(trial, meta).items()], format)
        return
    with _opened(what or study) as (_, store, meta):
        write([_row(trial, meta) for trial in store.trials()], format)


def top(
    study: StudyArgument = None,
    count: Annotated[int, typer.Option("--count", "-n", min=1, help="How many.")] = 10,
    format: FormatOption = Format.table,
) -> None:
    """Show the best trials, the best first."""
    with _opened(study) as (_, store, meta):
        write([_row(trial, meta) for trial in ranked(store.trials(), meta)[:count]], format)


def best(
    study: StudyArgument = None,
    format: Annotated[
        BestFormat, typer.Option("--format", "-f", help="args is what a command line takes: --lr 0.01")
    ] = BestFormat.table,
) -> None:
    """Print the parameters of the best trial.

    [bold]python train.py $(annotate best --format args)[/bold]
    """
    from annotate.errors import StorageError

    with _opened(study) as (folder, store, meta):
        trial = best_of(store.trials(), meta)
    if trial is None:
        raise StorageError(
            f"{folder.id} has no succeeded trial yet", remedy="`annotate show` tells what its trials did"
        )
    params = {meta.names.get(key, key): value for key, value in _values(trial, meta).items()}
    match format:
        case BestFormat.json:
            print(json.dumps(params, indent=2, ensure_ascii=False))
        case BestFormat.yaml:
            import yaml

            print(yaml.safe_dump(params, sort_keys=False, allow_unicode=True), end="")
        case BestFormat.args:
            import shlex

            words = (
                w for n, v in params.items() for w in (f"--{n}", v if isinstance(v, str) else json.dumps(v))
            )
            print(shlex.join(words))
        case BestFormat.table:
            write([_row(trial, meta)], Format.table)


def compare(
    trials: Annotated[list[str], typer.Argument(metavar="TRIAL TRIAL...", help="Numbers or ids.")],
    study: StudyOption = None,
    format: FormatOption = Format.table,
) -> None:
    """Show trials side by side: parameters, result, duration.

    [bold]annotate compare 0 7[/bold]
    """
    from annotate.errors import StorageError

    columns: dict[str, dict[str, Any]] = {}
    for word in trials:
        named = _named(word, study)
        if named is None:
            raise StorageError(
                f"there is no trial {word}", remedy="`annotate show` lists the trials by number"
            )
        with _opened(named[0]) as (_, store, meta):
            columns[word] = _row(store.trial(named[1]), meta)
    names = dict.fromkeys(name for row in columns.values() for name in row if name != "trial")
    write(
        [{"trial": name, **{word: row.get(name) for word, row in columns.items()}} for name in names], format
    )


def log(
    trial: TrialArgument = None,
    study: StudyOption = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the trial ends.")] = False,
) -> None:
    """Print what a trial printed."""
    import sys
    import time

    from annotate.errors import StorageError
    from annotate.storage import holder

    named = (study, None) if trial is None else _named(trial, study)
    if named is None:
        raise StorageError(f"there is no trial {trial}", remedy="`annotate show` lists the trials by number")
    with _opened(named[0]) as (folder, store, meta):
        number = named[1]
        if number is None:
            best = best_of(store.trials(), meta)
            if best is None:
                raise StorageError(f"{folder.id} has no best trial yet", remedy="name one: annotate log 0")
            number = best.number
        path = folder.trial(store.trial(number).number) / "log"
        if not path.is_file():
            raise StorageError(
                f"there is no log of trial {number}: it has not started, or its files were cleared away"
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


def export(
    study: StudyArgument = None,
    to: Annotated[ExportFormat, typer.Option("--to", help="The format.")] = ExportFormat.json,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="A file instead of stdout.")] = None,
) -> None:
    """Write every trial of a study: number, state, parameters, value, metrics, start, end."""
    with _opened(study) as (_, store, meta):
        trials = store.trials(measurements=True)
    from annotate.cli.files import publish

    text = _exported(trials, meta, to)
    if output is None:
        typer.echo(text, nl=False)
    else:
        publish(output, text)


def best_of(trials: list[Trial], meta: StudyMeta) -> Trial | None:
    """The best of the succeeded trials, None when there is none."""
    return next(iter(ranked(trials, meta)), None)


def ranked(trials: list[Trial], meta: StudyMeta) -> list[Trial]:
    """The succeeded trials, the best first, the earlier of two equal ones first."""
    from annotate.trial import TrialState

    sign = -1.0 if meta.direction == "maximize" else 1.0
    done = [
        (sign * t.value, t.number, t)
        for t in trials
        if t.state is TrialState.SUCCEEDED and t.value is not None
    ]
    return [trial for _, _, trial in sorted(done, key=lambda entry: entry[:2])]


class _opened:  # noqa: N801 - used as the statement it is
    """A study opened for reading."""

    def __init__(self, name: str | None) -> None:
        self._name = name

    def __enter__(self) -> tuple[StudyFolder, StudyStore, StudyMeta]:
        from annotate.storage import StudyStore, find

        folder = find(Path.cwd(), self._name)
        self._store = StudyStore.open(folder.database, read_only=True)
        return folder, self._store, self._store.meta()

    def __exit__(self, *exc: object) -> None:
        self._store.close()


def _named(text: str, study: str | None) -> tuple[str | None, int] | None:
    """The study and the number of a trial that is called by its number or its id; None for any other text."""
    if text.isdecimal():
        return study, int(text)
    from annotate.errors import StorageError
    from annotate.storage import find

    beginning, dash, number = text.rpartition("-")
    if not dash or not number.isdecimal():
        return None
    try:
        find(Path.cwd(), text)
    except StorageError:  # it is no study; 2026-11-21-0423-train-2 may be one
        return beginning, int(number)
    return None


def _values(trial: Trial, meta: StudyMeta) -> Mapping[str, Any]:
    """What the trial ran with, by key; the baseline ran with the literals of the source."""
    if trial.baseline:
        return meta.defaults if meta.baseline_defaults is None else meta.baseline_defaults
    return trial.active


def _row(trial: Trial, meta: StudyMeta) -> dict[str, Any]:
    row = {
        "trial": trial.number,
        "state": _state(trial),
        "value": trial.value,
        "duration": seconds(trial.duration),
    }
    values = _values(trial, meta)
    for key in meta.space:
        name = meta.names.get(key, key)
        row[name if name not in _COLUMNS else key] = values.get(key)
    return row


def _state(trial: Trial) -> str:
    return f"{trial.state.value} ({trial.reason.value})" if trial.reason else trial.state.value


def _facts(trial: Trial, meta: StudyMeta) -> dict[str, Any]:
    last = trial.measurements[-1] if trial.measurements else None
    return {
        **_row(trial, meta),
        "baseline": trial.baseline,
        "reports": len(trial.measurements),
        "last report": {k: _finite(v) for k, v in last.values.items()} if last else None,
        "exit code": trial.exit_code,
        "message": trial.message,
        "gpus": list(trial.gpus) or None,
    }


def _exported(trials: list[Trial], meta: StudyMeta, to: ExportFormat) -> str:
    import csv
    import io

    if to is ExportFormat.csv:
        rows = [{**_row(t, meta), "duration": t.duration, "start": t.started, "end": t.ended} for t in trials]
        text = io.StringIO()
        writer = csv.DictWriter(text, fieldnames=list(rows[0]) if rows else ["trial"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(map(as_cells, rows))
        return text.getvalue()
    objects = [_object(trial) for trial in trials]
    if to is ExportFormat.jsonl:
        return "".join(json.dumps(o, ensure_ascii=False) + "\n" for o in objects)
    return json.dumps(objects, indent=2, ensure_ascii=False) + "\n"


def _object(trial: Trial) -> dict[str, Any]:
    return {
        "number": trial.number,
        "state": trial.state.value,
        "reason": trial.reason.value if trial.reason else None,
        "message": trial.message,
        "baseline": trial.baseline,
        "parameters": dict(trial.params),
        "value": trial.value,
        "metrics": [
            {
                "step": m.step,
                "time": m.time,
                "final": m.final,
                "values": {k: _finite(v) for k, v in m.values.items()},
            }
            for m in trial.measurements
        ],
        "start": trial.started,
        "end": trial.ended,
        "exit_code": trial.exit_code,
    }


def _finite(value: float) -> float | str:
    """JSON has no NaN and no infinity: they are written as words."""
    return value if value - value == 0 else str(value)
