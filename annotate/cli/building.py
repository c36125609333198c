"""From what was asked to a study that runs: reads the source, makes the study's directory, hosts it.

Nothing is written before the source, the space and the interpreter are known to be good, and a study
that could not be made leaves nothing behind.
"""

from __future__ import annotations

import asyncio
import dataclasses
import glob
import hashlib
import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from annotate import __version__
from annotate.annotations.constraint import holds
from annotate.annotations.directives import FINAL
from annotate.annotations.names import short_names
from annotate.cli.beginning import beginning
from annotate.cli.diagnosing import accept
from annotate.cli.hosting import LogFormat, host, python_of_user
from annotate.cli.metrics import LONGEST, Goals, goals
from annotate.cli.naming import command_line, named
from annotate.cli.spaces import Tuned, tuned
from annotate.cli.targets import Target, aim, interpreter
from annotate.errors import AnnotateError, SpaceError, UsageError
from annotate.sources import Closure, code_dir_of, mirror, read_closure
from annotate.storage import HostLock, StudyFolder, StudyMeta, StudyStore
from annotate.storage.faults import told
from annotate.study import OnFailure, StudyOptions
from annotate.study.pattern import compiled
from annotate.study.resuming import keep_source
from annotate.study.slots import MachineSlots, SlotOptions
from annotate.trial import PLAIN_NUMBER
from annotate_runtime.install import Redirects, install_lib
from annotate_tuners import besides, known, known_pruner, make, make_pruner, try_out
from annotate_tuners.errors import InvalidArguments, TunerError, UnsatisfiableConstraint
from annotate_tuners.space import MutableLayers, SearchSpace

if TYPE_CHECKING:
    from annotate.annotations.constraint import Constraint
    from annotate.trial import Direction, Json, Params
    from annotate_tuners.searcher import Constraint as Allowed


DIRECTIONS: tuple[Direction, ...] = ("maximize", "minimize")


@dataclass(frozen=True)
class Request:
    """What the user asked for, parsed and not yet held against the source.

    `words` are the script and its arguments, or a command that runs it; `script` names the script where
    the words do not; `module` stands for `python -m`.
    """

    words: tuple[str, ...]
    module: str | None
    script: Path | None
    space: str | None
    params: tuple[str, ...]
    metric_pattern: str | None
    metrics: tuple[str, ...]
    init: tuple[str, ...]
    warm: tuple[str, ...]
    repeats: int
    trials: int | None
    jobs: int | None
    tuner: str
    pruner: str | None
    direction: Direction | None
    seed: int | None
    baseline: bool
    max_duration: float | None
    at_deadline: Literal["finish", "stop"]
    trial_timeout: float | None
    on_failure: OnFailure
    slots: SlotOptions
    start: str
    nni: str
    python: Path | None
    code_dir: Path | None
    include: tuple[str, ...]
    log_format: LogFormat


async def build(request: Request) -> int:
    """Make the study and run it; returns the exit code."""
    cwd, now = Path.cwd(), time.time()
    python = interpreter(request.python, python_of_user())
    target = aim(request.words, module=request.module, script=request.script, python=python, cwd=cwd)
    if request.metric_pattern is not None:
        compiled(request.metric_pattern)
    code_dir = request.code_dir or target.code_dir or code_dir_of(target.script, target.others)
    closure = read_closure(target.script, code_dir, (*request.include, *_beside(target, code_dir)))
    warned = accept(closure, request.metric_pattern)
    what = tuned(closure, given=request.space, params=request.params)
    constraints = tuple(each for each in closure.constraints if all(key in what.space for key in each.keys))
    slots = MachineSlots.of_this_machine(request.slots, os.environ)
    meta = _meta(request, target, closure, what, cwd=cwd, now=now, python=python, capacity=slots.capacity)
    allowed = allowing(constraints)
    _refuse_unsatisfiable(what, constraints, allowed)
    begin = beginning(
        request.init, request.warm, meta, allowed, " and ".join(each.source for each in constraints)
    )
    _refuse_unnameable(cwd)
    folder = StudyFolder.create(cwd, script=closure.script.name, now=now)
    with _nothing_left_of(folder), HostLock.take(folder.lock, command=command_line(), now=now):
        write_code(closure, folder, nni=meta.nni)
        meta = dataclasses.replace(meta, study=folder.id)
        with StudyStore.create(folder.database, meta, trials=begin.trials, taken=begin.taken) as store:
            return await host(
                folder,
                store,
                slots,
                allowed=allowed,
                log_format=request.log_format,
                notes=(*warned, *what.notes, *_no_baseline(request, meta.tuner), *begin.notes),
            )


def _refuse_unnameable(cwd: Path) -> None:
    if os.pathsep in str(cwd):
        raise UsageError(
            f"{cwd} has a {os.pathsep!r} in it, and PYTHONPATH, by which trials find annotate, cannot name it",
            remedy="run from another directory: annotate run DIRECTORY/train.py",
        )


def _beside(target: Target, code_dir: Path) -> list[str]:
    """The other files of the command that lie in the code directory, as patterns to include."""
    root = code_dir.absolute()
    others = [other.absolute() for other in target.others]
    return [glob.escape(str(other.relative_to(root))) for other in others if other.is_relative_to(root)]


def write_code(closure: Closure, folder: StudyFolder, *, nni: str) -> None:
    """Put the mirrored code, the user's own files as they are now, and the trial side into the study."""
    relative = [file.path.relative_to(closure.code_dir).as_posix() for file in closure.files]
    with told(folder.path):
        keep_source(
            folder.source,
            {name: file.data for name, file in zip(relative, closure.files, strict=True)},
        )
        mirror(closure, folder.code)
        copies = tuple(file.mirrored.relative_to(closure.code_dir).as_posix() for file in closure.files)
        install_lib(folder.lib, Redirects(closure.code_dir, folder.code, copies), nni=nni == "ours")


def allowing(constraints: Sequence[Constraint]) -> Allowed | None:
    """Whether a point keeps all constraints, None where there are none."""
    if not constraints:
        return None

    def allowed(params: Params) -> bool:
        return all(holds(constraint, params) for constraint in constraints)

    return allowed


def source_hash(closure: Closure) -> str:
    """SHA-256 over the closure's files, by name and original content."""
    digest = hashlib.sha256()
    for file in closure.files:
        digest.update(f"{file.path.relative_to(closure.code_dir)}\0".encode())
        digest.update(hashlib.sha256(file.data).digest())
    return digest.hexdigest()


def git_commit(directory: Path) -> str | None:
    """The commit that the code stands on, None outside a repository."""
    try:
        done = subprocess.run(
            ["git", "-C", str(directory), "rev-parse", "HEAD"], capture_output=True, text=True, check=False
        )
    except OSError:
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None


def _meta(
    request: Request,
    target: Target,
    closure: Closure,
    what: Tuned,
    *,
    cwd: Path,
    now: float,
    python: str,
    capacity: int,
) -> StudyMeta:
    """The facts of the study; its id is known once it has a directory. Raises UsageError."""
    metric = request.metric_pattern or _metric(closure)
    shown = _metric_name(request, metric)
    tuner, tuner_args = named(request.tuner, known)
    asked, why = _direction(request, tuner_args.get("optimize_mode"))
    goal = goals(request.metrics, direction=asked, reported=metric, shown=shown)
    direction = goal.first.direction
    _refuse_one_metric_only(request, goal)
    seed = _seed(request.seed, tuner_args.pop("seed", None))
    with _refused("tuner", tuner):
        directions = [each.direction for each in goal.named]
        try_out(tuner, what.space, direction=direction, directions=directions, **tuner_args)
    pruner, pruner_args = named(request.pruner, known_pruner) if request.pruner else (None, {})
    if pruner is not None:
        with _refused("pruner", pruner):
            make_pruner(pruner, direction=direction, **pruner_args)
    return StudyMeta(
        study="",
        script=str(closure.script),
        code_dir=str(closure.code_dir),
        cwd=str(cwd),
        command=list(target.command),
        created=now,
        space=what.space.to_json(),
        tuner=tuner,
        tuner_args=tuner_args,
        pruner=pruner,
        pruner_args=pruner_args,
        direction=direction,
        direction_from=why or goal.why,
        seed=seed,
        metric=goal.first.name,
        metrics=goal.named,
        defaults={key: value for key, value in closure.defaults.items() if key in what.space},
        names=short_names(what.space),
        options=_options(request, tuner, what.space, closure.defaults, capacity).to_json(),
        slots=dataclasses.asdict(request.slots),
        flags=what.flags,
        metric_pattern=request.metric_pattern,
        start=request.start,
        nni=request.nni,
        source_hash=source_hash(closure),
        git_commit=git_commit(closure.code_dir),
        python=python,
        version=__version__,
    )


@contextmanager
def _nothing_left_of(folder: StudyFolder) -> Iterator[None]:
    """A study that could not begin leaves no directory; one that has run a trial keeps all it has."""
    try:
        yield
    except (AnnotateError, asyncio.CancelledError, KeyboardInterrupt, SystemExit, OSError):
        said = (*folder.path.glob("trials/*/log"), *folder.path.glob("trials/*/reports*"))
        if not any(path.stat().st_size for path in said) and not _has_result(folder):
            shutil.rmtree(folder.path, ignore_errors=True)
        raise


def _has_result(folder: StudyFolder) -> bool:
    """Whether the database has a result, as one has that was written anew after it had been removed."""
    try:
        with StudyStore.open(folder.database, read_only=True) as store:
            return any(trial.value is not None for trial in store.trials())
    except AnnotateError:
        return False


def _refuse_unsatisfiable(what: Tuned, constraints: Sequence[Constraint], allowed: Allowed | None) -> None:
    if allowed is None:
        return
    try:
        make("random", what.space, direction="maximize", seed=0, constraint=allowed)
    except UnsatisfiableConstraint as error:
        written = " and ".join(constraint.source for constraint in constraints)
        raise SpaceError(f"{error}: {written}", remedy="loosen the constraint or widen the ranges") from error


def _refuse_one_metric_only(request: Request, goal: Goals) -> None:
    """What knows one metric does not go with several, nor a pattern with any but the number that it finds."""
    if request.metric_pattern is not None and any(each.key != PLAIN_NUMBER for each in goal.named):
        raise UsageError("--metric-pattern finds one number, which has no name", remedy="leave --metric out")
    if len(goal.named) > 1 and request.on_failure.value is not None:
        raise UsageError("--on-failure value:X knows one metric only", remedy="write --on-failure skip")


@contextmanager
def _refused(what: str, name: str) -> Iterator[None]:
    """What a tuner or pruner refuses, before anything is begun."""
    try:
        yield
    except InvalidArguments as error:
        raise SpaceError(str(error), remedy=f"write --{what} {name}:argument=value") from error
    except TunerError as error:
        raise SpaceError(str(error)) from error


def _metric(closure: Closure) -> str | None:
    """The source text of what is reported as the final result, else as intermediate one, if the same everywhere."""
    reports = [report for file in closure.files for report in file.instrumented.reports]
    final = {report.argument for report in reports if report.function == FINAL}
    reported = final or {report.argument for report in reports}
    return reported.pop().removesuffix(".item()") if len(reported) == 1 else None


def _metric_name(request: Request, metric: str | None) -> str:
    """What the metric is called on screens."""
    if request.metric_pattern is not None:
        word = "".join(c if c.isalnum() or c == "_" else " " for c in request.metric_pattern).split()
        return word[0][:LONGEST] if word else "metric"
    return metric if metric and len(metric) <= LONGEST else "metric"


def _no_baseline(request: Request, tuner: str) -> tuple[str, ...]:
    """That the plain script is not run, where its trials are told what it has no default for."""
    told_too = " and ".join(besides(tuner)) if request.baseline else ""
    said = f"no trial of the script's own defaults: {tuner} tells every trial its {told_too}"
    return (said,) if told_too else ()


def _direction(request: Request, mode: object) -> tuple[Direction | None, str | None]:
    """The direction that was asked for and, where it is the tuner's argument, NNI's place for it, where from."""
    if request.direction is None and not request.metrics:
        for each in DIRECTIONS:
            if mode == each:
                return each, "the tuner's optimize_mode"
    return request.direction, None


def _seed(given: int | None, argument: object) -> int:
    """The study's seed: `--seed`, or the tuner's argument of that name, which is NNI's place for it."""
    if argument is None:
        return secrets.randbelow(2**31) if given is None else given
    if not isinstance(argument, int) or isinstance(argument, bool):
        raise UsageError(f"seed is a whole number, not {argument!r}", remedy="write --seed 42")
    if given not in (None, argument):
        raise UsageError(f"--seed is {given}, but the tuner's seed is {argument}", remedy="leave one out")
    return argument


def _options(
    request: Request, tuner: str, space: SearchSpace, defaults: Mapping[str, Json], capacity: int
) -> StudyOptions:
    """Mutable layers without plain code have no default of their own: a plain run would lack the layers.

    Nor has a budget or a directory that the tuner tells each trial.
    """
    plain = not any(isinstance(space[key], MutableLayers) and key not in defaults for key in space)
    return StudyOptions(
        trials=request.trials,
        jobs=request.jobs or min(capacity, request.trials or capacity),
        max_duration=request.max_duration,
        at_deadline=request.at_deadline,
        trial_timeout=request.trial_timeout,
        on_failure=request.on_failure,
        baseline=request.baseline and plain and not besides(tuner),
        repeats=request.repeats,
    )
