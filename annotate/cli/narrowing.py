"""`annotate narrow`: the ranges of your source drawn in around what did well, as a diff to review or written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from annotate.cli.finding import StudyArgument

if TYPE_CHECKING:
    from annotate.narrow import Changed, Evidence, Narrowed, Narrowing
    from annotate.storage import StudyFolder, StudyMeta
    from annotate.trial import Trial


@dataclass(frozen=True)
class File:
    """A file of the user's, as it is and as it would be."""

    path: Path
    before: bytes
    after: bytes
    keys: tuple[str, ...]
    changed: tuple[Changed, ...]


def narrow(
    study: StudyArgument = None,
    apply: Annotated[bool, typer.Option("--apply", help="Write them into the source.")] = False,
) -> None:
    """Draw the ranges in around what did well, and say how many good trials that would have cut off.

    [bold]annotate narrow[/bold] shows a diff, to be read or piped into `git apply`.

    [bold]annotate narrow --apply && annotate run train.py --trials 40[/bold]
    """
    from annotate.cli.diffs import show_diff
    from annotate.cli.finding import opened
    from annotate.cli.replacing import Replacement, replace_all
    from annotate.narrow import narrowing
    from annotate.sources import shown
    from annotate_tuners.space import SearchSpace

    with opened(study) as (folder, store, meta):
        trials = store.trials()
    evidence = _evidence(trials, meta, folder)
    found = narrowing(SearchSpace.from_json(meta.space), evidence)
    files, gone = ([], []) if not found.changes else _files(folder, meta, found.changes)
    _refuse_changed(files, meta)
    for file in files:
        show_diff(file.before, file.after, shown(file.path))
    for line in (*_told(found, evidence, meta, {key for file in files for key in file.keys}), *gone):
        typer.echo(line, err=True)
    writable = [file for file in files if file.before != file.after]
    if writable and apply:
        replace_all([Replacement(Path(shown(f.path)), f.before, f.after) for f in writable])
        typer.echo(f"wrote {', '.join(shown(file.path) for file in writable)}", err=True)
    elif writable:
        typer.echo("annotate narrow --apply writes them", err=True)


def _evidence(trials: Sequence[Trial], meta: StudyMeta, folder: StudyFolder) -> Evidence:
    from annotate.cli.rows import ranked
    from annotate.errors import UsageError
    from annotate.narrow import FEWEST, Evidence
    from annotate.trial import FailureReason, TrialState

    worse = [
        trial.active
        for trial in trials
        if trial.state is TrialState.EARLY_STOPPED or trial.reason in (FailureReason.NAN, FailureReason.OOM)
    ]
    evidence = Evidence(
        tuple(trial.active for trial in ranked(list(trials), meta) if not trial.baseline), tuple(worse)
    )
    known = len(evidence.ranked) + len(evidence.worse)
    if known < FEWEST or len(evidence.ranked) < FEWEST // 2:
        raise UsageError(
            f"{folder.id} has {known} trials to compare, its defaults aside, and fewer than {FEWEST} tell too little",
            remedy=f"annotate resume {folder.id} --trials {max(2 * FEWEST, 2 * known)}",
        )
    return evidence


def _files(
    folder: StudyFolder, meta: StudyMeta, changes: Mapping[str, Narrowed]
) -> tuple[list[File], list[str]]:
    """The user's own files of today that hold one of these ranges; a line for each file that is gone."""
    from annotate.errors import UsageError
    from annotate.narrow import narrower
    from annotate.sources import shown
    from annotate.sources.closure import module_name

    files, gone = [], []
    for kept in sorted(path for path in folder.source.rglob("*") if path.is_file()):
        path = Path(meta.code_dir) / kept.relative_to(folder.source)
        try:
            before = path.read_bytes()
        except FileNotFoundError:
            gone.append(f"{shown(path)} is there no longer, so nothing is written to it")
            continue
        except OSError as error:
            raise UsageError(
                f"{path} cannot be read: {error.strerror}", remedy="check its permissions"
            ) from error
        done = narrower(before, module_name(path, Path(meta.code_dir)), str(path), changes)
        if done.keys:
            files.append(File(path, before, done.code, done.keys, done.changed))
    return files, gone


def _refuse_changed(files: Sequence[File], meta: StudyMeta) -> None:
    from annotate.errors import UsageError
    from annotate.sources import shown

    lines = [
        f"  {shown(file.path)}:{each.line}: {meta.names.get(each.key, each.key)} is {each.written} now"
        for file in files
        for each in file.changed
    ]
    if lines:
        raise UsageError(
            "\n".join(["the ranges are not those of the study; nothing was written", *lines]),
            remedy="run a study with today's ranges, or put the old ones back",
        )


def _told(found: Narrowing, evidence: Evidence, meta: StudyMeta, written: set[str]) -> list[str]:
    """What was found, what it would have cost, and where the ranges may be too narrow already."""
    known = len(evidence.ranked) + len(evidence.worse)
    names = meta.names
    lines = []
    if not found.changes:
        lines.append(
            f"nothing to narrow: no evidence that the best {found.good} of {known} trials lie elsewhere than the others"
        )
    for key, each in found.changes.items():
        entry = _entry(each)
        where = "" if key in written else _elsewhere(key, entry, meta)
        lines.append(
            f"{names.get(key, key)}: {entry}, cuts off {each.cut} of the {found.good} good trials{where}"
        )
    if found.changes:
        lines.append(
            f"of the best {found.good} of {known} trials these ranges together would have cut off {found.cut}; "
            f"ranges drawn without the trial in question, {found.cut_unseen}"
        )
    lines += [
        f"{names.get(key, key)}: the best trials crowd at the {end} end of its range, which may be too narrow there"
        for key, end in found.at_edge.items()
    ]
    return lines


def _entry(each: Narrowed) -> str:
    from annotate.narrow.writing import bounds, written
    from annotate_tuners.choices import Choice

    if isinstance(each.after, Choice):
        values = [value if isinstance(value, str) else json.dumps(value) for value in each.after.options]
    else:
        values = [written(bound, whole=False) for bound in bounds(each.after)]
    return f"{each.after.kind}({', '.join(values)})"


def _elsewhere(key: str, entry: str, meta: StudyMeta) -> str:
    if key in meta.flags:
        return f"; write --param '{key}={entry}'"
    return "; it stands in no file of the study as it is today: write it where the space is"
