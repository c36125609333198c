"""`annotate replay`: one trial again, in the foreground, with the terminal as its own.

It runs the source that its study keeps, with the same parameters, environment and working directory, and
changes nothing in the study. What it reports is compared with what the trial came to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from annotate.cli.finding import StudyOption, named, opened

if TYPE_CHECKING:
    from pathlib import Path

    from annotate.storage import StudyMeta
    from annotate.study.replay import Run
    from annotate.trial import Trial


def replay(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="[STUDY] TRIAL", help="The trial's number or id; the latest study if left out."
        ),
    ],
    study: StudyOption = None,
    pdb: Annotated[
        bool, typer.Option("--pdb", help="Start the debugger at an exception that nobody caught.")
    ] = False,
    cpu: Annotated[bool, typer.Option("--cpu", help="Without any GPU.")] = False,
) -> None:
    """Run one trial again, here: the same source, parameters, environment and directory; the study stays as it is.

    [bold]annotate replay 7 --pdb[/bold]
    """
    import os
    import tempfile
    from pathlib import Path

    from annotate.cli.streams import stderr
    from annotate.study.replay import by_hand, recorded, replayed
    from annotate.study.same_gpus import same_gpus

    name, number = _which(what, study)
    with opened(name) as (folder, store, meta):
        trial = store.trial(number)
    folder.require_code()
    run = recorded(folder, meta, trial)
    _refuse_what_is_gone(run, folder.id)
    console = stderr()
    with (
        same_gpus(() if cpu else trial.gpus) as gpus,
        tempfile.TemporaryDirectory(prefix="annotate-replay-", ignore_cleanup_errors=True) as directory,
    ):
        scratch = Path(directory)
        run = replayed(run, scratch=scratch, now=os.environ, gpus="" if cpu else gpus.visible, debug=pdb)
        console.print(f"trial {trial.number} of {folder.id}: {_told(trial, meta)}", soft_wrap=True)
        if gpus.notice:
            console.print(gpus.notice, soft_wrap=True)
        console.print(f"by hand: {by_hand(run, os.environ)}", style="dim", soft_wrap=True)
        code = _foreground(run, scratch)
        result = _result(scratch, meta.objectives[0].key)
    if result is not None:
        then = "" if trial.value is None else f"; the trial came to {trial.value:.6g}"
        console.print(f"this replay came to {result:.6g}{then}", soft_wrap=True)
    raise typer.Exit(code)


def _which(words: list[str], study: str | None) -> tuple[str | None, int]:
    """The study and the number that are meant. Raises StorageError, UsageError."""
    from annotate.errors import StorageError, UsageError

    if len(words) > 2 or (len(words) == 2 and study is not None):
        raise UsageError(
            "one trial is replayed at a time", remedy="annotate replay 7, annotate replay STUDY 7"
        )
    found = named(words[-1], words[0] if len(words) == 2 else study)
    if found is None or (len(words) == 2 and not words[-1].isdecimal()):
        raise StorageError(
            f"there is no trial {words[-1]}", remedy="`annotate show` lists the trials by number"
        )
    return found


def _refuse_what_is_gone(run: Run, study: str) -> None:
    """Raise LaunchError where the machine no longer has what the trial ran with."""
    import os
    import shutil
    from pathlib import Path

    from annotate.errors import LaunchError

    if not run.cwd.is_dir():
        raise LaunchError(
            f"{study} ran in {run.cwd}, which is no longer there",
            remedy="`annotate checkout TRIAL -o DIR` writes the code that it ran, to be run anywhere",
        )
    if shutil.which(run.command[0], path=run.environment.get("PATH", os.defpath)) is None:
        raise LaunchError(
            f"{study} ran {run.command[0]}, which is no longer there",
            remedy="make the environment anew at the same place",
        )
    lib = Path(run.environment["PYTHONPATH"].partition(os.pathsep)[0])
    if not lib.is_dir():
        raise LaunchError(f"{study} has lost its own files: there is no {lib}")


def _told(trial: Trial, meta: StudyMeta) -> str:
    """Its state, and what it ran with."""
    from annotate.cli.output import shorten
    from annotate.cli.rows import state_of
    from annotate.export.record import values_of

    values = values_of(trial, meta).items()
    shown = ", ".join(f"{meta.names.get(key, key)}={shorten(value)}" for key, value in values)
    baseline = " (the script's own defaults)" if trial.baseline else ""
    return f"{state_of(trial)}, {shown or 'no parameters'}{baseline}"


def _foreground(run: Run, scratch: Path) -> int:
    """Run it with this process's stdin, stdout and stderr; its exit code, as a shell gives it."""
    import signal
    import subprocess

    from annotate_runtime.protocol import write_parameters

    (scratch / "output").mkdir()
    write_parameters(scratch, run.parameters)
    process: subprocess.Popen[bytes] | None = None

    def pass_on(number: int, _frame: object) -> None:
        if process is not None:
            process.send_signal(number)

    typed = (signal.SIGINT, signal.SIGQUIT)  # the terminal sends these to the trial itself
    for number in typed:
        signal.signal(number, lambda *_: None)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, pass_on)
    process = subprocess.Popen(run.command, cwd=run.cwd, env=dict(run.environment))
    code = process.wait()
    return code if code >= 0 else 128 - code


def _result(scratch: Path, key: str) -> float | None:
    """What the replay reported as `key` in the end; None where it reported nothing."""
    from annotate_runtime.protocol import ReportReader, Result

    reader = ReportReader(scratch)
    last: Result | None = None
    while reports := reader.read():
        for report in reports:
            final_stays = last is not None and last.kind == "final" and isinstance(report, Result)
            if isinstance(report, Result) and not (final_stays and report.kind != "final"):
                last = report
    return None if last is None else last.values.get(key)
