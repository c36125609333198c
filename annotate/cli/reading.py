"""The commands that read studies and change nothing: ls, show, top, best, log, export."""

from __future__ import annotations

import enum
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from annotate.cli.output import Format, FormatOption, seconds, write

if TYPE_CHECKING:
    from annotate.storage import StudyFolder, StudyMeta, StudyStore
    from annotate.trial import Trial

StudyArgument = Annotated[
    str | None, typer.Argument(metavar="[STUDY]", help="An id or part of one; the latest study if left out.")
]
TrialArgument = Annotated[
    int | None, typer.Argument(metavar="[TRIAL]", help="Its number; the best if left out.")
]
StudyOption = Annotated[
    str | None, typer.Option("--study", "-s", help="An id or part of one; the latest study if left out.")
]


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
    from annotate.storage import StudyStore, holder, studies

    rows = []
    for folder in studies(Path.cwd()):
        with StudyStore.open(folder.database, read_only=True) as store:
            meta, trials = store.meta(), store.trials()
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
        typer.Argument(metavar="[STUDY|TRIAL]", help="A study, or the number of a trial of the latest one."),
    ] = None,
    study: StudyOption = None,
    format: FormatOption = Format.table,
) -> None:
    """Show the trials of a study, or all that is known of one trial."""
    if what is not None and what.isdecimal():
        with _opened(study) as (_, store, meta):
            trial = store.trial(int(what))
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
    params = {
        meta.names.get(key, key): value
        for key, value in (meta.defaults if trial.baseline else trial.active).items()
    }
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


def log(
    trial: TrialArgument = None,
    study: StudyOption = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the trial ends.")] = False,
) -> None:
    """Print what a trial printed."""
    import sys
    import time

    from annotate.errors import StorageError

    with _opened(study) as (folder, store, meta):
        if trial is None:
            best = best_of(store.trials(), meta)
            if best is None:
                raise StorageError(f"{folder.id} has no best trial yet", remedy="name one: annotate log 0")
            trial = best.number
        path = folder.trial(store.trial(trial).number) / "log"
        if not path.is_file():
            raise StorageError(f"trial {trial} has printed nothing: it has not started")
        with path.open("rb") as stream:
            while True:
                ended = not follow or store.trial(trial).state.finished
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


def _row(trial: Trial, meta: StudyMeta) -> dict[str, Any]:
    return {
        "trial": trial.number,
        "state": _state(trial),
        "value": trial.value,
        "duration": seconds(trial.duration),
        **{
            meta.names.get(key, key): (meta.defaults if trial.baseline else trial.active).get(key)
            for key in meta.space
        },
    }


def _state(trial: Trial) -> str:
    return f"{trial.state.value} ({trial.reason.value})" if trial.reason else trial.state.value


def _facts(trial: Trial, meta: StudyMeta) -> dict[str, Any]:
    last = trial.measurements[-1] if trial.measurements else None
    return {
        **_row(trial, meta),
        "baseline": trial.baseline,
        "reports": len(trial.measurements),
        "last report": dict(last.values) if last else None,
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
        writer.writerows(rows)
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
