"""A study as parquet: `trials.parquet` with one typed row a trial, `trials.measurements.parquet` with one a report.

    >>> trials = pandas.read_parquet("trials.parquet")
    >>> curves = pandas.read_parquet("trials.measurements.parquet").merge(trials, on="trial")

Start and end are timestamps in UTC, a parameter has the type that all its values have (numbers together are
floats), and what has none in common is JSON text. The facts of the study are in the file's own metadata.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from annotate.export.documents import document
from annotate.export.extras import need
from annotate.export.record import StudyRecord
from annotate.export.tables import columns, rows
from annotate.trial import Json

INT64 = 1 << 63


def beside(path: Path) -> Path:
    """Where the reports go: `trials.measurements.parquet` beside `trials.parquet`."""
    return path.with_name(f"{path.stem}.measurements{path.suffix}")


def as_parquet(record: StudyRecord) -> tuple[bytes, bytes]:
    """The trials and their reports. Raises UsageError where pyarrow is not installed."""
    need("pyarrow", extra="parquet", purpose="--to parquet")
    return _written(_trials(record), record), _written(_reports(record), record)


def _trials(record: StudyRecord) -> Any:
    import pyarrow as pa

    kinds = {
        "trial": pa.int64(), "state": pa.string(), "reason": pa.string(), "value": pa.float64(),
        "duration": pa.float64(), "start": pa.timestamp("us", "UTC"), "end": pa.timestamp("us", "UTC"),
        "attempt": pa.int64(), "baseline": pa.bool_(), "exit_code": pa.int64(), "gpus": pa.list_(pa.string()),
        "message": pa.string(),
    }  # fmt: skip
    found = list(rows(record))
    arrays = {}
    for column in columns(record):
        values = [cells.get(column.title) for cells in found]
        if column.kind == "fact":
            if column.what in ("start", "end"):
                values = [None if at is None else round(at * 1e6) for at in values]
            arrays[column.title] = pa.array(values, kinds[column.what])
        elif column.kind == "metric":
            arrays[column.title] = pa.array(values, pa.float64())
        else:
            arrays[column.title] = _typed(values)
    return pa.table(arrays)


def _reports(record: StudyRecord) -> Any:
    import pyarrow as pa

    reports = [(trial.number, measurement) for trial in record.trials for measurement in trial.measurements]
    arrays = {
        "trial": pa.array([number for number, _ in reports], pa.int64()),
        "step": pa.array([m.step for _, m in reports], pa.int64()),
        "time": pa.array([round(m.time * 1e6) for _, m in reports], pa.timestamp("us", "UTC")),
        "final": pa.array([m.final for _, m in reports], pa.bool_()),
    }
    for key, name in record.metric_names.items():
        title = name if name not in arrays else f"{name} (metric)"
        arrays[title] = pa.array([m.values.get(key) for _, m in reports], pa.float64())
    return pa.table(arrays)


def _typed(values: Sequence[Json]) -> Any:
    import pyarrow as pa

    kinds = {type(value) for value in values if value is not None}
    if kinds <= {bool}:
        return pa.array(values, pa.bool_())
    if kinds == {int} and all(-INT64 <= value < INT64 for value in values if value is not None):
        return pa.array(values, pa.int64())
    if kinds <= {int, float}:
        return pa.array([None if value is None else float(value) for value in values], pa.float64())
    if kinds == {str}:
        return pa.array(values, pa.string())
    return pa.array(
        [None if value is None else json.dumps(value, ensure_ascii=False) for value in values], pa.string()
    )


def _written(table: Any, record: StudyRecord) -> bytes:
    import pyarrow.parquet as pq

    facts = {"annotate": json.dumps(document(record)["study"], ensure_ascii=False)}
    out = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(facts), out)
    return out.getvalue()
