"""An experiment as the words of `annotate run`, so that whoever has a config sees what it says here and can go on without.

>>> translated(read_config(Path("config.yml"))).words
('train.py', '--space', 'search_space.json', '--trials', '10', '--jobs', '2', '--tuner', 'TPE', '--', '--epochs', '50')
"""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from annotate.errors import UsageError
from annotate.nni.experiment import Algorithm, Experiment

_SHELL = re.compile(r"[|&;<>$`*?\n]|^\w+=|(^|\s)~")
_PYTHON = re.compile(r"python[\d.]*")


@dataclass(frozen=True)
class Translated:
    """The words behind `annotate run`, typed in `directory`; `script` and what stands behind `--` are the trial's.

    `options` are the words between.
    """

    directory: Path
    script: tuple[str, ...]
    options: tuple[str, ...]
    command: tuple[str, ...]

    def words(self, *more: str) -> tuple[str, ...]:
        """All words, with more options."""
        behind = ("--", *self.command) if self.command else ()
        return (*self.script, *self.options, *more, *behind)


def translated(experiment: Experiment) -> Translated:
    """What to type for an experiment. Raises UsageError for a directory that is not there."""
    if not experiment.directory.is_dir():
        raise UsageError(f"there is no directory {experiment.directory}", remedy="mend trialCodeDirectory")
    directory = experiment.directory.resolve()
    script, options, command = _command(experiment.command)
    return Translated(directory, script, (*options, *_options(experiment, directory)), command)


def _command(text: str) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """The script, options of ours, and what stands behind `--`.

    `python3 train.py --x` is train.py in the interpreter that trials run in anyway, `.venv/bin/python train.py` in
    that one; what only a shell understands, as several lines, is a shell's.
    """
    text = text.replace("\\\n", " ").strip()
    if _SHELL.search(text):
        return (), (), ("bash", "-c", text)
    try:
        first, *words = shlex.split(text)
    except ValueError as error:
        raise UsageError(
            f"trialCommand {text!r} is not understood: {error}", remedy="mend its quotes"
        ) from error
    if _PYTHON.fullmatch(Path(first).name):
        python = ("--python", first) if "/" in first else ()
        match words[1:] if words[:1] == ["-u"] else words:
            case ["-m", module, *arguments]:
                return (), ("-m", module, *python), tuple(arguments)
            case [script, *arguments] if script.endswith(".py"):
                return (script,), python, tuple(arguments)
    return (), (), (first, *words)


def _options(experiment: Experiment, directory: Path) -> Iterator[str]:
    match experiment.space:
        case Path() as path:
            yield from ("--space", _relative(path, directory))
        case None:
            pass
        case inline:
            yield from ("--space", json.dumps(inline))
    told = {
        "--trials": experiment.trials,
        "--jobs": experiment.jobs,
        "--max-duration": experiment.max_duration,
        "--trial-timeout": experiment.trial_duration,
        "--tuner": _algorithm(experiment.tuner, directory),
        "--pruner": _algorithm(experiment.assessor, directory),
        "--gpus": "none" if experiment.gpus_per_trial == 0 else experiment.gpus,
        "--gpus-per-trial": experiment.gpus_per_trial if (experiment.gpus_per_trial or 0) > 1 else None,
        "--trials-per-gpu": experiment.trials_per_gpu if (experiment.trials_per_gpu or 0) > 1 else None,
    }
    for option, value in told.items():
        if value is not None:
            yield from (option, str(value))
    if experiment.use_busy_gpus:
        yield "--use-busy-gpus"


def _algorithm(algorithm: Algorithm | None, directory: Path) -> str | None:
    if algorithm is None:
        return None
    file, colon, cls = algorithm.name.rpartition(":")
    name = f"{_relative(Path(file), directory)}:{cls}" if colon else algorithm.name
    arguments = ",".join(f"{key}={json.dumps(value)}" for key, value in algorithm.class_args.items())
    return f"{name}:{arguments}" if arguments else name


def _relative(path: Path, directory: Path) -> str:
    """The path as one types it in the directory."""
    absolute = path.parent.resolve() / path.name
    return os.path.relpath(absolute, directory) if absolute.is_relative_to(directory) else str(absolute)
