"""Running a study in this process, with a live screen or in lines, until it ends or the user ends it.

Ctrl-C once, SIGTERM or the end of the terminal stop it cleanly; Ctrl-C twice stops it at once. Another
terminal may speak to it through its socket.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from annotate.cli.detaching import settle
from annotate.cli.signals import caught
from annotate.cli.streams import stdout
from annotate.errors import UsageError
from annotate.screen import live
from annotate.screen.keys import Keys
from annotate.screen.lines import LineLog
from annotate.screen.summary import summary
from annotate.screen.view import Command, Jobs, Kill, Pause, Resume, Stop
from annotate.storage import StudyStore
from annotate.study import Launcher, LaunchPlan, Study, StudyEnded, StudyOptions, StudySnapshot
from annotate.study.control import listening
from annotate.study.flags import Flagged
from annotate.study.pattern import Printed
from annotate_runtime.environment import trial_environment
from annotate_runtime.executors.local import LocalExecutor, Prefix
from annotate_runtime.install import installed_nni, mirrored_command
from annotate_runtime.redirect import Mirror
from annotate_tuners import extent, make, make_pruner
from annotate_tuners import notice as _other_tuner
from annotate_tuners.space import SearchSpace

if TYPE_CHECKING:
    from annotate.storage import StudyFolder, StudyMeta
    from annotate.study import Listener, StudyEvent
    from annotate.study.ports import Launch
    from annotate.study.slots import MachineSlots
    from annotate.trial import Measurement, Trial
    from annotate_runtime.executors import Executor
    from annotate_tuners.searcher import Constraint
    from annotate_tuners.tuner import Tuner

LogFormat = Literal["auto", "text", "json"]
LOG_BYTES = 16 * 1024  # of the end of a trial's log, for its page


async def host(
    folder: StudyFolder,
    store: StudyStore,
    slots: MachineSlots,
    *,
    allowed: Constraint | None,
    log_format: LogFormat,
    notes: Sequence[str] = (),
) -> int:
    """Run a study whose lock is held. Returns 0 with a result, 1 without one, 130 stopped, 128 + a signal's number."""
    settle(folder)
    meta = store.meta()
    plan = plan_of(folder, meta)
    notices: list[str] = []
    hosting: Host | None = None

    def notify(text: str) -> None:
        notices.append(text) if hosting is None else hosting.notice(text)

    executor = await LocalExecutor.start(notify=notify, prefix=_prefix(plan, meta))
    try:

        def make_study(listener: Listener) -> Study:
            return Study(
                store,
                make_tuner=lambda: _tuner(folder, meta, allowed),
                launch=launch_of(executor, plan, meta),
                slots=slots,
                options=StudyOptions.from_json(meta.options),
                pruner=make_pruner(meta.pruner, direction=meta.direction, **meta.pruner_args)
                if meta.pruner
                else None,
                listener=listener,
                stopping=executor.wait_no_more,
            )

        hosting = Host(folder, meta, make_study, log_format=log_format)
        hosting.notice(_goal(meta))
        for text in filter(
            None,
            [
                _why_cpu(slots),
                _other_tuner(meta.tuner, **meta.tuner_args),
                extent(meta.tuner, SearchSpace.from_json(meta.space)),
                _shadowed(folder, meta),
                *notes,
                *notices,
            ],
        ):
            hosting.notice(text)
        ended = await hosting.run()
    finally:
        await executor.aclose()
    best = hosting.snapshot.best
    hosting.conclude(ended, _next_steps(meta, ended, best))
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
    return f"trials run on the CPU: {slots.why_no_gpu}" if slots.why_no_gpu else None


def _shadowed(folder: StudyFolder, meta: StudyMeta) -> str | None:
    """That our `nni` stands before an installed one, where the script imports it."""
    imports = re.compile(rb"^\s*(import|from)\s+nni\b", re.MULTILINE)
    if meta.nni == "real" or not any(
        imports.search(path.read_bytes()) for path in folder.source.rglob("*.py")
    ):
        return None
    where = installed_nni(meta.python)
    return where and f"import nni is annotate's in a trial, not {where}; --nni real takes that one"


class Host:
    """One study in this process. `make_study` builds it around the listener that it is given."""

    def __init__(
        self,
        folder: StudyFolder,
        meta: StudyMeta,
        make_study: Callable[[Listener], Study],
        *,
        log_format: LogFormat,
    ) -> None:
        self._folder = folder
        self._console = stdout()
        self._screen = log_format == "auto" and live.suits(self._console)
        self._lines = LineLog(
            sys.stdout,
            meta.metric,
            meta.direction,
            meta.names,
            metrics=meta.objectives,
            format="json" if log_format == "json" else "text",
        )
        self._study = make_study(self._hear)
        self._lines.recall(self._study.snapshot())
        self._interrupts = 0
        self.signal = 0
        """The number of the first signal that ended the study, 0 when none did."""

    async def run(self) -> StudyEnded:
        """Until the study has ended."""
        with caught(self._signalled):
            async with listening(self._study, self._folder.socket):
                return await (self._run_on_screen() if self._screen else self._study.run())

    def conclude(self, ended: StudyEnded, next_steps: Sequence[tuple[str, str]]) -> None:
        """Print what stays: the outcome, the best parameters, what to type next."""
        if not self._screen and self._lines.format == "json":
            return
        try:
            self._console.print(summary(self._study.snapshot(), next_steps), soft_wrap=True)
            if self._screen and ended.how != "finished":
                self._console.print(f"\n{ended.why}", soft_wrap=True)
            if self._screen and ended.traceback:
                self._console.print(ended.traceback, soft_wrap=True)
            self._console.file.flush()
        except OSError:  # the terminal or the reader has gone
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def notice(self, text: str) -> None:
        """Tell the user one line."""
        self._study.notice(text)

    @property
    def snapshot(self) -> StudySnapshot:
        """The study as it is now."""
        return self._study.snapshot()

    def _hear(self, event: StudyEvent) -> None:
        if not self._screen:
            self._lines(event)

    async def _run_on_screen(self) -> StudyEnded:
        keys = Keys(sys.stdin.fileno()) if sys.stdin.isatty() else None
        running = asyncio.ensure_future(self._study.run())
        loop = asyncio.get_running_loop()
        with live.LiveScreen(
            self._console,
            keys=keys,
            read_log=lambda number: read_log(self._folder, number),
            read_reports=lambda number: read_reports(self._folder, number),
        ) as screen:
            if screen.fd is not None:
                loop.add_reader(screen.fd, lambda: self._carry_out(screen.typed()))
            try:
                while not running.done():
                    self._carry_out(screen.update(self._study.snapshot()))
                    await asyncio.wait([running], timeout=live.FRAME)
            finally:
                if screen.fd is not None:
                    loop.remove_reader(screen.fd)
        return await running

    def _carry_out(self, commands: Sequence[Command]) -> None:
        for command in commands:
            match command:
                case Stop():
                    self._interrupt()
                case Pause():
                    self._study.pause()
                case Resume():
                    self._study.unpause()
                case Kill(number):
                    with contextlib.suppress(UsageError):  # it has ended since the key was pressed
                        self._study.kill(number)
                case Jobs(count):
                    self._study.update({"jobs": count})

    def _interrupt(self) -> None:
        self._interrupts += 1
        if self._interrupts == 1:
            self._study.notice("stopping: running trials are ended, results kept; Ctrl-C again stops at once")
            self._study.stop()
        else:
            self._study.abort()

    def _signalled(self, number: int) -> None:
        self.signal = self.signal or number
        if number == signal.SIGINT:
            self._interrupt()
        elif self._interrupts == 0:
            self._interrupts = 1
            self._study.stop("its terminal was closed" if number == signal.SIGHUP else "it was told to end")


def read_log(folder: StudyFolder, number: int) -> Sequence[str]:
    """The last lines of a trial's log."""
    try:
        with (folder.trial(number) / "log").open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - LOG_BYTES))
            return log.read().decode(errors="replace").splitlines()
    except FileNotFoundError:
        return ()


def read_reports(folder: StudyFolder, number: int) -> Sequence[Measurement]:
    """What a finished trial reported."""
    with StudyStore.open(folder.database, read_only=True) as store:
        return store.measurements(number)


def python_of_user() -> str:
    """The interpreter that trials run in by default: the active virtual environment's, else ours."""
    environment = os.environ.get("VIRTUAL_ENV")
    if environment:
        candidate = f"{environment}/bin/python"
        if os.access(candidate, os.X_OK):
            return candidate
    return sys.executable


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
    is_python = re.match(r"python[\d.]*$", Path(plan.command[0]).name)
    if meta.start == "spawn" or meta.flags or not is_python or "-m" in plan.command[1:2]:
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


def _next_steps(meta: StudyMeta, ended: StudyEnded, best: Trial | None) -> list[tuple[str, str]]:
    resume = [("annotate resume", "go on where it stopped")] if ended.how != "finished" else []
    if best is None:
        return [*resume, ("annotate log 0", "what the first trial printed")]
    name = Path(meta.script).name
    in_source = any("/" in key and key not in meta.flags for key in best.active)
    return [
        *resume,
        ("annotate top", "the best trials"),
        ("annotate confirm", "run the best and the defaults again with other seeds: is it true?"),
        ("annotate apply", f"write the best parameters into {name}, as its defaults")
        if in_source
        else ("annotate best --format args", "the best parameters, for a command line"),
        ("annotate log", f"what the best trial of {name} printed"),
        ("annotate export --to csv", "every trial"),
    ]
