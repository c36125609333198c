"""From a study's directory to the page of `annotate report`: what is read, and in which order.

with StudyStore.open(folder.database, read_only=True) as store:
    Writer(folder, store, plotly_js()).write(Path("report.html"))
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from annotate.report import Confirmed, Outcome, Subject
    from annotate.storage import StudyFolder, StudyStore
    from annotate.trial import Trial

MORE = 1.1  # by how much a study grows until importance is worked out anew while it is watched
SLOW = 100  # results whose importance takes some seconds
LOGS = 20  # ways to fail whose log is shown
LOG_BYTES = 64 * 1024  # of the end of a log, in which a traceback is looked for


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
