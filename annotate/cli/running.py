"""`annotate run`: from a script and options to a study that runs."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from annotate.cli import completing
from annotate.cli.budgets import AtDeadline
from annotate.errors import UsageError


class LogFormat(str, enum.Enum):
    """How a study is told when there is no live screen."""

    auto = "auto"
    text = "text"
    json = "json"


class Start(str, enum.Enum):
    """How trials are started."""

    auto = "auto"
    spawn = "spawn"


class Nni(str, enum.Enum):
    """Whose `nni` a trial imports."""

    ours = "ours"
    real = "real"


WHAT, SEARCH, WHERE = "What is tuned", "How it is searched", "Where trials run"
"""The panels of the help; how much and for how long stands above them."""
DetachOption = Annotated[
    bool, typer.Option("--detach", help="Run it in the background, whatever becomes of this terminal.")
]


def run(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SCRIPT [-- ARGS...]",
            help="The script, its own options after --; or -- and any command that ends in running it.",
        ),
    ] = None,
    module: Annotated[
        str | None,
        typer.Option(
            "--module", "-m", metavar="MODULE", help="Run a module, as python -m does.", rich_help_panel=WHAT
        ),
    ] = None,
    script: Annotated[
        Path | None,
        typer.Option(
            "--script",
            metavar="FILE",
            help="The annotated script, where the command does not name it.",
            rich_help_panel=WHAT,
        ),
    ] = None,
    space: Annotated[
        str | None,
        typer.Option(
            "--space",
            metavar="FILE",
            help="A search space in NNI's format, JSON or YAML, in place of the annotations; or the JSON itself.",
            rich_help_panel=WHAT,
        ),
    ] = None,
    param: Annotated[
        list[str] | None,
        typer.Option(
            "--param",
            "-p",
            metavar="NAME=RANGE",
            help="'lr=loguniform(1e-4, 1e-1)' passes --lr VALUE to the script.",
            rich_help_panel=WHAT,
        ),
    ] = None,
    metric_pattern: Annotated[
        str | None,
        typer.Option(
            "--metric-pattern",
            metavar="REGEX",
            help=r"Take the metric from the output, e.g. 'val_acc: (\S+)'.",
            rich_help_panel=WHAT,
        ),
    ] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(
            "--metric",
            metavar="NAME[:max|min]",
            help="What counts of a reported dictionary. Several, acc:max and ms:min, say, give a Pareto front.",
            rich_help_panel=WHAT,
        ),
    ] = None,
    init: Annotated[
        list[str] | None,
        typer.Option(
            "--init",
            metavar="POINT",
            help="Begin with it: lr=0.01,batch=32; a trial by number or id; a file of points. May be repeated.",
            rich_help_panel=SEARCH,
        ),
    ] = None,
    warm: Annotated[
        list[str] | None,
        typer.Option(
            "--from",
            metavar="STUDY",
            help="The tuner learns from that study's trials too. May be repeated.",
            autocompletion=completing.studies,
            rich_help_panel=SEARCH,
        ),
    ] = None,
    repeats: Annotated[
        int,
        typer.Option(
            "--repeats",
            min=1,
            metavar="N",
            help="How often one point may run, where results are noisy.",
            rich_help_panel=SEARCH,
        ),
    ] = 1,
    trials: Annotated[
        int | None,
        typer.Option(
            "--trials",
            "-n",
            min=1,
            metavar="N",
            help="How many trials, the baseline among them; failed ones don't count.",
        ),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs",
            "-j",
            min=1,
            metavar="N",
            help="How many at once. Default: what the GPUs or cores carry.",
        ),
    ] = None,
    tuner: Annotated[
        str,
        typer.Option(
            "--tuner",
            metavar="TUNER",
            help="tpe, random, anneal, evolution, grid, ...; hyperband:R=60,eta=3 sets arguments; file.py:Class is your own.",
            autocompletion=completing.tuners,
            rich_help_panel=SEARCH,
        ),
    ] = "tpe",
    pruner: Annotated[
        str | None,
        typer.Option(
            "--pruner",
            metavar="PRUNER",
            help="Stop poor trials early: median, asha, percentile, plateau, ...",
            autocompletion=completing.pruners,
            rich_help_panel=SEARCH,
        ),
    ] = None,
    maximize: Annotated[
        bool | None,
        typer.Option(
            "--maximize/--minimize",
            help="Default: by the metric's name (acc, loss, ...), else maximize.",
            rich_help_panel=WHAT,
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            "--seed",
            metavar="N",
            help="Seed of the tuner. Default: drawn, and shown.",
            rich_help_panel=SEARCH,
        ),
    ] = None,
    baseline: Annotated[
        bool,
        typer.Option(
            "--baseline/--no-baseline", help="Trial 0 is the script's own defaults.", rich_help_panel=SEARCH
        ),
    ] = True,
    max_duration: Annotated[
        str | None, typer.Option("--max-duration", metavar="TIME", help="Stop after, e.g. 2h or 90m.")
    ] = None,
    at_deadline: Annotated[
        AtDeadline,
        typer.Option("--at-deadline", help="What becomes of running trials when --max-duration is over."),
    ] = AtDeadline.stop,
    trial_timeout: Annotated[
        str | None,
        typer.Option(
            "--trial-timeout", metavar="TIME", help="Stop a trial after, e.g. 10m; its last result counts."
        ),
    ] = None,
    on_failure: Annotated[
        str, typer.Option("--on-failure", metavar="RULE", help="skip, retry:N, value:X or stop-after:K.")
    ] = "skip",
    python: Annotated[
        Path | None,
        typer.Option(
            "--python",
            metavar="FILE",
            help="The interpreter of the trials. Default: the active virtual environment's, or conda's.",
            rich_help_panel=WHERE,
        ),
    ] = None,
    code_dir: Annotated[
        Path | None,
        typer.Option(
            "--code-dir",
            metavar="DIR",
            help="The directory of the code. Default: the script's, or one above that it reaches.",
            rich_help_panel=WHERE,
        ),
    ] = None,
    include: Annotated[
        list[str] | None,
        typer.Option(
            "--include",
            metavar="GLOB",
            help="Files that only a dynamic import reaches, as a glob below the code directory.",
            rich_help_panel=WHERE,
        ),
    ] = None,
    gpus: Annotated[
        str | None,
        typer.Option(
            "--gpus",
            metavar="LIST",
            help='Which GPUs: 0,2 or 4-7 or UUIDs; "none" for CPU. Default: all visible.',
            rich_help_panel=WHERE,
        ),
    ] = None,
    gpus_per_trial: Annotated[
        str,
        typer.Option(
            "--gpus-per-trial",
            metavar="N",
            help="2 gives a trial two GPUs, 0.5 lets two trials share one.",
            rich_help_panel=WHERE,
        ),
    ] = "1",
    trials_per_gpu: Annotated[
        str | None,
        typer.Option(
            "--trials-per-gpu",
            metavar="N|auto",
            help="How many trials share a GPU, or auto: what its memory carries.",
            rich_help_panel=WHERE,
        ),
    ] = None,
    cpus_per_trial: Annotated[
        int | None,
        typer.Option(
            "--cpus-per-trial",
            min=1,
            metavar="N",
            help="Bind each trial to so many cores of its own.",
            rich_help_panel=WHERE,
        ),
    ] = None,
    use_busy_gpus: Annotated[
        bool,
        typer.Option(
            "--use-busy-gpus",
            help="Take GPUs that others compute on, instead of waiting for them.",
            rich_help_panel=WHERE,
        ),
    ] = False,
    start: Annotated[
        Start,
        typer.Option(
            "--start",
            help="auto runs what all trials have in common once, where that is safe.",
            rich_help_panel=WHERE,
        ),
    ] = Start.auto,
    nni: Annotated[
        Nni,
        typer.Option(
            "--nni",
            help="Whose nni a trial imports where NNI is installed; either reports to the study.",
            rich_help_panel=WHERE,
        ),
    ] = Nni.ours,
    log_format: Annotated[
        LogFormat,
        typer.Option(
            "--log-format",
            help="auto is the live screen on a terminal, lines elsewhere; json is one document an event, for programs.",
        ),
    ] = LogFormat.auto,
    detach: DetachOption = False,
) -> None:
    """Tune an annotated script: run trials of it in parallel, keep every result.

    [bold]annotate run train.py --trials 20[/bold]

    [bold]annotate run train.py --trials 50 --jobs 4 --max-duration 8h -- --epochs 30[/bold]

    [bold]annotate run --trials 20 -- torchrun --nproc-per-node 2 train.py[/bold]

    [bold]annotate run theirs.py --param 'lr=loguniform(1e-4, 1e-1)' --metric-pattern 'acc: (\\S+)'[/bold]

    Everything is kept below .annotate/ in this directory. Your files are not touched.
    """
    import asyncio
    import sys

    if trials is None and "--" not in sys.argv:
        _refuse_a_number(words or ())

    from annotate.cli.building import Request, build
    from annotate.cli.signals import leave_on_signals
    from annotate.study import parse_duration, parse_on_failure
    from annotate.study.slots import SlotOptions

    request = Request(
        words=tuple(words or ()),
        module=module,
        script=script,
        space=space,
        params=tuple(param or ()),
        metric_pattern=metric_pattern,
        metrics=tuple(metric or ()),
        init=tuple(init or ()),
        warm=tuple(warm or ()),
        repeats=repeats,
        trials=trials if trials is not None or max_duration is not None else 20,
        jobs=jobs,
        tuner=tuner,
        pruner=pruner,
        direction=None if maximize is None else "maximize" if maximize else "minimize",
        seed=seed,
        baseline=baseline,
        max_duration=None if max_duration is None else parse_duration(max_duration),
        at_deadline=at_deadline.value,
        trial_timeout=None if trial_timeout is None else parse_duration(trial_timeout),
        on_failure=parse_on_failure(on_failure),
        slots=SlotOptions(
            gpus=gpus,
            trials_per_gpu=None if trials_per_gpu is None else _per_gpu(trials_per_gpu),
            gpus_per_trial=gpus_per_trial,
            cpus_per_trial=cpus_per_trial,
            use_busy_gpus=use_busy_gpus,
        ),
        start=start.value,
        nni=nni.value,
        python=python,
        code_dir=code_dir,
        include=tuple(include or ()),
        log_format=log_format.value,
    )
    if detach:
        from annotate.cli import detaching

        raise typer.Exit(detaching.detach(sys.argv[1:]))
    leave_on_signals()
    raise typer.Exit(asyncio.run(build(request)))


def _refuse_a_number(words: Sequence[str]) -> None:
    """Refuse `annotate run train.py 100`, which would run 20 trials and tell the script of 100."""
    match words:
        case [script, number] if number.isdecimal():
            raise UsageError(
                f"{number} would be an argument of {script}",
                remedy=f"--trials {number}, if it is how many trials; -- {number}, if {script} takes it",
            )


def _per_gpu(text: str) -> int:
    from annotate.study.slots import AUTO

    if text == "auto":
        return AUTO
    if text.isdecimal() and int(text) > 0:
        return int(text)
    raise UsageError(f"--trials-per-gpu {text} is not understood", remedy="write a number, or auto")
