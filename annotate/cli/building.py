"""From what was asked to a study that runs: reads the source, makes the study's directory, hosts it.

Nothing is written before the source, the space and the interpreter are known to be good.
"""

from __future__ import annotations

import difflib
import hashlib
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from annotate.cli.diagnosing import refuse
from annotate.cli.hosting import Host, LogFormat, python_of_user
from annotate.errors import LaunchError, SpaceError, UsageError
from annotate.sources import Closure, mirror, read_closure
from annotate.storage import HostLock, StudyFolder, StudyMeta, StudyStore
from annotate.study import Launcher, LaunchPlan, OnFailure, Study, StudyOptions, infer_direction
from annotate.study.slots import MachineSlots, SlotOptions
from annotate_runtime.executors.local import LocalExecutor
from annotate_runtime.install import Redirects, install_lib
from annotate_tuners import make, names
from annotate_tuners.errors import TunerError
from annotate_tuners.space import SearchSpace

if TYPE_CHECKING:
    from annotate.study import Listener
    from annotate.trial import Direction
    from annotate_tuners.tuner import Tuner


LONGEST_METRIC = 24  # characters of an expression that is shown as the metric's name


@dataclass(frozen=True)
class Request:
    """What the user asked for, parsed and not yet held against the source."""

    script: Path
    args: tuple[str, ...]
    trials: int | None
    jobs: int | None
    tuner: str
    direction: Direction | None
    seed: int | None
    baseline: bool
    max_duration: float | None
    trial_timeout: float | None
    on_failure: OnFailure
    slots: SlotOptions
    python: Path | None
    code_dir: Path | None
    include: tuple[str, ...]
    log_format: LogFormat


async def build(request: Request) -> int:
    """Make the study and run it; returns the exit code."""
    executor = await LocalExecutor.start(notify=lambda _: None)
    try:
        return await _build(request, executor)
    finally:
        await executor.aclose()


async def _build(request: Request, executor: LocalExecutor) -> int:
    python = _interpreter(request.python)
    closure = read_closure(_script(request.script), request.code_dir, request.include)
    refuse(closure.diagnostics)
    _refuse_empty(closure)
    _refuse_unknown_tuner(request.tuner, closure.space)
    metric = _metric(closure)
    slots = MachineSlots.of_this_machine(request.slots, os.environ)
    cwd = Path.cwd()
    now = time.time()
    folder = StudyFolder.create(cwd, script=request.script.name, now=now)
    with HostLock.take(folder.lock, command=" ".join(["annotate", *sys.argv[1:]]), now=now):
        mirrored = mirror(closure, folder.code)
        files = tuple(str(file.path.relative_to(closure.code_dir)) for file in closure.files)
        install_lib(folder.lib, Redirects(closure.code_dir, folder.code, files))
        direction, reason = _direction(request.direction, metric)
        meta = StudyMeta(
            study=folder.id,
            script=str(closure.script),
            code_dir=str(closure.code_dir),
            cwd=str(cwd),
            command=[python, str(mirrored), *request.args],
            created=now,
            space=closure.space.to_json(),
            tuner=request.tuner,
            direction=direction,
            direction_from=reason,
            seed=random.randrange(2**31) if request.seed is None else request.seed,
            metric=metric if metric and len(metric) <= LONGEST_METRIC else "metric",
            defaults=closure.defaults,
            names=closure.names,
            options=_options(request, slots.capacity).to_json(),
            source_hash=_hash(closure),
            git_commit=_git_commit(closure.code_dir),
            python=python,
            version=version("annotate-trials"),
        )
        with StudyStore.create(folder.database, meta) as store:
            return await host(folder, store, slots, executor, log_format=request.log_format)


async def host(
    folder: StudyFolder, store: StudyStore, slots: MachineSlots, executor: LocalExecutor, *, log_format: LogFormat
) -> int:
    """Run a study whose lock is held; returns the exit code: 0 with a result, 1 without, 130 when stopped."""
    meta = store.meta()
    space = SearchSpace.from_json(meta.space)
    plan = LaunchPlan(folder=folder, command=tuple(meta.command), cwd=Path(meta.cwd), env=os.environ)

    def make_tuner() -> Tuner:
        return make(meta.tuner, space, direction=meta.direction, seed=meta.seed, **meta.tuner_args)

    def make_study(listener: Listener) -> Study:
        return Study(
            store,
            make_tuner=make_tuner,
            launch=Launcher(executor, plan),
            slots=slots,
            options=StudyOptions.from_json(meta.options),
            listener=listener,
        )

    hosting = Host(folder, meta, make_study, log_format=log_format)
    other = "minimize" if meta.direction == "maximize" else "maximize"
    hosting.notice(f"{meta.metric} is {meta.direction}d ({meta.direction_from}); --{other} changes it")
    if slots.why_no_gpu:
        hosting.notice(f"trials run on the CPU: {slots.why_no_gpu}")
    ended = await hosting.run()
    best = hosting.snapshot.best
    steps = _next_steps(Path(meta.script)) if best else [("annotate log 0", "what the first trial printed")]
    hosting.conclude(ended, steps)
    if ended.how == "stopped":
        return 130
    return 0 if best and ended.how == "finished" else 1


def _script(given: Path) -> Path:
    if given.is_dir():
        raise UsageError(f"{given} is a directory", remedy="name the script in it: annotate run train.py")
    if not given.is_file():
        near = difflib.get_close_matches(given.name, [p.name for p in given.parent.glob("*.py")], 1)
        remedy = f"did you mean {given.parent / near[0]}?" if near else None
        raise UsageError(f"there is no script {given}", remedy=remedy)
    return given


def _interpreter(given: Path | None) -> str:
    if given is None:
        return python_of_user()
    found = shutil.which(str(given))
    if found is None:
        raise LaunchError(
            f"--python {given}: there is no such interpreter", remedy="name one: --python .venv/bin/python"
        )
    return os.path.abspath(found)


def _refuse_empty(closure: Closure) -> None:
    if not closure.space:
        raise SpaceError(
            f"{closure.script.name} and what it imports carry no annotation, so there is nothing to tune",
            remedy="write one beside a value, e.g. lr = 0.1  # @nni.loguniform(1e-4, 1e-1)",
        )


def _refuse_unknown_tuner(name: str, space: SearchSpace) -> None:
    """A tuner that cannot be made is refused before anything is written; tpe and its kin cost 2 s to make."""
    if name.casefold() not in names():
        near = difflib.get_close_matches(name.casefold(), names(), 1)
        raise UsageError(
            f"there is no tuner {name!r}",
            remedy=f"did you mean {near[0]}?" if near else f"there are {', '.join(names())}",
        )


def _metric(closure: Closure) -> str | None:
    """The source text of what is reported as the final result, where it is the same everywhere."""
    reported = {
        report.argument
        for file in closure.files
        for report in file.instrumented.reports
        if report.function == "report_final_result"
    }
    return reported.pop() if len(reported) == 1 else None


def _direction(given: Direction | None, metric: str | None) -> tuple[Direction, str]:
    """The direction and why it is that one."""
    if given is not None:
        return given, f"--{given}"
    inferred = infer_direction(metric) if metric else None
    if inferred is not None:
        return inferred, f"read off the metric's name, {metric}"
    return "maximize", "the default"


def _options(request: Request, capacity: int) -> StudyOptions:
    return StudyOptions(
        trials=request.trials,
        jobs=request.jobs or min(capacity, request.trials or capacity),
        max_duration=request.max_duration,
        trial_timeout=request.trial_timeout,
        on_failure=request.on_failure,
        baseline=request.baseline,
    )


def _hash(closure: Closure) -> str:
    """SHA-256 over the closure's files, by name and original content."""
    digest = hashlib.sha256()
    for file in closure.files:
        digest.update(f"{file.path.relative_to(closure.code_dir)}\0".encode())
        digest.update(hashlib.sha256(file.path.read_bytes()).digest())
    return digest.hexdigest()


def _git_commit(directory: Path) -> str | None:
    """The commit that the code stands on, None outside a repository."""
    try:
        done = subprocess.run(
            ["git", "-C", str(directory), "rev-parse", "HEAD"], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None


def _next_steps(script: Path) -> list[tuple[str, str]]:
    return [
        ("annotate top", "the best trials"),
        ("annotate best --format args", "the best parameters, for a command line"),
        ("annotate log", f"what the best trial of {script.name} printed"),
        ("annotate export --to csv", "every trial"),
    ]
