"""From a trial and its slot to a running process: its directory, its parameters, its environment.

The study's `environment.json` is the environment of its first host, a trial's what it had otherwise (null:
not at all).
A trial that runs again keeps what its earlier attempts left as `log.1`, `reports.1`, `output.1`, ...

>>> launch = Launcher(executor, LaunchPlan(folder=folder, command=("python", "train.py"), cwd=cwd, env=os.environ))
>>> process = await launch(trial, lease)
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from annotate.errors import LaunchError
from annotate.storage import StudyFolder
from annotate.storage.faults import told
from annotate.study.ports import Lease, News, Process
from annotate.trial import Measurement, Trial
from annotate_runtime.environment import trial_environment
from annotate_runtime.executors import CannotLaunch, Executor, Running, TrialRequest
from annotate_runtime.executors.client import ExecutorLost
from annotate_runtime.protocol import (
    REPORTS,
    Parameters,
    Read,
    write_parameters,
)

LOG = "log"
OUTPUT = "output"
ENVIRONMENT = "environment.json"


@dataclass(frozen=True)
class LaunchPlan:
    """What all trials of a study have in common. `command` names the mirrored script already.

    `env` is the host's environment. `code` is whose mirrored code and trial side they run, where that is
    not the study's own.
    """

    folder: StudyFolder
    command: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str]
    code: StudyFolder | None = None


class Launcher:
    """Starts the trials of one study."""

    def __init__(self, executor: Executor, plan: LaunchPlan) -> None:
        self._executor = executor
        self._plan = plan
        self._env = dict(plan.env)
        self._kept = _kept(plan.folder.path / ENVIRONMENT, self._env)

    async def __call__(self, trial: Trial, lease: Lease) -> Process:
        """Start a trial. Raises LaunchError."""
        plan = self._plan
        directory, runs = plan.folder.trial(trial.number), plan.code or plan.folder
        name = f"{plan.folder.id}-{trial.number}"
        prepare(directory, attempt=trial.attempt)
        with told(directory):
            write_parameters(directory, Parameters(trial.params, plan.folder.id, name, trial.number))
        env = trial_environment(
            {**self._env, **lease.env},
            directory=directory,
            lib=runs.lib,
            study=plan.folder.id,
            trial=name,
            number=trial.number,
            code_dir=runs.code,
            threads=lease.threads,
            gpus=lease.gpus,
            token=os.urandom(8).hex(),
        )
        otherwise = {key: value for key, value in env.items() if self._kept.get(key) != value}
        _keep(directory / ENVIRONMENT, {**otherwise, **dict.fromkeys(self._kept.keys() - env.keys())})
        request = TrialRequest(
            trial.number, directory, plan.command, plan.cwd, env, directory / LOG, cpus=lease.cpus
        )
        try:
            return Started(await self._executor.launch(request), request.log)
        except CannotLaunch as error:
            raise LaunchError(f"no trial can be started: {error}") from error
        except ExecutorLost as error:
            raise LaunchError(str(error), remedy="`annotate resume` runs the study on") from error


def prepare(directory: Path, *, attempt: int) -> None:
    """Make a trial's directory; what an earlier attempt left there is put aside."""
    with told(directory):
        try:
            directory.mkdir(mode=0o700, parents=True)
        except FileExistsError:
            for left in directory.glob("reporter*"):
                left.unlink()
            for name in (LOG, REPORTS, OUTPUT):
                for left in (directory / name, *directory.glob(f"{name}-*")):
                    if left.exists():
                        left.rename(_aside(directory / name, attempt - 1))
        (directory / OUTPUT).mkdir(mode=0o700)


def _kept(path: Path, env: Mapping[str, str]) -> dict[str, str]:
    """What the study has written down of its environment: `env` where it has nothing yet."""
    with told(path):
        if path.is_file():
            return dict(json.loads(path.read_text(encoding="utf-8", errors="surrogateescape")))
    _keep(path, env)
    return dict(env)


def _keep(path: Path, env: Mapping[str, str | None]) -> None:
    """Write variables down for a replay; they may hold secrets, so for their owner only."""
    with told(path):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb", 0) as file:
            # one line for each, and by the fast encoder, which knows no `indent`
            text = json.dumps(dict(env), ensure_ascii=False, sort_keys=True, separators=(",\n ", ": "))
            file.write(text.encode("utf-8", "surrogateescape"))


class Started:
    """A trial that has been started, as the loop sees it."""

    def __init__(self, running: Running, log: Path) -> None:
        self._running = running
        self.log = log

    @property
    def pid(self) -> int:
        return self._running.pid

    def news(self) -> News:
        """What was reported since the last call."""
        reports = self._running.new_reports()
        measurements = [
            Measurement(r.step, r.time, r.values, final=r.kind == "final")
            for r in reports
            if not isinstance(r, Read)
        ]
        return News(measurements, [r.key for r in reports if isinstance(r, Read)], more=bool(reports))

    async def wait(self) -> int | None:
        """Its return code; None when it was lost."""
        try:
            return (await self._running.wait()).returncode
        except ExecutorLost:
            return None

    async def stop(self, grace: float) -> None:
        """End it and all it started."""
        await self._running.stop(grace)


def _aside(path: Path, attempt: int) -> Path:
    number = max(attempt, 1)
    while (aside := path.with_name(f"{path.name}.{number}")).exists():
        number += 1
    return aside
