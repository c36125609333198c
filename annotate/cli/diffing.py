"""`annotate diff`: what one trial ran against another, or against the defaults, as source and as results."""

from __future__ import annotations

import math
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from annotate.cli.finding import StudyOption
from annotate.cli.output import seconds

if TYPE_CHECKING:
    from annotate.cli.picking import Picked
    from annotate.rewrite import TrialSource
    from annotate.storage import StudyMeta
    from annotate.trial import Trial


def diff(
    trials: Annotated[
        list[str],
        typer.Argument(metavar="TRIAL [TRIAL]", help="Numbers or ids; one alone against the defaults."),
    ],
    study: StudyOption = None,
) -> None:
    """Show the source of two trials as a unified diff, then their results; of one trial, against the defaults.

    [bold]annotate diff 7[/bold]

    [bold]annotate diff 3 7[/bold]
    """
    from annotate.cli.diffs import show_diff
    from annotate.cli.output import Format, write
    from annotate.cli.picking import picked
    from annotate.errors import UsageError
    from annotate.rewrite import of_trial

    if len(trials) > 2:
        raise UsageError(
            f"{len(trials)} trials are named", remedy="`annotate compare` takes any number of them"
        )
    chosen = [picked([word], study) for word in trials]
    sides = [of_trial(each.folder, each.meta, each.trial, calls=True) for each in chosen]
    if len(chosen) == 1:
        plain = of_trial(chosen[0].folder, chosen[0].meta, chosen[0].trial, values={})
        old, new, names = plain, sides[0], ("defaults", _name(chosen[0], chosen))
    else:
        old, new, names = *sides, (_name(chosen[0], chosen), _name(chosen[1], chosen))
    for name in dict.fromkeys(file.name for side in (old, new) for file in side.files):
        labels = f"{name} ({names[0]})", f"{name} ({names[1]})"
        show_diff(_after(old, name), _after(new, name), name, labels=labels)
    _elsewhere((old, new), names)
    baseline = chosen[0].baseline
    if len(chosen) == 1 and baseline is not None and not chosen[0].trial.baseline:
        chosen.insert(0, picked([str(baseline.number)], chosen[0].folder.id))
    write(list(_rows(chosen)), Format.table)


def _name(one: Picked, among: Sequence[Picked]) -> str:
    """`trial 7`, with its study where they are of several."""
    if len({each.folder for each in among}) == 1:
        return f"trial {one.trial.number}"
    return one.id


def _after(side: TrialSource, name: str) -> bytes:
    return next((file.after for file in side.files if file.name == name), b"")


def _elsewhere(sides: Iterable[TrialSource], names: Iterable[str]) -> None:
    """What stands in no source: options of the command line, and what a script asks for by itself."""
    from annotate.cli.picking import as_python

    for side, name in zip(sides, names, strict=True):
        if side.arguments:
            typer.echo(f"{name}, on the command line: {shlex.join(side.arguments)}")
        if side.asked:
            typer.echo(f"{name}, asked for by the script: {as_python(side.asked)}")
        for key, why in side.left.items():
            typer.echo(f"{name}, left as it is: {key}: {why}", err=True)


def _rows(chosen: Sequence[Picked]) -> Iterator[Mapping[str, Any]]:
    """The result, the gain over the defaults, the duration, and every reported key's last and best."""
    from annotate.cli.rows import state_of

    trials = [each.trial for each in chosen]
    titles = [f"{_name(each, chosen)}{' (defaults)' * each.trial.baseline}" for each in chosen]

    def row(name: str, values: Iterable[Any]) -> dict[str, Any]:
        return {"": name, **dict(zip(titles, values, strict=True))}

    yield row("state", map(state_of, trials))
    objectives = chosen[-1].meta.objectives
    for at, objective in enumerate(objectives):
        yield row(objective.name, (next(iter(trial.values[at : at + 1]), None) for trial in trials))
        gains = [next(iter(each.gains[at : at + 1]), None) for each in chosen]
        if any(gains):
            first = f"{objective.name}, " if len(objectives) > 1 else ""
            yield row(f"{first}over the defaults", (gain.text if gain else None for gain in gains))
    yield row("duration", (seconds(trial.duration) for trial in trials))
    measured = [_reported(trial) for trial in trials]
    called = {each.key: each.name for each in chosen[-1].meta.objectives}
    for key in dict.fromkeys(key for reports in measured for key in reports):
        name = called.get(key, key)
        values = [reports.get(key, []) for reports in measured]
        yield row(f"{name}, last", (each[-1] if each else None for each in values))
        if any(len(each) > 1 for each in values):
            for word, which in _extremes(key, chosen[-1].meta):
                yield row(f"{name}, {word}", (which(each) if each else None for each in values))


def _reported(trial: Trial) -> dict[str, list[float]]:
    """What a trial reported by key, in order; what is no number has no best."""
    reports: dict[str, list[float]] = {}
    for measurement in trial.measurements:
        for key, value in measurement.values.items():
            if not math.isnan(value):
                reports.setdefault(key, []).append(value)
    return reports


def _extremes(key: str, meta: StudyMeta) -> list[tuple[str, Callable[[list[float]], float]]]:
    """Which of a key's values is the best; the lowest and the highest where nobody knows."""
    from annotate.study import infer_direction

    known = {each.key: each.direction for each in meta.objectives}
    direction = known.get(key) or infer_direction(key)
    match direction:
        case "maximize":
            return [("best", max)]
        case "minimize":
            return [("best", min)]
        case _:
            return [("lowest", min), ("highest", max)]
