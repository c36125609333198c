"""A study for TensorBoard: a run for each trial, with its curves and its entry in the HParams page.

    runs/2026-11-21-0423-train/trial-0007/events.out.tfevents.1763700000.annotate

What a trial reported on its way stands under the metric's name with its steps and times; what it came to under
`result/`. A trial's file is a function of the trial alone, so exporting again rewrites only the files of trials
that have changed since. Queued trials are left out.
"""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from annotate.errors import UsageError
from annotate.export.extras import need
from annotate.export.record import Progress, StudyRecord, nobody
from annotate.trial import Trial, TrialState

_STATUS = {
    TrialState.SUCCEEDED: "STATUS_SUCCESS",
    TrialState.EARLY_STOPPED: "STATUS_SUCCESS",
    TrialState.FAILED: "STATUS_FAILURE",
    TrialState.CANCELLED: "STATUS_FAILURE",
}


def write_runs(record: StudyRecord, directory: Path, tell: Progress = nobody) -> tuple[int, int]:
    """Write the runs below `directory`; returns how many trials there are and how many were new or changed."""
    need("tensorboard", extra="tensorboard", purpose="--to tensorboard")
    changed = 0
    for done, trial in enumerate(record.begun):
        tell(done, len(record.begun))
        run = directory / record.meta.study / f"trial-{trial.number:04}"
        # TensorBoard shows a run by all files in it, so there is only this one, whenever the trial was run again.
        path = run / f"events.out.tfevents.{int(record.meta.created)}.annotate"
        data = _events(record, trial)
        try:
            if path.is_file() and path.read_bytes() == data:
                continue
            run.mkdir(parents=True, exist_ok=True)
            _replace(path, data)
        except OSError as error:
            raise UsageError(
                f"{run} cannot be written: {error.strerror}", remedy="name another directory"
            ) from error
        changed += 1
    return len(record.begun), changed


def _events(record: StudyRecord, trial: Trial) -> bytes:
    from tensorboard.summary.writer.record_writer import RecordWriter

    out = io.BytesIO()
    writer = RecordWriter(out)
    for event in _said(record, trial):
        writer.write(event.SerializeToString(deterministic=True))
    return out.getvalue()


def _said(record: StudyRecord, trial: Trial) -> Iterator[Any]:
    from tensorboard.compat.proto import event_pb2, summary_pb2
    from tensorboard.plugins.hparams import api_pb2, metadata, plugin_data_pb2

    began, ended = record.start_of(trial), record.end_of(trial)

    def scalar(tag: str, value: float, at: float, step: int) -> Any:
        summary = summary_pb2.Summary(value=[summary_pb2.Summary.Value(tag=tag, simple_value=value)])
        return event_pb2.Event(wall_time=at, step=step, summary=summary)

    def hparams(tag: str, data: Any, at: float) -> Any:
        data.version = metadata.PLUGIN_DATA_VERSION
        plugin = summary_pb2.SummaryMetadata.PluginData(
            plugin_name=metadata.PLUGIN_NAME, content=data.SerializeToString(deterministic=True)
        )
        value = summary_pb2.Summary.Value(
            tag=tag, metadata=summary_pb2.SummaryMetadata(plugin_data=plugin), tensor=metadata.NULL_TENSOR
        )
        return event_pb2.Event(wall_time=at, summary=summary_pb2.Summary(value=[value]))

    yield event_pb2.Event(wall_time=began, file_version="brain.Event:2")
    started = plugin_data_pb2.SessionStartInfo(
        group_name=f"trial-{trial.number:04} {record.meta.study}", start_time_secs=began
    )
    for name, value in record.flat(trial).items():
        if isinstance(value, bool):
            started.hparams[name].bool_value = value
        elif isinstance(value, int | float):
            started.hparams[name].number_value = value
        else:
            started.hparams[name].string_value = "none" if value is None else str(value)
    yield hparams(
        metadata.SESSION_START_INFO_TAG, plugin_data_pb2.HParamsPluginData(session_start_info=started), began
    )
    for measurement in trial.measurements:
        for key, number in measurement.values.items():
            if not measurement.final:
                yield scalar(record.metric_names[key], number, measurement.time, measurement.step)
    for name, number in _results(record, trial).items():
        yield scalar(f"result/{name}", number, ended, 0)
    if trial.state in _STATUS:
        status = api_pb2.Status.Value(_STATUS[trial.state])
        info = plugin_data_pb2.SessionEndInfo(status=status, end_time_secs=ended)
        yield hparams(
            metadata.SESSION_END_INFO_TAG, plugin_data_pb2.HParamsPluginData(session_end_info=info), ended
        )


def _results(record: StudyRecord, trial: Trial) -> dict[str, float]:
    """What the trial came to, with all that its final report held."""
    final = next((m for m in reversed(trial.measurements) if m.final), None)
    reported = {record.metric_names[key]: number for key, number in final.values.items()} if final else {}
    return {**reported, **record.results(trial)}


def _replace(path: Path, data: bytes) -> None:
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".annotate-")
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
        os.fchmod(stream.fileno(), 0o644)
    Path(temporary).replace(path)
