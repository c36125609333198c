"""From a study on disk to one that runs: what starts its trials, its tuner and pruner, what is said first and last.

What all trials have in common begins to run before the screen is imported: neither waits for the other.
"""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from annotate.annotations.api import imported
from annotate.cli.detaching import settle
from annotate.cli.following import next_steps
from annotate.storage import StudyStore
from annotate.study import Launcher, LaunchPlan, Study, StudyOptions, TrialEnded
from annotate.study.flags import Flagged
from annotate.study.pattern import Printed
from annotate.study.untuned import Untuned
from annotate_runtime.environment import trial_environment
from annotate_runtime.executors.local import LocalExecutor, Prefix
from annotate_runtime.install import installed_nni, mirrored_command
from annotate_runtime.redirect import Mirror
from annotate_tuners import extent, make, make_pruner
from annotate_tuners import notice as _other_tuner
from annotate_tuners.space import SearchSpace

if TYPE_CHECKING:
    from annotate.cli.foreground import Host
    from annotate.storage import StudyFolder, StudyMeta
    from annotate.study import Listener
    from annotate.study.events import StudyEvent
    from annotate.study.ports import Launch
    from annotate.study.slots import MachineSlots
    from annotate_runtime.executors import Executor
    from annotate_tuners.searcher import Constraint
    from annotate_tuners.tuner import Tuner

LogFormat = Literal["auto", "text", "json"]


async def host(
    folder: StudyFolder,
    store: StudyStore,
    slots: MachineSlots,
    *,
    allowed: Constraint | None,
    log_format: LogFormat,
    notes: Sequence[str] = (),
) -> int:
    """Run a study whose lock is held. `notes` stand first: a low terminal shows two lines of what is to be known.

    Returns 0 with a result, 1 without one, 130 stopped, 128 + a signal's number.
    """
    settle(folder)
    meta = store.meta()
    plan = plan_of(folder, meta)
    notices: list[str] = []
    hosting: Host | None = None

    def notify(text: str) -> None:
        notices.append(text) if hosting is None else hosting.notice(text)

    executor = await LocalExecutor.start(notify=notify, prefix=_prefix(plan, meta))
    try:
        from annotate.cli.foreground import Host  # meanwhile the prefix runs

        def make_study(listener: Listener) -> Study:
            untuned = Untuned(folder, Path(meta.code_dir))

            def heard(event: StudyEvent) -> None:
                listener(event)
                if isinstance(event, TrialEnded) and (text := untuned.after(event.trial.number)):
                    notify(text)

            return Study(
                store,
                make_tuner=lambda: _tuner(folder, meta, allowed),
                launch=launch_of(executor, plan, meta),
                slots=slots,
                options=StudyOptions.from_json(meta.options),
                pruner=make_pruner(meta.pruner, direction=meta.direction, **meta.pruner_args)
                if meta.pruner
                else None,
                listener=heard,
                stopping=executor.wait_no_more,
            )

        hosting = Host(folder, meta, make_study, log_format=log_format)
        for text in filter(
            None,
            [
                *notes,
                _goal(meta),
                slots.about_gpus if slots.has_gpus else _why_cpu(slots),
                _other_tuner(meta.tuner, **meta.tuner_args),
                extent(meta.tuner, SearchSpace.from_json(meta.space)),
                _shadowed(folder, meta),
                *notices,
            ],
        ):
            hosting.notice(text)
        ended = await hosting.run()
    finally:
        await executor.aclose()
    best = hosting.snapshot.best
    trials, finished = hosting.snapshot.trials, ended.how == "finished"
    hosting.conclude(ended, next_steps(folder, meta, trials, best, finished=finished))
    if ended.how == "stopped":
        return 128 + (hosting.signal or signal.SIGINT)
    return 0 if best and ended.how == "finished" else 1


def _goal(meta: StudyMeta) -> str:
    """Which way is better, and how that is changed."""
    if len(meta.objectives) > 1:
        said = ", ".join(f"{each.name} is {each.direction}d" for each in meta.objectives)
        return f"{said}: the best trials are those that no other beats in all of them" + (
            f"; the pruner goes by {meta.metric}" if meta.pruner else ""
        )
    other = "minimize" if meta.direction == "maximize" else "maximize"
    how = f"--metric {meta.metric}:{other[:3]}" if meta.metrics else f"--{other}"
    return f"{meta.metric} is {meta.direction}d ({meta.direction_from}); {how} changes it"


def _why_cpu(slots: MachineSlots) -> str | None:
    return f"trials run on the CPU: {slots.about_gpus}" if slots.about_gpus else None


def _shadowed(folder: StudyFolder, meta: StudyMeta) -> str | None:
    """That our `nni` stands before an installed one, where the script imports it."""
    sources = folder.source.rglob("*.py")
    if meta.nni == "real" or not any(b"nni" in imported(path.read_bytes()) for path in sources):
        return None
    where = installed_nni(meta.python)
    return where and f"import nni is annotate's in a trial, not {where}; --nni real takes that one"


def python_of_user() -> str:
    """The interpreter that trials run in by default: the active virtual environment's, or conda's, else ours.

    conda's base is active in every shell of whoever has it, and says nothing.
    """
    active = [os.environ.get("VIRTUAL_ENV")]
    if os.environ.get("CONDA_DEFAULT_ENV") != "base":
        active.append(os.environ.get("CONDA_PREFIX"))
    candidates = (f"{environment}/bin/python" for environment in active if environment)
    return next((each for each in candidates if os.access(each, os.X_OK)), sys.executable)


def _tuner(folder: StudyFolder, meta: StudyMeta, allowed: Constraint | None) -> Tuner:
    arguments = dict(meta.tuner_args)
    if meta.tuner == "pbt" and arguments.get("all_checkpoint_dir") is None:
        arguments["all_checkpoint_dir"] = str(folder.path / "checkpoints")
    return make(
        meta.tuner,
        SearchSpace.from_json(meta.space),
        direction=meta.direction,
        seed=meta.seed,
        constraint=allowed,
        directions=[objective.direction for objective in meta.metrics],
        repeats=StudyOptions.from_json(meta.options).repeats,
        **arguments,
    )


def plan_of(folder: StudyFolder, meta: StudyMeta) -> LaunchPlan:
    """The user's command with the mirrored files in place of hers."""
    cwd = Path(meta.cwd)
    command = mirrored_command(tuple(meta.command), cwd, Mirror.read(str(folder.lib)))
    return LaunchPlan(folder=folder, command=command, cwd=cwd, env=os.environ)


def _prefix(plan: LaunchPlan, meta: StudyMeta) -> Prefix | None:
    """What trials may be forked from; None where each one has a command of its own, or the user said so."""
    if meta.start == "spawn" or meta.flags:
        return None
    env = trial_environment(
        plan.env,
        directory=plan.folder.path,
        lib=plan.folder.lib,
        study=meta.study,
        trial=meta.study,
        number=0,
        code_dir=plan.folder.code,
    )
    return Prefix(command=plan.command, cwd=plan.cwd, env=env, directory=plan.folder.path)


def launch_of(executor: Executor, plan: LaunchPlan, meta: StudyMeta) -> Launch:
    """What starts the trials of a study: with options of the command line, with results read from what they print."""
    launch: Launch = Flagged(executor, plan, meta.flags) if meta.flags else Launcher(executor, plan)
    return Printed(launch, re.compile(meta.metric_pattern)) if meta.metric_pattern else launch
