"""A study made by hand: a user's directory, its mirror, a lib and numbered trials, run for real."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from annotate_runtime.environment import trial_environment
from annotate_runtime.executors import Exit, TrialRequest
from annotate_runtime.executors.local import LocalExecutor, Prefix
from annotate_runtime.install import Redirects, install_lib
from annotate_runtime.protocol import Parameters, Report, ReportReader, Result, write_parameters

BEGIN = "from annotate_runtime.trial import trial as _annotate_trial; "


@dataclass(frozen=True)
class Outcome:
    """What a trial left: its exit, all it printed, all it reported."""

    exit: Exit
    log: str
    reports: list[Report]

    @property
    def results(self) -> list[Result]:
        return [report for report in self.reports if isinstance(report, Result)]

    @property
    def values(self) -> list[float]:
        return [report.values["default"] for report in self.results]


@dataclass
class Study:
    """The user works in `home`; `write` puts a file there and into the mirror."""

    root: Path
    files: list[str] = field(default_factory=list)
    nni: bool = True

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def mirror(self) -> Path:
        return self.root / "study" / "code"

    @property
    def lib(self) -> Path:
        return self.root / "study" / "lib"

    def write(self, name: str, instrumented: str, plain: str | None = None) -> Path:
        """A user's file (what it would be without us) and its copy in the mirror; returns the copy."""
        for root, text in ((self.home, plain if plain is not None else "raise SystemExit('the original ran')\n"),
                           (self.mirror, instrumented)):  # fmt: skip
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        self.files.append(name)
        return self.mirror / name

    def request(
        self,
        *command: str | Path,
        number: int = 0,
        params: Mapping[str, Any] | None = None,
        env: Mapping[str, str] | None = None,
        cpus: tuple[int, ...] = (),
        threads: int | None = 1,
    ) -> TrialRequest:
        self.home.mkdir(parents=True, exist_ok=True)
        directory = self.root / "study" / "trials" / str(number)
        (directory / "output").mkdir(parents=True, exist_ok=True)
        install_lib(self.lib, Redirects(self.home, self.mirror, tuple(self.files)), nni=self.nni)
        write_parameters(directory, Parameters(dict(params or {}), "study-1", f"study-1-{number}", number))
        base = {**_bare_environment(), **(env or {})}
        return TrialRequest(
            number=number,
            directory=directory,
            command=tuple(map(str, command)),
            cwd=self.home,
            env=trial_environment(
                base,
                directory=directory,
                lib=self.lib,
                study="study-1",
                trial=f"study-1-{number}",
                number=number,
                code_dir=self.mirror,
                threads=threads,
            ),
            log=directory / "log",
            cpus=cpus,
        )

    def outcome(self, request: TrialRequest, end: Exit) -> Outcome:
        reader = ReportReader(request.directory)
        reports: list[Report] = []
        while found := reader.read():
            reports += found
        return Outcome(end, request.log.read_text(errors="replace"), reports)

    def run(self, *command: str | Path, fork: bool = False, **options: Any) -> Outcome:
        """One trial from beginning to end."""
        request = self.request(*command, **options)

        async def body(executor: LocalExecutor) -> Exit:
            return await (await executor.launch(request)).wait()

        prefix = Prefix(request.command, request.cwd, request.env, self.root) if fork else None
        return self.outcome(request, drive(body, prefix))

    def plainly(self, script: str, python: str = sys.executable) -> tuple[str, int]:
        """Run the user's own file with nothing of ours; all that it prints, and its exit code."""
        ran = subprocess.run(
            [python, script],
            cwd=self.home,
            env={**_bare_environment(), "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        return ran.stdout.decode(errors="replace").replace(
            f'"{script}"', f'"{self.home}/{script}"'
        ), ran.returncode

    def python(self, source: str, plain: str | None = None, **options: Any) -> Outcome:
        """Run `train.py` of this source as a trial."""
        return self.run(sys.executable, self.write("train.py", source, plain), **options)


def drive(body: Callable[[LocalExecutor], Awaitable[Any]], prefix: Prefix | None = None) -> Any:
    """Run an async body with an executor that is closed whatever happens."""

    async def whole() -> Any:
        executor = await LocalExecutor.start(notify=lambda _: None, prefix=prefix)
        try:
            return await body(executor)
        finally:
            await executor.aclose()

    return asyncio.run(whole())


def _bare_environment() -> dict[str, str]:
    keep = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "TMPDIR")
    return {name: os.environ[name] for name in keep if name in os.environ}


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return Study(tmp_path)
