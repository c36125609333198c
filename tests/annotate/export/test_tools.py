"""What the tools themselves read of a study that was exported to them."""

import contextlib
import dataclasses
import json
import logging
import math
import os
import subprocess
import sys
import urllib.request
import warnings

import pytest

from annotate.errors import UsageError
from annotate.export import StudyRecord, mlflow, optuna, parquet, tensorboard
from annotate.export.extras import need
from annotate.export.importing import keep
from annotate.export.optuna_reading import read_study
from annotate.trial import cancel, succeed


def ended(record):
    """The same study a moment later: what ran has succeeded, what waited was cancelled."""
    trials = [
        succeed(t, at=t.started + 60, value=0.9) if t.state == "running"
        else cancel(t, at=1e9) if t.state == "queued" else t
        for t in record.trials
    ]  # fmt: skip
    return StudyRecord(record.meta, tuple(trials))


def over(record):
    """Without what runs or waits."""
    return StudyRecord(record.meta, tuple(t for t in record.trials if t.state.finished))


# TensorBoard


def runs_of(directory):
    """Scalars by run and tag, and the HParams page as TensorBoard's own backend makes it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
        from tensorboard.context import RequestContext
        from tensorboard.plugins import base_plugin
        from tensorboard.plugins.hparams import api_pb2, backend_context, list_session_groups

        multiplexer = plugin_event_multiplexer.EventMultiplexer().AddRunsFromDirectory(str(directory))
        multiplexer.Reload()
        provider = data_provider.MultiplexerDataProvider(multiplexer, str(directory))
        backend = backend_context.Context(base_plugin.TBContext(data_provider=provider))
        request = RequestContext()
        contents = backend.hparams_metadata(request, "")
        experiment = backend.experiment_from_metadata(request, "", True, contents, [])
        columns = [
            api_pb2.ColParams(metric=info.name, include_in_result=True) for info in experiment.metric_infos
        ] + [api_pb2.ColParams(hparam=info.name, include_in_result=True) for info in experiment.hparam_infos]
        wanted = api_pb2.ListSessionGroupsRequest(
            start_index=0, slice_size=100, col_params=columns,
            allowed_statuses=[api_pb2.STATUS_SUCCESS, api_pb2.STATUS_FAILURE, api_pb2.STATUS_RUNNING, 0],
        )  # fmt: skip
        groups = list_session_groups.Handler(request, backend, "", wanted).run().session_groups
    scalars = {
        run.rpartition("/")[2]: {
            tag: [(e.step, e.wall_time, e.tensor_proto.float_val[0]) for e in multiplexer.Tensors(run, tag)]
            for tag in tags["tensors"] if not tag.startswith("_hparams_")
        }
        for run, tags in multiplexer.Runs().items()
    }  # fmt: skip
    return scalars, experiment, groups


def test_tensorboard_shows_curves_with_steps_and_times(record, tmp_path):
    """A report is where it was made, in the order and at the time of it."""
    assert tensorboard.write_runs(record, tmp_path) == (7, 7)
    scalars, _, _ = runs_of(tmp_path)
    assert sorted(scalars) == [f"trial-000{n}" for n in (0, 1, 2, 3, 4, 5, 7)]
    began = record.trials[0].started
    assert scalars["trial-0000"]["acc"] == [
        (0, began, pytest.approx(0.1)),
        (1, began + 1, pytest.approx(0.2)),
    ]
    assert [value for _, _, value in scalars["trial-0000"]["loss"]] == [2.0, 2.0]
    values = [value for _, _, value in scalars["trial-0001"]["acc"]]
    assert values[0] == 0.5
    assert math.isnan(values[1])
    assert math.isinf(values[2])
    ((_, at, value),) = scalars["trial-0001"]["result/acc"]
    assert (at, value) == (record.trials[1].ended, 0.75)


def test_tensorboard_has_every_trial_on_its_hparams_page(record, tmp_path):
    """Parameters by their names, also nested ones, each trial with its state, times and results."""
    tensorboard.write_runs(record, tmp_path)
    _, experiment, groups = runs_of(tmp_path)
    names = {info.name for info in experiment.hparam_infos}
    assert {"lr", "größe", "layer", "layer.conv.size", "layer.dense.units"} <= names
    by_name = {group.name.partition(" ")[0]: group for group in groups}
    assert by_name["trial-0001"].hparams["größe"].string_value == "小"
    assert by_name["trial-0001"].hparams["lr"].number_value == 0.01
    assert by_name["trial-0007"].hparams["layer.dense.units"].number_value == 9
    (session,) = by_name["trial-0001"].sessions
    assert session.end_time_secs == record.trials[1].ended
    results = {(m.name.group, m.name.tag): m.value for m in session.metric_values}
    assert 0.75 in results.values()
    states = {name: group.sessions[0].status for name, group in by_name.items()}
    assert [states[f"trial-000{n}"] for n in (1, 3, 5)] == [1, 2, 0]  # success, failure, and no end yet


def test_tensorboard_is_only_told_what_is_new(record, tmp_path):
    """A second export leaves the files of trials alone that have not changed, and makes no second file."""
    tensorboard.write_runs(record, tmp_path)
    files = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("events*")}
    assert tensorboard.write_runs(record, tmp_path) == (7, 0)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("events*")} == files
    assert tensorboard.write_runs(ended(record), tmp_path) == (7, 1)
    assert set(tmp_path.rglob("events*")) == set(files)


# MLflow


@pytest.fixture
def quiet():
    """MLflow warns of its own future and logs at import."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    logging.getLogger("mlflow").setLevel(logging.WARNING)


def client_of(uri):
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking_uri=uri)
    experiment = client.get_experiment_by_name("2026-11-21-0423-train")
    runs = client.search_runs([experiment.experiment_id])
    return client, {int(run.data.tags["annotate.trial"]): run for run in runs}, runs


def test_mlflow_has_a_run_for_each_trial(record, tmp_path, quiet):
    """Parameters, metrics with steps and times, tags, state, start and end."""
    uri = f"sqlite:///{tmp_path / 'm.db'}"
    assert mlflow.write_runs(record, str(tmp_path / "m.db")) == (7, 7)
    client, runs, _ = client_of(uri)
    assert sorted(runs) == [0, 1, 2, 3, 4, 5, 7]
    first = runs[1]
    assert first.data.params["lr"] == "0.01"
    assert first.data.params["größe"] == "小"
    assert first.data.params["layer.conv.size"] == "3"
    assert first.data.metrics["result/acc"] == 0.75
    assert (first.info.start_time, first.info.end_time) == (1763700001250, 1763700011750)
    history = client.get_metric_history(first.info.run_id, "acc")
    assert [(m.step, m.timestamp) for m in history] == [(n, 1763700000250 + 1000 * n) for n in range(3)]
    assert math.isnan(history[1].value)
    assert [runs[n].info.status for n in (1, 2, 3, 4, 5)] == [
        "FINISHED",
        "FINISHED",
        "FAILED",
        "KILLED",
        "RUNNING",
    ]
    assert runs[3].data.tags["annotate.reason"] == "nan"
    assert "小" in runs[3].data.tags["annotate.message"]
    assert runs[0].data.tags["annotate.baseline"] == "true"


def test_mlflow_is_only_told_what_is_new(record, tmp_path, quiet):
    """A second export writes nothing twice, and ends the run of a trial that has ended."""
    target = f"sqlite:///{tmp_path / 'm.db'}"
    mlflow.write_runs(record, target)
    assert mlflow.write_runs(record, target)[1] == 1  # the running one is looked at again
    assert mlflow.write_runs(ended(record), target) == (7, 1)
    assert mlflow.write_runs(ended(record), target) == (7, 0)
    client, runs, every = client_of(target)
    assert len(every) == len(runs)
    assert runs[5].info.status == "FINISHED"
    assert [m.step for m in client.get_metric_history(runs[5].info.run_id, "acc")] == [0, 1]


def test_a_trial_that_ran_again_is_a_run_of_its_own_in_mlflow(record, tmp_path, quiet):
    """What the lost attempt had reported is gone with its run."""
    target = f"sqlite:///{tmp_path / 'm.db'}"
    mlflow.write_runs(record, target)
    again = [
        dataclasses.replace(t, attempt=2, measurements=()) if t.number == 5 else t for t in record.trials
    ]
    mlflow.write_runs(StudyRecord(record.meta, tuple(again)), target)
    _, runs, every = client_of(target)
    assert len(every) == 7
    assert "acc" not in runs[5].data.metrics


def test_what_mlflow_refuses_is_said_in_its_words(record, quiet):
    """No traceback of a library that the user has not called."""
    with pytest.raises(UsageError, match="MLflow refuses"):
        mlflow.write_runs(record, "nosuch://place")


# Optuna


@pytest.fixture
def storage_of():
    """Opens a storage, and closes it when the test is over."""
    with contextlib.ExitStack() as stack:
        yield lambda target: stack.enter_context(optuna.storage_at(str(target)))


@pytest.mark.parametrize("target", ["study.db", "study.journal"])
def test_optuna_loads_the_study(record, tmp_path, target, storage_of):
    """Directions, distributions, values, states, reports and times."""
    import optuna as library

    assert optuna.write_study(record, str(tmp_path / target)) == (6, 6)
    study = library.load_study(study_name=record.meta.study, storage=storage_of(str(tmp_path / target)))
    assert study.direction.name == "MAXIMIZE"
    assert study.best_trial.user_attrs["annotate:trial"] == 1
    assert study.best_value == 0.75
    assert [t.state.name for t in study.trials] == [
        "COMPLETE",
        "COMPLETE",
        "PRUNED",
        "FAIL",
        "FAIL",
        "COMPLETE",
    ]
    trial = study.trials[1]
    assert trial.params["lr"] == 0.01
    assert trial.params["batch"] == 96
    assert trial.params["größe"] == "小"
    assert trial.params["layer.conv.size"] == 3
    assert trial.intermediate_values[0] == 0.5
    assert math.isnan(trial.intermediate_values[1])
    assert trial.duration.total_seconds() == pytest.approx(10.5)
    assert study.trials[3].user_attrs["annotate:reason"] == "nan"


def test_optuna_has_the_distributions_of_the_space(record, tmp_path, storage_of):
    """Log, step, integers, choices; a default outside its range widens it; Optuna's 1 and True are told apart."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    optuna.write_study(record, str(tmp_path / "study.db"))
    storage = storage_of(str(tmp_path / "study.db"))
    trial = storage.get_all_trials(storage.get_study_id_from_name(record.meta.study))[1]
    found = trial.distributions
    assert found["lr"] == FloatDistribution(1e-4, 0.5, log=True)
    assert found["batch"] == IntDistribution(32, 256, step=32)
    assert found["odd"] == FloatDistribution(2, 10)
    assert found["depth"] == IntDistribution(1, 4)
    assert found["noise"] == FloatDistribution(-5.5, 4)
    assert found["scale"].log
    assert found["größe"] == CategoricalDistribution(["小", "groß", None, "[32, 64]"])
    assert found["mixed"] == CategoricalDistribution(["1", "true", '"1"', "1.0"])
    assert "layer.dense.units" not in found


def test_a_default_that_is_no_number_of_the_range_is_an_attribute_in_optuna(record, tmp_path, storage_of):
    """The baseline's "auto" where the range has integers."""
    optuna.write_study(record, str(tmp_path / "study.db"))
    storage = storage_of(str(tmp_path / "study.db"))
    trial = storage.get_all_trials(storage.get_study_id_from_name(record.meta.study))[0]
    assert "depth" not in trial.params
    assert trial.user_attrs["param:depth"] == "auto"


def test_optuna_is_only_told_what_is_new(record, tmp_path, storage_of):
    """A trial is there once, and once it has ended."""
    target = str(tmp_path / "study.db")
    optuna.write_study(record, target)
    assert optuna.write_study(record, target) == (6, 0)
    assert optuna.write_study(ended(record), target) == (7, 1)
    storage = storage_of(target)
    trials = storage.get_all_trials(storage.get_study_id_from_name(record.meta.study))
    numbers = [trial.user_attrs["annotate:trial"] for trial in trials]
    assert sorted(numbers) == [0, 1, 2, 3, 4, 5, 7]


def test_several_metrics_are_several_objectives(two_metrics, tmp_path, quiet, storage_of):
    """In Optuna with directions and names, in MLflow and TensorBoard as results of their own."""
    import optuna as library

    optuna.write_study(two_metrics, str(tmp_path / "study.db"))
    study = library.load_study(study_name=two_metrics.meta.study, storage=storage_of(tmp_path / "study.db"))
    assert [direction.name for direction in study.directions] == ["MAXIMIZE", "MINIMIZE"]
    assert study.metric_names == ["acc", "größe"]
    assert study.trials[1].values == [0.75, 2.5]
    mlflow.write_runs(two_metrics, str(tmp_path / "m.db"))
    _, runs, _ = client_of(f"sqlite:///{tmp_path / 'm.db'}")
    assert (runs[1].data.metrics["result/acc"], runs[1].data.metrics["result/größe"]) == (0.75, 2.5)
    tensorboard.write_runs(two_metrics, tmp_path / "runs")
    scalars, _, _ = runs_of(tmp_path / "runs")
    assert scalars["trial-0001"]["result/größe"][0][2] == 2.5


def test_optuna_dashboard_serves_what_was_exported(record, tmp_path):
    """The real dashboard, as a process, lists the study and its trials."""
    optuna.write_study(record, str(tmp_path / "study.db"))
    dashboard = (
        "import sys, threading\n"
        "from wsgiref.simple_server import make_server\n"
        "from optuna_dashboard import wsgi\n"
        "from annotate.export.optuna import open_storage\n"
        "server = make_server('127.0.0.1', 0, wsgi(open_storage(sys.argv[1])))\n"
        "print(server.server_port, flush=True)\n"
        "server.serve_forever()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", dashboard, tmp_path / "study.db"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as served:  # fmt: skip
        try:
            place = f"http://127.0.0.1:{int(served.stdout.readline())}/api/studies"
            (study,) = json.load(urllib.request.urlopen(place))["study_summaries"]
            assert study["study_name"] == record.meta.study
            detail = json.load(urllib.request.urlopen(f"{place}/{study['study_id']}?after=0"))
            assert len(detail["trials"]) == 6
        finally:
            served.kill()


# parquet


def test_parquet_is_typed_for_pandas(record, tmp_path):
    """A row a trial with types, a row a report beside it, and the study in the metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    trials, reports = parquet.as_parquet(record)
    (tmp_path / "t.parquet").write_bytes(trials)
    (tmp_path / "m.parquet").write_bytes(reports)
    table = pq.read_table(tmp_path / "t.parquet")
    types = {field.name: field.type for field in table.schema}
    assert (types["lr"], types["batch"], types["value"]) == (pa.float64(), pa.int64(), pa.float64())
    assert types["start"] == pa.timestamp("us", "UTC")
    assert types["depth"] == types["größe"] == pa.string()
    rows = table.to_pylist()
    assert [row["state"] for row in rows][:4] == ["succeeded", "succeeded", "early-stopped", "failed"]
    assert rows[1]["lr"] == 0.01
    assert rows[1]["start"].timestamp() == record.trials[1].started
    assert json.loads(rows[7]["größe"]) == [32, 64]
    assert json.loads(table.schema.metadata[b"annotate"])["direction"] == "maximize"
    curves = pq.read_table(tmp_path / "m.parquet").to_pylist()
    assert [row["acc"] for row in curves if row["trial"] == 0] == [0.1, 0.2, 0.3]
    assert [row["loss"] for row in curves if row["trial"] == 2] == [None]
    assert math.isnan(next(row["acc"] for row in curves if row["trial"] == 3))


def test_an_empty_study_is_an_empty_table(record):
    """No trial is no error."""
    import io

    import pyarrow.parquet as pq

    trials, reports = parquet.as_parquet(StudyRecord(record.meta, ()))
    assert pq.read_table(io.BytesIO(trials)).num_rows == pq.read_table(io.BytesIO(reports)).num_rows == 0


def test_a_package_that_lacks_is_named_with_the_command():
    """One line and what to type."""
    with pytest.raises(UsageError, match="--to parquet needs no_such_package") as refused:
        need("no_such_package", extra="parquet", purpose="--to parquet")
    assert refused.value.remedy == "pip install 'annotate-trials[parquet]'"


def test_no_tool_is_let_at_the_database_of_another_program(record, tmp_path, quiet):
    """It would make its tables there; a study's own is refused too, and nothing is changed."""
    optuna.write_study(record, str(tmp_path / "o.db"))
    mlflow.write_runs(record, str(tmp_path / "m.db"))
    folder = keep(over(record), tmp_path, now=1e9, version="1")
    before = {path: path.read_bytes() for path in (tmp_path / "o.db", tmp_path / "m.db", folder.database)}
    for path in (tmp_path / "m.db", folder.database):
        with pytest.raises(UsageError, match="another program"):
            optuna.write_study(record, str(path))
        with pytest.raises(UsageError, match="another program"):
            read_study(str(path), None, now=0)
    for path in (tmp_path / "o.db", folder.database):
        with pytest.raises(UsageError, match="another program"):
            mlflow.write_runs(record, str(path))
    assert {path: path.read_bytes() for path in before} == before


def test_a_storage_that_is_not_there_is_not_made_by_reading_it(tmp_path):
    """Neither by its path nor by its URL."""
    with pytest.raises(UsageError, match="there is no Optuna storage"):
        read_study(f"sqlite:///{tmp_path / 'none.db'}", None, now=0)
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_cannot_be_made_is_said(record, tmp_path):
    """In one sentence."""
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        tensorboard.write_runs(record, tmp_path / "file" / "runs")


@pytest.mark.parametrize("target", ["study.db", "study.journal"])
def test_a_new_storage_is_made_without_a_wait_for_the_disk_and_an_old_one_is_written_with_care(
    record, tmp_path, target, monkeypatch
):
    """Optuna waits for the disk after each trial: minutes for ten thousand of them."""
    from annotate.export import haste

    made = []
    for name in ("Journal", "new_database"):
        maker = getattr(haste, name)
        monkeypatch.setattr(haste, name, lambda at, maker=maker: made.append(at) or maker(at))
    waited = []
    monkeypatch.setattr(os, "fsync", waited.append)
    assert optuna.write_study(record, str(tmp_path / target)) == (6, 6)
    assert len(made) == 1
    assert not waited
    assert optuna.write_study(record, str(tmp_path / target)) == (6, 0)
    assert len(made) == 1


def test_a_new_database_of_optunas_is_not_synchronous(tmp_path):
    """The database itself says so, on the connection that writes."""
    import sqlalchemy

    with optuna.storage_at(str(tmp_path / "study.db")) as storage, storage.engine.connect() as connection:
        assert connection.execute(sqlalchemy.text("PRAGMA synchronous")).scalar() == 0
    with optuna.storage_at(str(tmp_path / "study.db")) as storage, storage.engine.connect() as connection:
        assert connection.execute(sqlalchemy.text("PRAGMA synchronous")).scalar() == 2
