"""A study for MLflow: an experiment named for it, a run for each trial.

A run has the trial's parameters, its reports as metrics with steps and times, what it came to as
`result/NAME`, its start, end and state, and tags that say which trial it is. Exporting again adds the trials
that are not there yet and takes up again those that had not ended; a run that has ended is left as it is.
Queued trials are left out.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from itertools import islice
from typing import Any

from annotate.errors import UsageError
from annotate.export.databases import refuse_foreign
from annotate.export.extras import need
from annotate.export.record import Progress, StudyRecord, nobody
from annotate.trial import Trial, TrialState

STUDY, NUMBER, ATTEMPT = "annotate.study", "annotate.trial", "annotate.attempt"
_STATUS = {
    TrialState.RUNNING: "RUNNING",
    TrialState.SUCCEEDED: "FINISHED",
    TrialState.EARLY_STOPPED: "FINISHED",
    TrialState.FAILED: "FAILED",
    TrialState.CANCELLED: "KILLED",
}
_MOST_METRICS, _MOST_PARAMS, _LONGEST = (
    1000,
    100,
    5000,
)  # what one call of MLflow's takes; characters of a tag


def tracking_uri(target: str) -> str:
    """A URI as it stands; the path of a database file as SQLite's, any other path as a directory."""
    if "://" in target or target.startswith("file:"):
        return target
    return f"sqlite:///{target}" if target.endswith((".db", ".sqlite", ".sqlite3")) else target


def write_runs(record: StudyRecord, target: str, tell: Progress = nobody) -> tuple[int, int]:
    """Write the runs into the store; returns how many trials there are and how many were new or taken up again."""
    need("mlflow", "sqlalchemy", "alembic", extra="mlflow", purpose="--to mlflow")
    from mlflow.exceptions import MlflowException
    from mlflow.tracking import MlflowClient

    uri = tracking_uri(target)
    if uri.startswith("sqlite:"):
        refuse_foreign(uri, mark="experiments", tool="MLflow")
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        client = MlflowClient(tracking_uri=uri)
        experiment = _experiment(client, record)
        known = _known(client, experiment)
        changed = 0
        for done, trial in enumerate(record.begun):
            tell(done, len(record.begun))
            changed += _write(client, experiment, record, trial, known.get(trial.number))
    except MlflowException as error:
        why = str(error).splitlines()[0].partition(". ")[0]
        raise UsageError(
            f"MLflow refuses {target}: {why}", remedy="-o mlflow.db is an SQLite file"
        ) from error
    return len(record.begun), changed


def _experiment(client: Any, record: StudyRecord) -> str:
    found = client.get_experiment_by_name(record.meta.study)
    if found is None:
        return str(client.create_experiment(record.meta.study, tags={STUDY: record.meta.study}))
    if found.lifecycle_stage == "deleted":
        raise UsageError(
            f"the experiment {record.meta.study} is in MLflow's trash",
            remedy=f"mlflow experiments restore --experiment-id {found.experiment_id}",
        )
    return str(found.experiment_id)


def _known(client: Any, experiment: str) -> dict[int, Any]:
    """The runs that an earlier export wrote, by the number of the trial."""
    runs: dict[int, Any] = {}
    token = None
    while True:
        page = client.search_runs([experiment], max_results=1000, page_token=token)
        runs |= {int(run.data.tags[NUMBER]): run for run in page if NUMBER in run.data.tags}
        token = page.token
        if not token:
            return runs


def _write(client: Any, experiment: str, record: StudyRecord, trial: Trial, run: Any) -> bool:
    from mlflow.entities import Param, RunTag

    if run is not None and run.info.status != "RUNNING":
        return False
    if run is not None and run.data.tags.get(ATTEMPT) != str(trial.attempt):
        client.delete_run(run.info.run_id)  # what it reported then, it has not reported in this attempt
        run = None
    if run is None:
        run = client.create_run(
            experiment, start_time=_milliseconds(record.start_of(trial)), run_name=f"trial {trial.number}"
        )
    at = run.info.run_id
    params = iter([Param(_key(name), str(value)) for name, value in record.flat(trial).items()])
    tags = [RunTag(name, value[:_LONGEST]) for name, value in _tags(record, trial)]
    client.log_batch(at, tags=tags, params=list(islice(params, _MOST_PARAMS)))
    while batch := list(islice(params, _MOST_PARAMS)):
        client.log_batch(at, params=batch)
    metrics = _missing(client, at, _metrics(record, trial), run.data.metrics)
    while few := list(islice(metrics, _MOST_METRICS)):
        client.log_batch(at, metrics=few)
    if trial.state is not TrialState.RUNNING:
        client.set_terminated(at, _STATUS[trial.state], end_time=_milliseconds(record.end_of(trial)))
    return True


def _missing(client: Any, at: str, metrics: list[Any], there: dict[str, float]) -> Iterator[Any]:
    """Those of the metrics that the run does not have yet."""
    have = {(m.key, m.step, m.timestamp) for key in there for m in client.get_metric_history(at, key)}
    return iter([m for m in metrics if (m.key, m.step, m.timestamp) not in have])


def _metrics(record: StudyRecord, trial: Trial) -> list[Any]:
    from mlflow.entities import Metric

    found = [
        Metric(_key(record.metric_names[key]), value, _milliseconds(m.time), m.step)
        for m in trial.measurements
        if not m.final
        for key, value in m.values.items()
    ]
    final = next((m for m in reversed(trial.measurements) if m.final), None)
    results = {record.metric_names[key]: value for key, value in final.values.items()} if final else {}
    at = _milliseconds(record.end_of(trial))
    return found + [
        Metric(_key(f"result/{name}"), value, at, 0)
        for name, value in {**results, **record.results(trial)}.items()
    ]


def _tags(record: StudyRecord, trial: Trial) -> Iterator[tuple[str, str]]:
    yield STUDY, record.meta.study
    yield NUMBER, str(trial.number)
    yield ATTEMPT, str(trial.attempt)
    yield "annotate.state", trial.state.value
    yield "annotate.tuner", record.meta.tuner
    yield "annotate.script", record.meta.script
    for objective in record.meta.objectives:
        yield f"annotate.direction.{_key(objective.name)}", objective.direction
    if trial.baseline:
        yield "annotate.baseline", "true"
    if trial.reason is not None:
        yield "annotate.reason", trial.reason.value
    if trial.message:
        yield "annotate.message", trial.message
    if trial.gpus:
        yield "annotate.gpus", ",".join(trial.gpus)
    if record.meta.git_commit:
        yield "mlflow.source.git.commit", record.meta.git_commit
    yield "mlflow.source.name", record.meta.script


def _key(name: str) -> str:
    """A name of the characters that MLflow takes; letters of any script are among them."""
    return "".join(c if c.isalnum() or c in "_-./ :" else "_" for c in name).strip("/")[:250] or "_"


def _milliseconds(at: float) -> int:
    return round(at * 1000)
