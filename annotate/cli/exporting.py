"""`annotate export`: every trial of a study, for another program."""

from __future__ import annotations

import enum
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from annotate.cli.finding import StudyArgument, opened
from annotate.cli.output import as_cells
from annotate.cli.rows import finite, row_of

if TYPE_CHECKING:
    from annotate.storage import StudyMeta
    from annotate.trial import Trial


class ExportFormat(str, enum.Enum):
    """What `export` writes."""

    json = "json"
    jsonl = "jsonl"
    csv = "csv"


def export(
    study: StudyArgument = None,
    to: Annotated[ExportFormat, typer.Option("--to", help="The format.")] = ExportFormat.json,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="A file instead of stdout.")] = None,
) -> None:
    """Write every trial of a study: number, state, parameters, value, metrics, start, end."""
    with opened(study) as (_, store, meta):
        trials = store.trials(measurements=True)
    from annotate.cli.files import publish

    text = _exported(trials, meta, to)
    if output is None:
        typer.echo(text, nl=False)
    else:
        publish(output, text)


def _exported(trials: list[Trial], meta: StudyMeta, to: ExportFormat) -> str:
    import csv
    import io

    if to is ExportFormat.csv:
        rows = [
            {**row_of(t, meta), "duration": t.duration, "start": t.started, "end": t.ended} for t in trials
        ]
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
                "values": {k: finite(v) for k, v in m.values.items()},
            }
            for m in trial.measurements
        ],
        "start": trial.started,
        "end": trial.ended,
        "exit_code": trial.exit_code,
    }
