"""`annotate report`: a study as one HTML page, once or again and again while the study runs.

The page goes to STUDY.html where no file is named. A file that is there is written over only if it is such a page.
"""

from __future__ import annotations

import sys
import time
import webbrowser
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from annotate.cli.finding import StudyArgument

if TYPE_CHECKING:
    from annotate.report import Confirmed, Outcome, Subject
    from annotate.storage import StudyFolder, StudyStore
    from annotate.trial import Trial

PERIOD = 5.0  # seconds between two looks at a running study
REST = 10.0  # times as long as writing took, so that a large study is not slowed down by being watched
RELOAD = 10.0  # seconds after which an open page reads itself anew
MORE = 1.1  # by how much a study grows until importance is worked out anew while it is watched
SLOW = 100  # results whose importance takes some seconds
LOGS = 20  # ways to fail whose log is shown
LOG_BYTES = 64 * 1024  # of the end of a log, in which a traceback is looked for


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
    from annotate.errors import UsageError
    from annotate.report import plotly_js
    from annotate.storage import StudyStore, find

    if output == "-" and (browse or watch):
        raise UsageError(f"{'--open' if browse else '--watch'} needs a file", remedy="-o report.html")
    library = plotly_js()
    folder = find(Path.cwd(), study)
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


@dataclass
class Writer:
    """Reads a study and makes its page; remembers the importance, which takes longest."""

    folder: StudyFolder
    store: StudyStore
    library: str
    took: float = 0.0  # seconds that the last page took
    _outcome: Outcome | None = None
    _known: int = 0

    @property
    def running(self) -> bool:
        """Whether a host runs the study now."""
        from annotate.storage import holder

        return holder(self.folder.lock) is not None

    def write(self, path: Path, *, reload: float | None = None) -> None:
        """Put the page in its place, whole."""
        from annotate.cli.files import publish

        began = time.monotonic()
        publish(path, self.page(reload=reload))
        self.took = time.monotonic() - began

    def page(self, *, reload: float | None = None) -> str:
        """The page of the study as it is now."""
        from annotate.report import page

        subject = self._subject(reload)
        return page(subject, library=self.library, outcome=self._importance(subject))

    def state(self) -> Mapping[str, object]:
        """Changes when the page would."""
        return {"trials": self.store.counts(), "reports": self.store.reported()}

    def _subject(self, reload: float | None) -> Subject:
        import dataclasses

        from annotate.report import Subject, chosen

        running = self.running
        subject = Subject(
            meta=self.store.meta(),
            trials=tuple(self.store.trials()),
            now=time.time(),
            running=running,
            seconds=self.store.seconds_run(),
            machines=self.store.hosts(),
            reload=reload if running else None,
        )
        return dataclasses.replace(
            subject,
            curves={number: self.store.measurements(number) for number in chosen(subject)},
            logs=self._logs(subject.trials),
            confirmed=tuple(self._confirmed(subject)),
            **self._source(subject),
        )

    def _confirmed(self, subject: Subject) -> Iterator[Confirmed]:
        """What `annotate confirm` found, one command after the other."""
        from annotate.confirm import verdicts
        from annotate.confirm.runs import DEFAULTS, results
        from annotate.confirm.verdict import mean_and_error, plus_minus
        from annotate.report import Confirmed, RunAgain
        from annotate.report.words import many
        from annotate.storage import StudyStore

        for database in sorted((self.folder.path / "confirm").glob("*/study.db")):
            with StudyStore.open(database, read_only=True) as store:
                meta, reached = store.meta(), results(store.trials())
            trials = {number: values for number, values in reached.items() if isinstance(number, int)}
            judged = verdicts(reached.get(DEFAULTS, {}), trials, direction=subject.meta.direction)
            said: dict[int | str, str] = {verdict.trial: verdict.sentence for verdict in judged}
            every: dict[int | str, dict[int, float]] = {DEFAULTS: reached.get(DEFAULTS, {})}
            every.update(sorted(trials.items()))
            runs = [
                RunAgain(
                    which if isinstance(which, int) else None,
                    f"{plus_minus(*mean_and_error(list(values.values())))}, {many(len(values), 'seed')}",
                    said.get(which, ""),
                )
                for which, values in every.items()
                if values
            ]
            if runs:
                yield Confirmed(" ".join(meta.command), tuple(runs))

    def _source(self, subject: Subject) -> dict[str, Any]:
        """The study's source against that of its best trial, and what stands in no source."""
        from annotate.cli.diffs import unified
        from annotate.cli.picking import as_python
        from annotate.rewrite import of_trial

        best = subject.best
        if best is None or not self.folder.source.is_dir():
            return {}
        found = of_trial(self.folder, subject.meta, best, calls=True)
        lines = b"".join(
            line
            for file in found.files
            if file.changed
            for line in unified(file.before, file.after, file.name)
        )
        elsewhere = []
        if found.arguments:
            elsewhere.append(f"On the command line of trial {best.number}: {' '.join(found.arguments)}")
        if found.asked:
            elsewhere.append(
                f"Asked for by the script itself in trial {best.number}: {as_python(found.asked)}"
            )
        elsewhere += [f"{subject.name(key)} is left as it is: {why}." for key, why in found.left.items()]
        return {"diff": lines.decode(errors="replace"), "elsewhere": tuple(elsewhere)}

    def _logs(self, trials: tuple[Trial, ...]) -> dict[int, str]:
        from annotate.report.failures import groups, tail

        logs = {}
        for group in groups(trials)[:LOGS]:
            for number in group.numbers[:3]:
                path = self.folder.trial(number) / "log"
                if path.is_file():
                    with path.open("rb") as stream:
                        stream.seek(max(0, path.stat().st_size - LOG_BYTES))
                        logs[number] = tail(stream.read())
                    break
        return logs

    def _importance(self, subject: Subject) -> Outcome:
        from annotate.report import axes_of, importance
        from annotate.trial import TrialState

        done = len(subject.ranked)
        if self._outcome is None and done > SLOW and sys.stderr.isatty():
            typer.echo(f"working out what matters in {done:,} results ...", err=True)
        if (
            self._outcome is None
            or done > MORE * self._known
            or (subject.reload is None and done != self._known)
        ):
            values = [t.value if t.state is TrialState.SUCCEEDED else None for t in subject.trials]
            self._outcome, self._known = importance(axes_of(subject), values), done
        return self._outcome


def _watched(writer: Writer, path: Path, *, browse: bool) -> None:
    """Write the page whenever the study has changed; the last page, without reloading, when it ends or is left."""
    writer.write(path, reload=RELOAD)
    typer.echo(path)
    if not writer.running:
        typer.echo(f"{writer.folder.id} is not running: this is what it came to", err=True)
    if browse:
        _browse(path)
    seen = writer.state()
    try:
        while writer.running:
            time.sleep(max(PERIOD, REST * writer.took))
            now = writer.state()
            if now != seen:
                seen = now
                writer.write(path, reload=RELOAD)
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
