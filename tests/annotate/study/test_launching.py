"""What a trial's process is given, and what an earlier attempt leaves for it."""

import asyncio
import json
import stat

import pytest

from annotate.errors import LaunchError, StorageError
from annotate.storage import StudyFolder
from annotate.study import Launcher, LaunchPlan
from annotate.study.launching import Started, prepare
from annotate.study.ports import Lease
from annotate.trial import Measurement, Trial
from annotate_runtime.executors import CannotLaunch
from annotate_runtime.executors.client import ExecutorLost
from annotate_runtime.protocol import Parameters, Read, Result


class Executor:
    """Writes the request down."""

    def __init__(self, error=None):
        self.error = error

    async def launch(self, request):
        if self.error:
            raise self.error
        self.request = request


class Running:
    """A process whose reports and end the test gives."""

    pid = 7

    def __init__(self, *reports, end=None):
        self.reports, self.end = list(reports), end

    def new_reports(self):
        report = self.reports.pop(0) if self.reports else []
        if isinstance(report, Exception):
            raise report
        return report

    async def wait(self):
        raise self.end


def launch(tmp_path, lease, executor=None, trial=None):
    executor = executor or Executor()
    folder = StudyFolder(tmp_path / "2026-s")
    folder.path.mkdir(exist_ok=True)
    plan = LaunchPlan(
        folder, ("python", "code/t.py", "--epochs", "3"), tmp_path, {"PATH": "/bin", "SECRET": "x"}
    )
    launcher = Launcher(executor, plan)
    asyncio.run(launcher(trial or Trial(3, {"t/x/uniform": 0.5}), lease))
    return executor.request, folder


def test_a_trial_gets_its_command_its_parameters_and_its_slot(tmp_path):
    lease = Lease(1, gpus=("0", "2"), cpus=(4, 5), threads=2, env={"CUDA_DEVICE_ORDER": "PCI_BUS_ID"})
    request, folder = launch(tmp_path, lease)
    assert (request.command, request.cwd, request.cpus) == (
        ("python", "code/t.py", "--epochs", "3"),
        tmp_path,
        (4, 5),
    )
    assert request.env["CUDA_VISIBLE_DEVICES"] == "0,2"
    assert request.env["CUDA_DEVICE_ORDER"] == "PCI_BUS_ID"
    assert request.env["OMP_NUM_THREADS"] == "2"
    assert request.env["SECRET"] == "x"
    told = json.loads((folder.trial(3) / "parameters.json").read_bytes())
    assert Parameters(**told) == Parameters({"t/x/uniform": 0.5}, "2026-s", "2026-s-3", 3)


@pytest.mark.parametrize(("gpus", "said"), [(None, None), ((), "")])
def test_gpus_are_left_alone_or_hidden(tmp_path, gpus, said):
    request, _ = launch(tmp_path, Lease(1, gpus=gpus))
    assert request.env.get("CUDA_VISIBLE_DEVICES") == said


def test_the_environment_is_kept_for_its_owner_and_a_trials_is_what_it_had_beyond_the_hosts(tmp_path):
    _, folder = launch(tmp_path, Lease(1, threads=2))
    whole, own = folder.path / "environment.json", folder.trial(3) / "environment.json"
    assert json.loads(whole.read_text()) == {"PATH": "/bin", "SECRET": "x"}
    assert json.loads(own.read_text())["OMP_NUM_THREADS"] == "2"
    assert "SECRET" not in json.loads(own.read_text())
    assert {stat.S_IMODE(path.stat().st_mode) for path in (whole, own)} == {0o600}


def test_what_an_earlier_attempt_left_is_put_aside(tmp_path):
    directory = tmp_path / "3"
    for attempt in (1, 2, 3):
        prepare(directory, attempt=attempt)
        assert list((directory / "output").iterdir()) == []
        (directory / "log").write_text(f"attempt {attempt}")
        (directory / "reports").write_text("")
    assert (directory / "log.1").read_text() == "attempt 1"
    assert (directory / "log.2").read_text() == "attempt 2"
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert sorted(path.name for path in directory.iterdir()) == [
        "log", "log.1", "log.2", "output", "output.1", "output.2", "reports", "reports.1", "reports.2",
    ]  # fmt: skip


@pytest.mark.parametrize("error", [CannotLaunch("no such file: python9"), ExecutorLost("the launcher ended")])
def test_a_process_that_cannot_be_started_is_told_as_such(tmp_path, error):
    with pytest.raises(LaunchError, match=str(error)):
        launch(tmp_path, Lease(1), Executor(error))


def test_a_directory_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "2026-s").mkdir()
    (tmp_path / "2026-s/trials").write_text("")
    with pytest.raises(StorageError):
        launch(tmp_path, Lease(1))


def test_reports_become_measurements_and_reads(tmp_path):
    running = Running(
        [Result("intermediate", 1.0, 0, {"default": 0.5}), Read("k"), Result("final", 2.0, 0, {"default": 1})]
    )
    news = Started(running, tmp_path / "log").news()
    assert news.measurements == [
        Measurement(0, 1.0, {"default": 0.5}),
        Measurement(0, 2.0, {"default": 1}, final=True),
    ]
    assert (news.reads, news.more) == (["k"], True)


def test_a_launcher_that_died_has_lost_its_trials(tmp_path):
    assert asyncio.run(Started(Running(end=ExecutorLost("x")), tmp_path).wait()) is None
