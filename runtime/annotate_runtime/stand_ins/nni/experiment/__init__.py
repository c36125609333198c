"""`nni.experiment`, in a script that `annotate nnictl create --config SCRIPT` runs: an experiment is a study of ours.

    experiment = Experiment("local")
    experiment.config.trial_command = "python train.py"
    experiment.config.search_space = {"lr": {"_type": "loguniform", "_value": [1e-4, 1e-1]}}
    experiment.run(8080)
    best = max(experiment.export_data(), key=lambda trial: trial.value)

`run` shows the study until it is over, `start` leaves it in the background. What else NNI's has, says so.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass

from annotate_runtime.trial import trial

from .config import AlgorithmConfig, CustomAlgorithmConfig, ExperimentConfig, LocalConfig, document

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

HOST = "ANNOTATE_HOST"
"""In the environment: the words that begin a command of ours, as JSON."""

MISTAKE = 2
"""The exit code for what the user got wrong; nothing has begun."""


@dataclass
class TrialResult:
    """What a trial came to; `value` is a number, or a dictionary with `default`."""

    parameter: dict[str, Any]
    value: Any
    trialJobId: str  # noqa: N815 - NNI's name


class Experiment:
    """An experiment of NNI's by its Python interface. `id` is the study's, once it has begun."""

    def __init__(self, config_or_platform: ExperimentConfig | str | list[str] | None = None) -> None:
        if isinstance(config_or_platform, ExperimentConfig):
            self.config = config_or_platform
        else:
            self.config = ExperimentConfig(config_or_platform)
        self.id: str | None = None

    def run(self, port: int = 8080, wait_completion: bool = True, debug: bool = False) -> bool | None:  # noqa: ARG002 - NNI's
        """Run the study, in the foreground unless `wait_completion` is False; returns whether it has a result."""
        code = self._create(*([] if wait_completion else ["--detach"]))
        return code == 0 if wait_completion else None

    def start(self, *_: object, **__: object) -> None:
        """Run the study in the background."""
        self._create("--detach")

    def stop(self) -> None:
        """End the study, if it runs."""
        if self.id is not None and self.get_status() == "RUNNING":
            self._host("stop", self.id)

    def get_status(self) -> str:
        """RUNNING, DONE, or INITIALIZED before it has begun."""
        if self.id is None:
            return "INITIALIZED"
        return (
            "RUNNING"
            if next(each["running"] for each in self._listed() if each["study"] == self.id)
            else "DONE"
        )

    def export_data(self) -> list[TrialResult]:
        """Every trial that has a result; the script's defaults, which NNI does not try, are left out."""
        if self.id is None:
            return []
        trials = json.loads(self._host("export", self.id, "--to", "json").stdout)["trials"]
        return [
            TrialResult(each["parameters"], _value(each), f"{self.id}-{each['number']}")
            for each in trials
            if each["value"] is not None and not each["baseline"]
        ]

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"annotate has no Experiment.{name}; `annotate --help` lists what can be asked of a study"
        )

    def _create(self, *options: str) -> int:
        if trial.active:
            raise RuntimeError("a trial cannot begin an experiment of its own")
        directory = document(self.config)["trialCodeDirectory"]
        before = self._studies() if os.path.isdir(directory) else []
        with tempfile.TemporaryDirectory() as scratch:
            path = os.path.join(scratch, "experiment.config")
            with open(path, "w", encoding="utf-8") as file:
                json.dump(document(self.config), file)
            process = subprocess.Popen([*_host(), "nnictl", "create", "--config", path, *options])
            while process.returncode is None:
                try:
                    process.wait()
                except KeyboardInterrupt:  # the study's, which has it too
                    continue
        if process.returncode == MISTAKE:  # which has been told
            sys.exit(MISTAKE)
        begun = [each for each in self._studies() if each not in before]
        if not begun:
            sys.exit(process.returncode)
        self.id = begun[-1]
        return process.returncode

    def _studies(self) -> list[str]:
        return [each["study"] for each in self._listed()]

    def _listed(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self._host("ls", "--format", "json").stdout or "[]")
        return found

    def _host(self, *words: str) -> subprocess.CompletedProcess[str]:
        directory = document(self.config)["trialCodeDirectory"]
        return subprocess.run(
            [*_host(), *words], cwd=directory, stdout=subprocess.PIPE, text=True, check=False
        )


def _host() -> list[str]:
    if HOST not in os.environ:
        raise RuntimeError(f"begin it so: annotate nnictl create --config {sys.argv[0]}")
    command: list[str] = json.loads(os.environ[HOST])
    return command


def _value(row: dict[str, Any]) -> Any:
    """As it was reported."""
    final = row["metrics"][-1]["values"]
    return row["value"] if list(final) == ["default"] else final


__all__ = [
    "AlgorithmConfig",
    "CustomAlgorithmConfig",
    "Experiment",
    "ExperimentConfig",
    "LocalConfig",
    "TrialResult",
]
