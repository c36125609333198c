"""The commands, by name. Each lives in the module that is named for it and imports what it needs when it runs.

>>> app(["run", "train.py"])  # knows `run` and no other command: to make all of them takes 0.1 s
>>> app(["--help"])  # knows every one
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Sequence
from typing import Annotated

import typer

from annotate import __version__

RUN, SOURCE, RESULTS, INTO, KEEPING = (
    "Run", "The annotations", "Results", "From a result to the source", "Keep, pass on, clear away",
)  # fmt: skip
COMMANDS = {
    "run": ("running", RUN),
    "watch": ("controlling", RUN),
    "stop": ("controlling", RUN),
    "kill": ("controlling", RUN),
    "update": ("controlling", RUN),
    "resume": ("resuming", RUN),
    "retry": ("resuming", RUN),
    "nnictl": ("nni_words", RUN),
    "suggest": ("suggesting", SOURCE),
    "check": ("inspecting", SOURCE),
    "explain": ("inspecting", SOURCE),
    "extract-space": ("inspecting", SOURCE),
    "instrument": ("inspecting", SOURCE),
    "ls": ("reading", RESULTS),
    "show": ("reading", RESULTS),
    "top": ("reading", RESULTS),
    "best": ("reading", RESULTS),
    "compare": ("reading", RESULTS),
    "log": ("logs", RESULTS),
    "report": ("reporting", RESULTS),
    "confirm": ("confirming", INTO),
    "diff": ("diffing", INTO),
    "apply": ("applying", INTO),
    "checkout": ("checking_out", INTO),
    "narrow": ("narrowing", INTO),
    "replay": ("replaying", INTO),
    "export": ("exporting", KEEPING),
    "import": ("importing", KEEPING),
    "rm": ("keeping", KEEPING),
    "gc": ("keeping", KEEPING),
}
"""The module and the panel of each, in the order of `annotate --help`."""
FUNCTIONS = {"extract-space": "extract_space", "import": "import_"}


def _version(value: bool) -> None:
    if value:
        typer.echo(f"annotate {__version__}")
        raise typer.Exit


def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Hold the options of `annotate` itself."""


def app(argv: Sequence[str]) -> typer.Typer:
    """What carries out this command line: knows the one command that it names, or all where it names none."""
    named = argv[0] if argv and argv[0] in COMMANDS else None
    app = typer.Typer(
        name="annotate",
        no_args_is_help=True,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        help="Write the range beside the value; annotate tunes the script.\n\n"
        "[bold]lr = 0.1  # @nni.loguniform(1e-4, 1e-1)[/bold]\n\n"
        "[bold]annotate run train.py --trials 20[/bold]",
    )
    app.callback()(options)
    for name, (module, panel) in COMMANDS.items():
        if named in (None, name):
            lives = importlib.import_module(f"annotate.cli.{module}")
            function = getattr(lives, FUNCTIONS.get(name, name))
            app.command(
                name, help=flowing(function.__doc__), rich_help_panel=panel, cls=getattr(lives, "CLASS", None)
            )(function)
    return app


def flowing(docstring: str) -> str:
    """A docstring whose paragraphs are broken by the terminal, not by the source; an example keeps its line."""
    paragraphs = inspect.cleandoc(docstring).split("\n\n")
    return "\n\n".join(re.sub(r"\n(?!\[bold\])", " ", paragraph) for paragraph in paragraphs)
