"""From what `annotate confirm` was asked to runs that are hosted, and their verdict on stdout.

Nothing of the study that is confirmed changes. Refuses a study without defaults to compare with, one
of which no trial has succeeded, and one whose working directory has gone.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import os
import shlex
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from annotate.cli.continuing import kept_closure
from annotate.cli.foreground import Host
from annotate.cli.hosting import LogFormat, launch_of, plan_of
from annotate.cli.naming import command_line
from annotate.cli.output import Format, write
from annotate.cli.rows import ranked
from annotate.cli.streams import stderr
from annotate.confirm.code import Seeding, fresh_seeds, seeding, with_seed
from annotate.confirm.runs import DEFAULTS, SEED, TRIAL, Again, place, points, queue, results, space_of, waits
from annotate.confirm.seeding import is_seed
from annotate.confirm.verdict import FEWEST, LEVEL, Outcome, Verdict, mean_and_error, plus_minus, verdicts
from annotate.errors import UsageError
from annotate.report.words import many
from annotate.sources import Closure, shown
from annotate.storage import HostLock, StudyFolder, StudyMeta, StudyStore, find
from annotate.storage.faults import told
from annotate.study import Study, StudyEnded, StudyOptions
from annotate.study.ports import Launch
from annotate.study.slots import MachineSlots, SlotOptions
from annotate.trial import Json, Params, Trial, TrialState
from annotate_runtime.executors import Executor
from annotate_runtime.executors.local import LocalExecutor
from annotate_tuners import make
from annotate_tuners.space import MutableLayers, SearchSpace


@dataclass(frozen=True)
class Asked:
    """The command line. `arguments` are further ones of the script; `trials` stand in place of the `top`."""

    study: str | None
    top: int
    trials: tuple[int, ...]
    seeds: int
    seed_as: str | None
    jobs: int | None
    arguments: tuple[str, ...]
    log_format: LogFormat
    format: Format


@dataclass(frozen=True)
class Confirmation:
    """A study, the trials of it that are run again, and how: all that the runs follow from."""

    folder: StudyFolder
    meta: StudyMeta
    closure: Closure
    trials: tuple[Trial, ...]
    baseline: float | None
    seeding: Seeding
    seeds: tuple[int, ...]
    runs: StudyFolder

    @functools.cached_property
    def points(self) -> list[dict[str, Json]]:
        """The runs that are asked for."""
        return points([trial.number for trial in self.trials], self.seeds)


async def confirmed(asked: Asked) -> int:
    """Run what has not run yet and print the verdict; 0 where something could be judged, 1 where nothing."""
    what = _confirmation(asked)
    with told(what.runs.path):
        (what.runs.path / "trials").mkdir(mode=0o700, parents=True, exist_ok=True)
    with HostLock.take(what.runs.lock, command=command_line(), now=time.time()), _opened(what) as store:
        queue(store, what.points)
        if any(map(waits, store.trials())):
            store.write_meta(_meta(what, store, jobs=asked.jobs))
            ended, code = await _run(what, store, asked.log_format)
            if ended.how == "stopped":
                stderr().print(_stopped(what, store.trials()), soft_wrap=True)
                return code
            if ended.how != "finished":
                stderr().print(ended.traceback or ended.why)
        done = [run for run in store.trials() if run.params in what.points]
    reached = results(done)
    judged = verdicts(
        reached.get(DEFAULTS, {}),
        {trial.number: reached.get(trial.number, {}) for trial in what.trials},
        direction=what.meta.direction,
    )
    write(_rows(what, reached, judged, words=asked.format is Format.table), asked.format)
    _explain(what, judged, done)
    return 0 if any(each.outcome is not Outcome.TOO_FEW for each in judged) else 1


def _confirmation(asked: Asked) -> Confirmation:
    folder = find(Path.cwd(), asked.study)
    with StudyStore.open(folder.database, read_only=True) as store:
        meta, trials = store.meta(), store.trials()
    if not Path(meta.cwd).is_dir():
        raise UsageError(
            f"{folder.id} ran in {meta.cwd}, which is no longer there",
            remedy="confirm where it ran, or make that directory again with what its script reads",
        )
    space = SearchSpace.from_json(meta.space)
    if any(isinstance(each, MutableLayers) and key not in meta.defaults for key, each in space.items()):
        raise UsageError(f"{folder.id} has mutable layers, so its script has no defaults to compare with")
    closure = kept_closure(folder, meta)
    meta = dataclasses.replace(meta, command=[*meta.command, *asked.arguments])
    how = seeding(closure, asked.seed_as)
    chosen = tuple(_chosen(asked, folder, ranked(trials, meta), {trial.number: trial for trial in trials}))
    _refuse_older(chosen, meta)
    return Confirmation(
        folder=folder,
        meta=meta,
        closure=closure,
        trials=chosen,
        baseline=next((trial.value for trial in trials if trial.baseline), None),
        seeding=how,
        seeds=tuple(fresh_seeds(closure, meta.command, asked.seeds)),
        runs=place(folder, meta, how.words),
    )


def _chosen(
    asked: Asked, folder: StudyFolder, best: Sequence[Trial], trials: Mapping[int, Trial]
) -> Iterator[Trial]:
    """The trials to run again, the best first."""
    if not asked.trials:
        found = [trial for trial in best if not trial.baseline][: asked.top]
        if not found:
            raise UsageError(
                f"no trial of {folder.id} but the defaults has succeeded",
                remedy="`annotate show` tells what they did",
            )
        yield from found
    for number in dict.fromkeys(asked.trials):
        if number not in trials:
            raise UsageError(f"{folder.id} has no trial {number}", remedy="`annotate show` lists its trials")
        if trials[number].baseline:
            raise UsageError(
                f"trial {number} is the defaults, which are run in any case", remedy="name another"
            )
        yield trials[number]


def _refuse_older(trials: Sequence[Trial], meta: StudyMeta) -> None:
    """A parameter that the study's latest source no longer has would be left at its default, and nobody told."""
    for trial in trials:
        if gone := sorted(trial.active.keys() - meta.space.keys()):
            raise UsageError(
                f"trial {trial.number} ran an earlier source of {meta.study}, which had {', '.join(gone)} as well",
                remedy="name others by --trial, or check that one out: annotate checkout "
                f"{meta.study}-{trial.number} -o DIR",
            )


@contextlib.contextmanager
def _opened(what: Confirmation) -> Iterator[StudyStore]:
    database = what.runs.database
    if not database.exists():
        StudyStore.create(database, dataclasses.replace(what.meta, study=what.runs.id)).close()
    with StudyStore.open(database) as store:
        yield store


def _meta(what: Confirmation, store: StudyStore, *, jobs: int | None) -> StudyMeta:
    """The runs as a study: the chosen trials with each seed; those of earlier calls are shown beside them."""
    runs = store.trials()
    options = StudyOptions.from_json(what.meta.options)
    return dataclasses.replace(
        what.meta,
        study=f"confirming {what.folder.id}",
        created=min((run.started for run in runs if run.started is not None), default=time.time()),
        space=space_of(what.points),
        names={TRIAL: TRIAL, SEED: SEED},
        defaults={},
        baseline_defaults=None,
        tuner="grid",
        tuner_args={},
        pruner=None,
        pruner_args={},
        options=StudyOptions(trials=len(runs), jobs=jobs or options.jobs, baseline=False).to_json(),
    )


async def _run(what: Confirmation, store: StudyStore, log_format: LogFormat) -> tuple[StudyEnded, int]:
    """Host the runs; returns how they ended, and the exit code where that was by a signal."""
    meta = store.meta()
    slots = MachineSlots.of_this_machine(SlotOptions(**meta.slots), os.environ)
    notices: list[str] = []
    executor = await LocalExecutor.start(notify=notices.append)
    params: dict[int | str, Params] = {DEFAULTS: {}} | {
        trial.number: _params(trial, what.meta) for trial in what.trials
    }
    aside = contextlib.nullcontext() if sys.stdout.isatty() else contextlib.redirect_stdout(sys.stderr)
    try:
        with aside:  # stdout is the verdict's
            hosting = Host(
                what.runs,
                meta,
                lambda listener: Study(
                    store,
                    make_tuner=lambda: make(
                        "grid", SearchSpace.from_json(meta.space), direction=meta.direction, seed=meta.seed
                    ),
                    launch=Again(params, functools.cache(functools.partial(_launch, what, executor))),
                    slots=slots,
                    options=StudyOptions.from_json(meta.options),
                    listener=listener,
                    stopping=executor.wait_no_more,
                ),
                log_format=log_format,
            )
            for text in (f"seeds {', '.join(map(str, what.seeds))}: {what.seeding.text}", *notices):
                hosting.notice(text)
            ended = await hosting.run()
    finally:
        await executor.aclose()
    return ended, 128 + hosting.signal


def _launch(what: Confirmation, executor: Executor, seed: int) -> Launch:
    """What starts the runs of one seed."""
    meta, words = what.meta, what.seeding.words
    code = (
        with_seed(what.folder, meta, what.closure, what.runs, seed) if what.seeding.written else what.folder
    )
    plan = plan_of(code, meta)
    given = shlex.split(words.replace("{}", str(seed))) if words is not None else []
    plan = dataclasses.replace(plan, folder=what.runs, code=code, command=(*plan.command, *given))
    return launch_of(executor, plan, meta)


def _params(trial: Trial, meta: StudyMeta) -> Params:
    """What the trial ran with; a seed among it gives way to the fresh ones."""
    return {key: value for key, value in trial.params.items() if not is_seed(meta.names.get(key, key))}


def _rows(
    what: Confirmation,
    reached: Mapping[int | str, Mapping[int, float]],
    judged: Sequence[Verdict],
    *,
    words: bool,
) -> list[dict[str, object]]:
    """A row for the defaults and for each trial, as a person reads it or as a program does."""
    verdict_of = {each.trial: each for each in judged}
    scored = {DEFAULTS: what.baseline} | {trial.number: trial.value for trial in what.trials}
    rows: list[dict[str, object]] = []
    for which, value in scored.items():
        again = list(reached.get(which, {}).values())
        mean, error = mean_and_error(again) if again else (None, None)
        verdict = verdict_of.get(which) if isinstance(which, int) else None
        if words:
            rows.append({
                "trial": which,
                "in the study": value,
                f"again, {len(what.seeds)} seeds": "" if mean is None or error is None else plus_minus(mean, error),
                "against the defaults": verdict.sentence if verdict else "",
            })  # fmt: skip
        else:
            rows.append({
                "trial": which,
                "study_value": value,
                "runs": len(again),
                "mean": mean,
                "error": error if error is not None and error == error else None,  # noqa: PLR0124 - NaN
                "outcome": verdict.outcome.value if verdict else None,
                "difference": verdict.difference if verdict else None,
                "difference_error": verdict.error if verdict else None,
                "p": verdict.p if verdict else None,
            })  # fmt: skip
    return rows


def _stopped(what: Confirmation, runs: Sequence[Trial]) -> str:
    """How to go on, or how to be content with the seeds that every trial has run with."""
    there = "stopped; the same command goes on from here"
    ended = [run.params for run in runs if run.state.finished and run.state is not TrialState.CANCELLED]
    missing = [point[SEED] for point in what.points if point not in ended]
    complete = what.seeds.index(missing[0]) if missing else len(what.seeds)
    return there if complete < FEWEST else f"{there}, and --seeds {complete} judges by what is there"


def _explain(what: Confirmation, judged: Sequence[Verdict], done: Sequence[Trial]) -> None:
    """What the figures are, and what follows from them."""
    console = stderr()
    holm = f", p corrected by Holm's method for {len(judged)} comparisons" if len(judged) > 1 else ""
    console.print(
        f"± is the standard error. Two-sided paired t-test by seed{holm}, at the {100 * LEVEL:g} % level.",
        soft_wrap=True,
    )
    console.print(f"seeds {', '.join(map(str, what.seeds))}: {what.seeding.text}", soft_wrap=True)
    if any(what.folder.path.glob(f"{what.folder.source.name}.*")):
        console.print("the study went on with new code: all were run with its latest source", soft_wrap=True)
    if len(what.meta.objectives) > 1:
        console.print(f"judged by {what.meta.metric} alone, the first of its metrics", soft_wrap=True)
    failed: dict[tuple[int | str, str], list[int]] = {}
    for run in done:
        if run.state is TrialState.FAILED:
            why = run.message or (run.reason.value if run.reason else "")
            failed.setdefault((run.params[TRIAL], why), []).append(run.number)
    for (which, why), numbers in failed.items():
        name = "the defaults" if which == DEFAULTS else f"trial {which}"
        console.print(f"{many(len(numbers), 'run')} of {name} failed: {why}", soft_wrap=True)
        log = shown(what.runs.trial(numbers[-1]) / "log")
        console.print(f"  what the last one printed: {log}", soft_wrap=True)
    if any(each.outcome is Outcome.NO_SPREAD for each in judged):
        console.print(
            "another seed changed no result, so these runs prove no more than one would; "
            "if the script has a seed, say how it is given: --seed-as '--seed {}'",
            soft_wrap=True,
        )
    better = [each for each in judged if each.outcome is Outcome.BETTER]
    if better:
        best = max(better, key=lambda each: each.difference or 0.0)
        console.print(f"next: annotate apply {what.folder.id}-{best.trial}", soft_wrap=True)
