"""The database of a study: exact, private, refused in the user's words where it cannot be used."""

import math
import os
import shutil
import sqlite3
import stat

import pytest

from annotate.errors import StorageError
from annotate.storage import StudyMeta, StudyStore, schema
from annotate.trial import (
    FailureReason,
    Measurement,
    Objective,
    Taken,
    Trial,
    TrialState,
    fail,
    requeue,
    start,
    stop_early,
    succeed,
)


def make_meta(**facts):
    given = {
        "study": "2026-11-21-0423-train", "script": "/home/a/train.py", "code_dir": "/home/a", "cwd": "/home/a",
        "command": ["python", "train.py"], "created": 1.5, "tuner": "tpe", "direction": "maximize", "seed": 7,
        "space": {"train/lr/loguniform": {"_type": "loguniform", "_value": [1e-4, 0.1]}},
    }  # fmt: skip
    return StudyMeta(**{**given, **facts})


@pytest.fixture
def store(tmp_path):
    with StudyStore.create(tmp_path / "study.db", make_meta()) as store:
        yield store


def test_the_facts_of_a_study_come_back_as_they_were(store):
    assert store.meta() == make_meta()
    store.write_meta(make_meta(options={"trials": 40}))
    assert store.meta().options == {"trials": 40}


@pytest.mark.parametrize(
    "trial",
    [
        Trial(0, {}, baseline=True),
        start(Trial(1, {"a/lr/uniform": 0.1, "a/n/choice": [1, None, "x", True]}), at=1.25, pid=9, gpus=("0", "MIG-1")),
        succeed(start(Trial(2, {}), at=1.0), at=2.0, value=0.1 + 0.2),
        stop_early(start(Trial(3, {}), at=1.0), at=2.0, value=None, message="worse than the median"),
        fail(start(Trial(4, {}), at=1.0), at=2.0, reason=FailureReason.NO_METRIC, message="nothing", exit_code=-9),
        requeue(start(Trial(5, {}), at=1.0), alone=True),
        succeed(start(Trial(6, {}), at=1.0), at=2.0, value=0.9, further=(12.5, -1.0)),
    ],
)  # fmt: skip
def test_a_trial_comes_back_as_it_was(store, trial):
    store.save(trial)
    assert store.trial(trial.number) == trial
    assert store.trials() == [trial]


def test_a_message_that_is_no_text_is_kept_as_far_as_it_is(store):
    """Half a surrogate pair, as JSON of elsewhere may hold, costs a character and not the trial."""
    store.save(
        fail(start(Trial(0, {}), at=1.0), at=2.0, reason=FailureReason.EXCEPTION, message="a \udcff b")
    )
    assert store.trial(0).message == "a ? b"


def test_saving_again_replaces_and_keeps_what_was_reported(store):
    trial = start(Trial(0, {"k": 1}), at=1.0)
    store.save(trial)
    store.record(0, [Measurement(0, 1.5, {"default": 0.5})])
    store.save(succeed(trial, at=2.0, value=0.5))
    assert [t.state for t in store.trials(measurements=True)] == [TrialState.SUCCEEDED]
    assert store.trial(0).measurements == (Measurement(0, 1.5, {"default": 0.5}),)


@pytest.mark.parametrize(
    "values",
    [
        {"default": 0.1},
        {"default": 0.1, "loss": 1e300},
        {"default": math.inf},
        {"default": -math.inf, "x": 1.0},
        {"loss": 3.0},
        {"default": 7},
    ],
)  # fmt: skip
def test_a_measurement_comes_back_as_it_was(store, values):
    store.save(Trial(0, {}))
    store.record(0, [Measurement(3, 2.0, values, final=True)])
    assert store.measurements(0) == (Measurement(3, 2.0, values, final=True),)


def test_trials_are_counted_and_the_best_value_found_without_reading_them(store):
    assert store.best_value("maximize") is None
    store.save(*(succeed(start(Trial(n, {}), at=1.0), at=2.0, value=n / 10) for n in range(3)), Trial(9, {}))
    assert {state.value: n for state, n in store.counts().items() if n} == {"succeeded": 3, "queued": 1}
    assert (store.best_value("maximize"), store.best_value("minimize")) == (0.2, 0.0)


def test_only_what_is_new_need_be_read(store):
    first, second = start(Trial(0, {}), at=1.0), Trial(1, {})
    store.save(first, second, Trial(2, {}))
    store.record(0, [Measurement(n, 1.0, {"default": n}) for n in range(3)], reads=["a"])
    store.record(2, [], reads=["b"])
    assert store.outline() == {0: ("running", 1), 1: ("queued", 1), 2: ("queued", 1)}
    store.save(succeed(first, at=2.0, value=1.0))
    assert store.outline()[0] == ("succeeded", 1)
    assert [t.number for t in store.trials([2, 0, 7])] == [0, 2]
    assert store.trials([]) == []
    assert store.trials([0]) == store.trials()[:1]
    assert store.reads([0, 1]) == {0: {"a"}}
    assert [m.step for m in store.measurements(0, after=2)] == [2]


def test_nan_stays_nan(store):
    store.save(Trial(0, {}))
    store.record(0, [Measurement(0, 1.0, {"default": math.nan, "acc": 0.5})])
    (measurement,) = store.measurements(0)
    assert math.isnan(measurement.values["default"])
    assert measurement.values["acc"] == 0.5


def test_reports_keep_their_order_over_several_calls(store):
    store.save(Trial(0, {}), Trial(1, {}))
    for step in range(5):
        store.record(0, [Measurement(0, 1.0, {"default": float(step)})], reads=["a", f"k{step % 2}"])
    store.record(
        1, [Measurement(0, 1.0, {"default": 9.0}), Measurement(1, 1.0, {"default": 8.0}, final=True)]
    )
    assert [m.values["default"] for m in store.measurements(0)] == [0, 1, 2, 3, 4]
    assert {n: list(c) for n, c in store.curves([0, 1]).items()} == {0: [0, 1, 2, 3, 4], 1: [9.0]}
    assert list(store.curves([0, 1], latest=1)) == [1]
    assert store.reads() == {0: {"a", "k0", "k1"}}


def test_a_trial_that_runs_again_starts_with_a_clean_sheet(store):
    store.save(Trial(0, {}))
    store.record(0, [Measurement(0, 1.0, {"default": 1.0})], reads=["a"])
    store.forget_reports(0)
    assert store.measurements(0) == ()
    assert store.reads() == {}


def test_what_is_written_together_is_kept_whole_or_not_at_all(store):
    def half():
        with store.together():
            store.save(Trial(0, {}))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half()
    assert store.trials() == []
    with store.together():
        store.save(Trial(1, {}))
        store.record(1, [Measurement(0, 1.0, {"default": 1.0})])
    assert store.trial(1).measurements


def test_a_report_of_an_unknown_trial_is_refused(store):
    with pytest.raises(sqlite3.IntegrityError):
        store.record(5, [Measurement(0, 1.0, {"default": 1.0})])


def test_deleting_a_trial_deletes_what_it_reported(store):
    store.save(Trial(0, {}))
    store.record(0, [Measurement(0, 1.0, {"default": 1.0})], reads=["a"])
    store.delete(0)
    assert store.trials() == []
    assert store.measurements(0) == ()
    with pytest.raises(StorageError, match="no trial 0"):
        store.trial(0)


def test_only_the_owner_may_read_any_file(store):
    store.save(Trial(0, {}))
    for path in store.path.parent.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_a_second_program_reads_while_the_host_writes(store):
    store.save(Trial(0, {}))
    with StudyStore.open(store.path, read_only=True) as reader:
        assert len(reader.trials()) == 1
        store.save(Trial(1, {}))
        assert len(reader.trials()) == 2
        with pytest.raises(StorageError, match="cannot be written"):
            reader.save(Trial(2, {}))


def test_the_seconds_of_all_sessions_add_up(store):
    first = store.begin_session(host="h", pid=1, at=0.0)
    store.update_session(first, seconds=10.5)
    second = store.begin_session(host="h", pid=2, at=99.0)
    store.update_session(second, seconds=1.0)
    store.update_session(second, seconds=2.0)
    assert store.seconds_run() == 12.5


def test_a_study_has_its_name_only_when_it_is_whole(tmp_path):
    """What kills its maker midway leaves none, and hinders no second one."""

    def killed():
        yield Trial(0, {})
        assert not (tmp_path / "study.db").exists()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        StudyStore.create(tmp_path / "study.db", make_meta(), trials=killed())
    assert not (tmp_path / "study.db").exists()
    with StudyStore.create(tmp_path / "study.db", make_meta(), trials=[Trial(1, {})]) as store:
        assert [trial.number for trial in store.trials()] == [1]


def test_a_study_is_never_created_over_another(store):
    with pytest.raises(StorageError, match="File exists"):
        StudyStore.create(store.path, make_meta())


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "not a study"), (b"x" * 4096, "not a study"), (None, "no such study")],
)
def test_what_is_no_study_is_refused(tmp_path, content, said):
    path = tmp_path / "study.db"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StorageError, match=said):
        StudyStore.open(path)


def test_another_programs_database_is_refused(tmp_path):
    connection = sqlite3.connect(tmp_path / "other.db")
    connection.execute("CREATE TABLE trials (number)")
    connection.close()
    with pytest.raises(StorageError, match="not a study"):
        StudyStore.open(tmp_path / "other.db")


def test_a_damaged_file_is_told_as_damaged(tmp_path):
    path = tmp_path / "study.db"
    with StudyStore.create(path, make_meta()) as store:
        store.save(*(Trial(n, {"k": "x" * 500}) for n in range(100)))
    content = bytearray(path.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(StorageError, match="damaged"), StudyStore.open(path) as store:
        store.trials()


def test_a_newer_file_is_refused(store):
    path = store.path
    store._connection.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    store.close()
    with pytest.raises(StorageError, match="newer"):
        StudyStore.open(path)


@pytest.mark.parametrize("directory_too", [False, True])
def test_a_file_that_is_removed_while_the_study_runs_is_written_again_and_told(tmp_path, directory_too):
    """Nothing that was committed is lost with it; the new file is private and shared as the old one was."""
    path = tmp_path / "study" / "study.db"
    path.parent.mkdir()
    with StudyStore.create(path, make_meta()) as store:
        store.save(Trial(0, {"x": 1}))
        store.require_file()
        if directory_too:
            shutil.rmtree(path.parent)
        else:
            path.unlink()
        with pytest.raises(StorageError, match="was removed while the study ran"):
            store.require_file()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with StudyStore.open(path) as again:
        assert [trial.params for trial in again.trials()] == [{"x": 1}]
        assert again.meta() == make_meta()
        assert again._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_full_disk_is_told_and_keeps_what_was_committed(store):
    store.save(Trial(0, {}))
    (pages,) = store._connection.execute("PRAGMA page_count").fetchone()
    store._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StorageError, match="disk is full"):
        store.save(*(Trial(n, {"k": "x" * 5000}) for n in range(1, 9)))
    assert [t.number for t in store.trials()] == [0]
    store._connection.execute("PRAGMA max_page_count = 100000")
    store.save(Trial(1, {}))
    assert [t.number for t in store.trials()] == [0, 1]


OLD = """
    INSERT INTO meta VALUES ('study', '"old"'), ('script', '"t.py"'), ('code_dir', '"."'), ('cwd', '"."'),
        ('command', '[]'), ('created', '1.0'), ('tuner', '"tpe"'), ('direction', '"minimize"'), ('seed', '1'),
        ('metric', '"loss"'), ('space', '{}');
    INSERT INTO trials (number, params, state, baseline, value, started, ended, exit_code, gpus, pid)
        VALUES (0, '{"k": 1}', 'succeeded', 1, 0.5, 1.0, 2.0, 0, '["0"]', 12);
    INSERT INTO measurements VALUES (0, 0, 0, 1.5, 1, 0.5, NULL);
"""


def written_by(version, path):
    connection = sqlite3.connect(path)
    steps = [schema.MIGRATIONS[step] for step in range(2, version + 1)]
    connection.executescript(
        "".join([schema.VERSION_1, *steps, OLD])
        + f"PRAGMA application_id = {schema.APPLICATION_ID}; PRAGMA user_version = {version};"
    )
    connection.close()


def check_old(store):
    meta, trial = store.meta(), store.trial(0)
    assert (meta.study, meta.objectives) == ("old", (Objective("default", "minimize", "loss"),))
    assert (trial.params, trial.value, trial.attempt, trial.alone) == ({"k": 1}, 0.5, 1, False)
    assert (trial.values, trial.further) == ((0.5,), ())
    assert trial.measurements == (Measurement(0, 1.5, {"default": 0.5}, final=True),)
    assert (store.seconds_run(), store.taken()) == (0, {})


@pytest.mark.parametrize("version", range(1, schema.VERSION))
def test_a_file_of_an_older_version_is_migrated_and_loses_nothing(tmp_path, version):
    path = tmp_path / "study.db"
    written_by(version, path)
    for _ in range(2):
        with StudyStore.open(path) as store:
            check_old(store)


@pytest.mark.parametrize("version", range(1, schema.VERSION))
def test_a_file_of_an_older_version_is_read_and_stays_as_it_is(tmp_path, version):
    path = tmp_path / "study.db"
    written_by(version, path)
    before = path.read_bytes()
    with StudyStore.open(path, read_only=True) as store:
        check_old(store)
    assert path.read_bytes() == before


def test_what_another_study_found_out_is_kept_below_zero_in_the_order_of_taking(store):
    first = Taken("other", 7, {"k": 0.5}, 0.9, inactive=("j",))
    second, third = Taken("other", 9, {"k": 1}, 0.8), Taken("third", 0, {"k": 2}, 0.7, further=(3.0,))
    store.take([first, second])
    store.take([third])
    assert store.taken() == {-1: first, -2: second, -3: third}


def test_a_metric_that_the_user_named_is_what_curves_are_made_of(tmp_path):
    objectives = (Objective("acc", "maximize", "acc"), Objective("ms", "minimize", "ms"))
    with StudyStore.create(tmp_path / "study.db", make_meta(metrics=objectives)) as store:
        assert store.meta().objectives == objectives
        store.save(Trial(0, {}))
        reports = [Measurement(0, 1.0, {"acc": 0.5, "ms": 2.0}), Measurement(1, 2.0, {"default": 7.0})]
        store.record(0, reports)
        assert store.measurements(0) == tuple(reports)
        first, second = store.curves([0])[0]
        assert first == 0.5
        assert math.isnan(second)
