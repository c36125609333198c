"""`annotate report`: a study as one HTML page, once or again and again while the study runs.

The page goes to STUDY.html where no file is named. A file that is there is written over only if it is such a page.
"""

from __future__ import annotations

import sys
import time
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from annotate.cli.finding import StudyArgument

if TYPE_CHECKING:
    from annotate.cli.pages import Writer

PERIOD = 5.0  # seconds between two looks at a running study
REST = 10.0  # times as long as writing took, so that a large study is not slowed down by being watched
RELOAD = 10.0  # seconds after which an open page reads itself anew


def report(
    study: StudyArgument = None,
    output: Annotated[
        str | None,
        typer.Option("-o", "--output", help="The file to write; STUDY.html if left out, - for stdout."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is no report.")] = False,
    browse: Annotated[bool, typer.Option("--open", help="Show it in the browser.")] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Write it again and again until the study ends.")
    ] = False,
) -> None:
    """Write a study as one HTML page that needs no network: charts, importance, trials, failures, source.

    [bold]annotate report -o report.html --open[/bold]

    [bold]annotate report --watch[/bold]  (while it runs; an open page follows)
    """
    from annotate.cli.pages import Writer
    from annotate.errors import UsageError
    from annotate.report import plotly_js
    from annotate.storage import StudyStore, find_to_read

    if output == "-" and (browse or watch):
        raise UsageError(f"{'--open' if browse else '--watch'} needs a file", remedy="-o report.html")
    library = plotly_js()
    folder = find_to_read(Path.cwd(), study)
    path = Path(f"{folder.id}.html" if output in (None, "-") else str(output))
    with StudyStore.open(folder.database, read_only=True) as store:
        writer = Writer(folder, store, library)
        if output == "-":
            typer.echo(writer.page(), nl=False)
            return
        _refuse_foreign(path, force=force)
        if watch:
            _watched(writer, path, browse=browse)
            return
        writer.write(path)
    typer.echo(path)
    if browse:
        _browse(path)


def _watched(writer: Writer, path: Path, *, browse: bool) -> None:
    """Write the page whenever the study has changed; the last page, without reloading, when it ends or is left."""
    from annotate.cli.signals import leave_on_signals

    leave_on_signals()
    writer.write(path, reload=RELOAD)
    typer.echo(path)
    if not writer.running:
        typer.echo(f"{writer.folder.id} is not running: this is what it came to", err=True)
    if browse:
        _browse(path)
    seen, written = writer.state(), time.monotonic()
    try:
        while writer.running:
            time.sleep(PERIOD)
            if time.monotonic() - written > REST * writer.took and (now := writer.state()) != seen:
                writer.write(path, reload=RELOAD)
                seen, written = now, time.monotonic()
    finally:
        writer.write(path)


def _refuse_foreign(path: Path, *, force: bool) -> None:
    """A file that is no page of ours stays. Raises UsageError."""
    from annotate.errors import UsageError
    from annotate.report import GENERATOR

    if path.is_dir():
        raise UsageError(f"{path} is a directory", remedy=f"-o {path / 'report.html'}")
    if not path.parent.is_dir():
        raise UsageError(f"there is no directory {path.parent}", remedy="make it, or name another")
    if force or not path.exists():
        return
    try:
        with path.open("rb") as stream:
            ours = GENERATOR.encode() in stream.read(400)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error
    if not ours:
        raise UsageError(
            f"{path} is there and is no report of annotate",
            remedy="write --force to replace it, or name another file with -o",
        )


def _browse(path: Path) -> None:
    """Open the page where there is a window to open it in; say what to do where there is none."""
    import os

    shown = path.absolute().as_uri()
    windows = sys.platform == "darwin" or any(
        os.environ.get(n) for n in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    )
    if not windows or not webbrowser.open(shown):
        typer.echo(f"there is no browser here; copy the file to where one is, or open {shown}", err=True)
