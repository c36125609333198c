"""A trial once more, apart from its study: the same command, parameters, environment and working directory.

`recorded` reads what the study wrote down; the rest is pure. What belongs to the terminal (TERM, DISPLAY, ...)
is the present one's. Reports and outputs go to a directory of the replay's own, `scratch`, so nothing in the
study changes. Refuses nothing: what is no longer there is found by whoever starts it.

>>> replay = replayed(recorded(folder, meta, trial), scratch=Path("/tmp/x"), now=os.environ)
>>> print(by_hand(replay, os.environ))
(T=$(mktemp -d) && ... cd /home/me && env LR=1 ... /usr/bin/python /home/me/.annotate/s/code/train.py)
"""

from __future__ import annotations

import dataclasses
import json
import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from annotate.storage import StudyFolder, StudyMeta
from annotate.storage.faults import told
from annotate.study.flags import arguments
from annotate.study.launching import ENVIRONMENT, OUTPUT
from annotate.trial import Trial
from annotate_runtime.environment import TRIAL_DIR, trial_environment
from annotate_runtime.install import mirrored_command
from annotate_runtime.protocol import Parameters
from annotate_runtime.redirect import Mirror
from annotate_runtime.reporter import TOKEN

DEBUG = "ANNOTATE_PDB"
SYS_DIR, OUTPUT_DIR = "NNI_SYS_DIR", "NNI_OUTPUT_DIR"
GPUS = "CUDA_VISIBLE_DEVICES"
SHELL = frozenset({"PWD", "OLDPWD", "SHLVL", "_"})
"""Variables that a shell keeps by itself."""
TERMINAL = SHELL | {
    "COLORTERM",
    "COLUMNS",
    "DBUS_SESSION_BUS_ADDRESS",
    "DISPLAY",
    "GPG_TTY",
    "LINES",
    "SSH_AUTH_SOCK",
    "SSH_CLIENT",
    "SSH_CONNECTION",
    "SSH_TTY",
    "STY",
    "TERM",
    "TERMCAP",
    "TERM_PROGRAM",
    "TERM_PROGRAM_VERSION",
    "TMUX",
    "TMUX_PANE",
    "VTE_VERSION",
    "WAYLAND_DISPLAY",
    "WINDOWID",
    "XAUTHORITY",
    "XDG_RUNTIME_DIR",
    "XDG_SESSION_ID",
}
"""Variables that belong to a terminal and a login, not to a trial."""


@dataclass(frozen=True)
class Run:
    """All that a trial's process was given, or is to be given; `environment` is the whole of it."""

    parameters: Parameters
    command: tuple[str, ...]
    cwd: Path
    environment: Mapping[str, str]


def recorded(folder: StudyFolder, meta: StudyMeta, trial: Trial) -> Run:
    """The trial as its study started it, or would have; raises StorageError for files that cannot be read."""
    suffix = _source_at(folder, trial.started)
    lib = folder.lib.with_name(folder.lib.name + suffix)
    name = f"{folder.id}-{trial.number}"
    cwd = Path(meta.cwd)
    base = _read(folder.path / ENVIRONMENT) or dict(os.environ)
    own = _read(folder.trial(trial.number) / ENVIRONMENT)
    env = trial_environment(
        base,
        directory=folder.trial(trial.number),
        lib=lib,
        study=folder.id,
        trial=name,
        number=trial.number,
        code_dir=folder.code.with_name(folder.code.name + suffix),
    )
    for key, value in own.items():
        if value is None:
            env.pop(key, None)
        elif key == "PYTHONPATH":
            env[key] = os.pathsep.join([str(lib), *value.split(os.pathsep)[1:]])
        elif key != "NNI_CODE_DIR":
            env[key] = value
    command = mirrored_command(tuple(meta.command), cwd, Mirror.read(str(lib)))
    words = arguments(trial.params, meta.flags)
    return Run(Parameters(trial.params, folder.id, name, trial.number), (*command, *words), cwd, env)


def replayed(
    run: Run, *, scratch: Path, now: Mapping[str, str], gpus: str | None = None, debug: bool = False
) -> Run:
    """The run again in the environment `now`; `gpus` is what it may see, "" for none, None for what it saw."""
    env = {name: value for name, value in run.environment.items() if name not in TERMINAL}
    env |= {name: value for name, value in now.items() if name in TERMINAL}
    env |= {"PWD": str(run.cwd), TRIAL_DIR: str(scratch), SYS_DIR: str(scratch)}
    env[OUTPUT_DIR] = str(scratch / OUTPUT)
    env.pop(TOKEN, None)
    if gpus is not None:
        env[GPUS] = gpus
    if debug:
        env[DEBUG] = "1"
    return dataclasses.replace(run, environment=env)


def by_hand(replay: Run, now: Mapping[str, str]) -> str:
    """A line for any POSIX shell whose environment is `now`: it leaves nothing behind, and exits as the script does."""
    own = {TRIAL_DIR: '"$T"', SYS_DIR: '"$T"', OUTPUT_DIR: '"$T"/output'}
    env = replay.environment
    unset = [f"-u {shlex.quote(name)}" for name in sorted(now) if name not in env and name not in SHELL]
    given = [
        f"{shlex.quote(name)}={shlex.quote(value)}"
        for name, value in sorted(env.items())
        if name not in own and name not in SHELL and now.get(name) != value
    ]
    words = ["env", *unset, *given, *(f"{name}={value}" for name, value in own.items())]
    document = shlex.quote(json.dumps(dataclasses.asdict(replay.parameters)))
    steps = [
        "T=$(mktemp -d)",
        """trap 'rm -rf "$T"' EXIT""",
        'mkdir "$T"/output',
        f'printf %s {document} >"$T"/parameters.json',
        f"cd {shlex.quote(str(replay.cwd))}",
        f"{' '.join(words)} {shlex.join(replay.command)}",
    ]
    return f"({' && '.join(steps)})"


def _read(path: Path) -> dict[str, Any]:
    """Variables that were kept for a replay; none where they were cleared away."""
    with told(path):
        if not path.is_file():
            return {}
        text = path.read_text(encoding="utf-8", errors="surrogateescape")
        return dict(json.loads(text))


def _source_at(folder: StudyFolder, when: float | None) -> str:
    """What is behind `code`, `source` and `lib` for a trial that started then: "" for today's, ".1" for the first, ...

    A study that took up new code has put aside what it ran before.
    """
    with told(folder.path):
        aside = sorted(int(path.suffix[1:]) for path in folder.path.glob("source.*"))
        kept = ["", *(f".{number}" for number in reversed(aside))]
        for suffix in kept:
            path = folder.source.with_name(folder.source.name + suffix)
            if when is None or min(each.stat().st_mtime for each in path.rglob("*")) <= when:
                return suffix
    return kept[-1]
