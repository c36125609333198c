"""What is done to a stopped study before it runs again: trials queued anew or counted, its source held against today's.

A study goes on with the source it was begun with (`--old-code`: the mirrored one, nothing to do here), or
with today's (`--new-code`: `renewed`); which, is asked only where `source_diff` has something to show. Of
the history, a tuner takes what lies in the space it then has.

>>> source_diff(folder.source, {"train.py": b"lr = 0.2\\n"})
'--- train.py (as the study has it)\\n+++ train.py (now)\\n@@ -1 +1 @@\\n-lr = 0.1\\n+lr = 0.2\\n'
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Collection, Mapping
from pathlib import Path

from annotate.errors import UsageError
from annotate.storage import StudyMeta, StudyStore
from annotate.storage.faults import told
from annotate.study.live import Live
from annotate.study.ports import Lease
from annotate.study.verdict import Ending, judge
from annotate.trial import Json, Trial, TrialState, requeue, with_reads


def keep_source(into: Path, files: Mapping[str, bytes]) -> None:
    """Keep the user's files as they are now, by their path relative to the code directory."""
    with told(into):
        for name, content in files.items():
            path = into / name
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.write_bytes(content)


def source_diff(kept: Path, files: Mapping[str, bytes]) -> str:
    """A unified diff from the kept files to `files`, "" when they are the same to the byte."""
    with told(kept):
        before = {
            path.relative_to(kept).as_posix(): path.read_bytes() for path in kept.rglob("*") if path.is_file()
        }
    return "".join(
        _diff(name, before.get(name, b""), files.get(name, b"")) for name in sorted({*before, *files})
    )


def renewed(
    meta: StudyMeta,
    *,
    space: Mapping[str, Json],
    defaults: Mapping[str, Json],
    names: Mapping[str, str],
    source_hash: str,
    git_commit: str | None,
) -> StudyMeta:
    """The study with today's source; the baseline that it has ran with the defaults of its own time."""
    ran_with = meta.defaults if meta.baseline_defaults is None else meta.baseline_defaults
    return dataclasses.replace(
        meta,
        space=space,
        defaults=defaults,
        names=names,
        source_hash=source_hash,
        git_commit=git_commit,
        baseline_defaults=ran_with,
    )


def run_again(store: StudyStore, numbers: Collection[int] | None = None) -> list[Trial]:
    """Queue failed trials once more (all of them when None), with the same parameters. Raises UsageError.

    The study must not be running: its lock is the caller's.
    """
    trials = {trial.number: trial for trial in store.trials()}
    failed = {number for number, trial in trials.items() if trial.state is TrialState.FAILED}
    wanted = failed if numbers is None else set(numbers)
    for number in sorted(wanted - failed):
        state = trials[number].state.value if number in trials else "not in this study"
        raise UsageError(f"trial {number} is {state}, and only a failed one is run again")
    again = [requeue(trials[number]) for number in sorted(wanted)]
    with store.together():
        for trial in again:
            store.forget_reports(trial.number)
        store.save(*again)
    return again


def left_behind(store: StudyStore, trial: Trial, keys: tuple[str, ...]) -> Trial:
    """A trial that ran when its host died has succeeded where it had given its final result; any other as it is.

    `keys` are the study's metrics in what is reported.
    """
    if trial.state is not TrialState.RUNNING:
        return trial
    live = Live(trial, Lease(0), began=0.0, keys=keys)
    at = trial.started or 0.0
    for measurement in store.measurements(trial.number):
        live.add(measurement)
        at = max(at, measurement.time)
    ended = judge(trial, Ending(at=at, returncode=None, final=live.final, final_further=live.final_further))
    if ended.state is not TrialState.SUCCEEDED:
        return trial
    store.save(ended)
    return with_reads(ended, store.reads([trial.number]).get(trial.number, frozenset()))


def _diff(name: str, before: bytes, after: bytes) -> str:
    if before == after:
        return ""
    old, new = (content.decode(errors="replace").splitlines(keepends=True) for content in (before, after))
    lines = difflib.unified_diff(old, new, f"{name} (as the study has it)", f"{name} (now)")
    text = "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )
    return text or f"{name} differs in its line ends or encoding only\n"
