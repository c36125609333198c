"""A stopped study made ready to run on: its options extended, its source today's or its own, trials queued again.

Refuses a study whose budget is used up and not extended, and where the source has changed in more than its
defaults and nobody says which is meant.
"""

from __future__ import annotations

import dataclasses
import glob
import os
import shutil
import sys
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import typer
from rich.text import Text

from annotate.cli.building import allowing, git_commit, source_hash, write_code
from annotate.cli.diagnosing import accept
from annotate.cli.diffs import STYLES
from annotate.cli.hosting import LogFormat, host
from annotate.cli.naming import command_line
from annotate.cli.streams import stderr
from annotate.errors import UsageError
from annotate.rewrite import values_only
from annotate.sources import Closure, read_closure
from annotate.storage import HostLock, StudyFolder, StudyMeta, StudyStore, find
from annotate.storage.faults import told
from annotate.study import StudyOptions
from annotate.study.resuming import renewed, run_again, source_diff
from annotate.study.slots import MachineSlots, SlotOptions
from annotate.trial import Json, TrialState
from annotate_runtime.install import point_at

_DEFAULTS_ONLY = (
    "the source has other defaults now; trials have values of their own, so the study goes on as it was"
)


@dataclass(frozen=True)
class Changes:
    """What is to be different from now on; `new_code` is None where nobody has said."""

    options: Mapping[str, Json]
    gpus: str | None
    new_code: bool | None


async def continued(
    study: str | None, changes: Changes, *, again: Collection[int] | None, log_format: LogFormat
) -> int:
    """Run a study on, after the failed trials `again` are queued anew (all when None); returns the exit code."""
    folder = find(Path.cwd(), study)
    with (
        HostLock.take(folder.lock, command=command_line(), now=time.time()),
        StudyStore.open(folder.database) as store,
    ):
        meta = store.meta()
        _put_back(folder, meta)
        with store.together():  # what is refused in the end has changed nothing
            options = StudyOptions.from_json(meta.options).changed(changes.options)
            if again != ():
                _require_room(run_again(store, again), folder)
            else:
                _require_budget(store, options, folder)
            slot_options = SlotOptions(**meta.slots)
            if changes.gpus is not None:
                slot_options = dataclasses.replace(slot_options, gpus=changes.gpus)
            slots = MachineSlots.of_this_machine(slot_options, os.environ)
            meta, closure, notes = _source(folder, meta, changes.new_code)
            store.write_meta(
                dataclasses.replace(meta, options=options.to_json(), slots=dataclasses.asdict(slot_options))
            )
        _switching(folder).unlink(missing_ok=True)
        known = tuple(each for each in closure.constraints if all(key in meta.space for key in each.keys))
        return await host(folder, store, slots, allowed=allowing(known), log_format=log_format, notes=notes)


def kept_closure(folder: StudyFolder, meta: StudyMeta) -> Closure:
    """The closure of a study as it was read: from the files that the study keeps."""
    folder.require_code()
    script = folder.source / Path(meta.script).relative_to(meta.code_dir)
    others = [path for path in sorted(folder.source.rglob("*.py")) if path != script]
    return read_closure(
        script, folder.source, [glob.escape(path.relative_to(folder.source).as_posix()) for path in others]
    )


def _require_room(queued: Collection[object], folder: StudyFolder) -> None:
    if not queued:
        raise UsageError(f"no trial of {folder.id} has failed", remedy="`annotate resume` runs it on")


def _require_budget(store: StudyStore, options: StudyOptions, folder: StudyFolder) -> None:
    trials = store.trials()
    if any(not t.state.finished or t.state is TrialState.CANCELLED for t in trials):
        done = 0
    else:
        done = sum(t.state in (TrialState.SUCCEEDED, TrialState.EARLY_STOPPED) for t in trials)
    if options.trials is not None and done >= options.trials:
        raise UsageError(
            f"all {options.trials} trials of {folder.id} are done",
            remedy=f"annotate resume --trials {2 * done}",
        )
    if options.max_duration is not None and store.seconds_run() >= options.max_duration:
        raise UsageError(
            f"the {options.max_duration:g} s of {folder.id} are over",
            remedy="give it longer: annotate resume --max-duration 4h",
        )


def _source(
    folder: StudyFolder, meta: StudyMeta, new_code: bool | None
) -> tuple[StudyMeta, Closure, tuple[str, ...]]:
    """The facts and the closure that the study goes on with, and what the user is to know of that."""
    kept = kept_closure(folder, meta)
    code_dir = Path(meta.code_dir)
    names = [file.path.relative_to(folder.source).as_posix() for file in kept.files]
    today = {name: (code_dir / name).read_bytes() for name in names if (code_dir / name).is_file()}
    if new_code is not False and not Path(meta.script).is_file():
        raise UsageError(
            f"{meta.script} is there no longer",
            remedy="--old-code goes on with the code that the study keeps",
        )
    difference = source_diff(folder.source, today)
    if difference and new_code is None:
        before = {name: (folder.source / name).read_bytes() for name in names}
        if values_only(before, today):
            return meta, kept, (_DEFAULTS_ONLY,)
    if not difference or not _use_new(difference, new_code):
        return meta, kept, ()
    included = [glob.escape(name) for name in names if name in today and name.endswith(".py")]
    closure = read_closure(Path(meta.script), code_dir, included)
    warned = accept(closure, meta.metric_pattern)
    if {key: entry for key, entry in meta.space.items() if key not in meta.flags} == kept.space.to_json():
        flags = {key: meta.space[key] for key in meta.flags}
        space = {**closure.space.to_json(), **flags}
    else:
        space = dict(meta.space)
    _put_aside(folder, until=source_hash(closure))
    write_code(closure, folder, nni=meta.nni)
    return (
        renewed(
            meta,
            space=space,
            defaults={key: value for key, value in closure.defaults.items() if key in space},
            names=closure.names | {key: meta.names[key] for key in space if key not in closure.names},
            source_hash=source_hash(closure),
            git_commit=git_commit(code_dir),
        ),
        closure,
        warned,
    )


def _use_new(difference: str, new_code: bool | None) -> bool:
    if new_code is not None:
        return new_code
    console = stderr()
    for line in difference.splitlines():
        console.print(Text(line, STYLES.get(line[:1], "")), soft_wrap=True)
    if not sys.stdin.isatty():
        raise UsageError(
            "the source has changed since the study began",
            remedy="say which it goes on with: --new-code or --old-code",
        )
    return typer.confirm("The source has changed. Go on with the new code?", err=True)


def _switching(folder: StudyFolder) -> Path:
    """Is there while the study's code is being replaced: `1 HASH`, the number of the old, the hash of the new."""
    return folder.path / "new-code"


def _put_aside(folder: StudyFolder, *, until: str) -> None:
    """What earlier trials ran stays in the study, and can be replayed: code.1, source.1, lib.1, ..."""
    number = 1
    while folder.source.with_name(f"source.{number}").exists():
        number += 1
    with told(folder.path):
        _switching(folder).write_text(f"{number} {until}")
        for path in (folder.source, folder.code, folder.lib):
            path.rename(path.with_name(f"{path.name}.{number}"))
        point_at(folder.lib.with_name(f"lib.{number}"), folder.code.with_name(f"code.{number}"))


def _put_back(folder: StudyFolder, meta: StudyMeta) -> None:
    """Undo what a host was killed in, when it replaced the code."""
    marker = _switching(folder)
    if not marker.exists():
        return
    number, _, new = marker.read_text().partition(" ")
    with told(folder.path):
        if meta.source_hash != new:
            for path in (folder.source, folder.code, folder.lib):
                aside = path.with_name(f"{path.name}.{number}")
                if number and aside.exists():
                    shutil.rmtree(path, ignore_errors=True)
                    aside.rename(path)
            point_at(folder.lib, folder.code)
        marker.unlink()
