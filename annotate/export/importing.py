"""A study that was read from elsewhere, put on disk as one of ours: whole, or not at all.

It has results and nothing to run: `annotate run SCRIPT --from STUDY` starts from them.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
import socket
from pathlib import Path

from annotate.export.record import StudyRecord
from annotate.storage import StudyFolder, StudyStore


def keep(record: StudyRecord, cwd: Path, *, now: float, version: str) -> StudyFolder:
    """Make the study's directory. Raises StorageError."""
    folder = StudyFolder.create(cwd, script=record.meta.script, now=now)
    try:
        meta = dataclasses.replace(record.meta, study=folder.id, version=record.meta.version or version)
        with StudyStore.create(folder.database, meta) as store, store.together():
            for trial in record.trials:
                store.save(trial)
                read = trial.params.keys() - trial.unread if trial.unread else ()
                store.record(trial.number, trial.measurements, reads=read)
            session = store.begin_session(host=socket.gethostname(), pid=os.getpid(), at=meta.created)
            store.update_session(session, seconds=_span(record))
    except BaseException:
        shutil.rmtree(folder.path, ignore_errors=True)
        raise
    return folder


def _span(record: StudyRecord) -> float:
    """Seconds from the first start to the last end."""
    starts = [trial.started for trial in record.trials if trial.started is not None]
    ends = [trial.ended for trial in record.trials if trial.ended is not None]
    return max(0.0, max(ends) - min(starts)) if starts and ends else 0.0
