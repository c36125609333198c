"""The source that a trial ran: of a study that went on with new code, one of several that it keeps.

`source/` is the latest, `source.1/`, `source.2/`, ... are those before it. A trial ran the last one that was there
when it started and that has all of its variables; where the times tell nothing, as in a study that was copied, the
latest that has them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from annotate.errors import StorageError
from annotate.instrument.reading import Annotated
from annotate.rewrite.defaults import Opened, opened
from annotate.sources.closure import module_name
from annotate.storage import StudyFolder, StudyMeta
from annotate.storage.faults import told
from annotate.trial import Trial


def kept_files(folder: StudyFolder, meta: StudyMeta, trial: Trial) -> list[tuple[str, Opened]]:
    """The files that a trial ran by name, the script first. Raises StorageError where the study keeps none."""
    with told(folder.source):
        sources = [list(_read(directory, meta)) for directory in _directories(folder)]
        times = [_written(directory) for directory in _directories(folder)]
    if not sources or not sources[-1]:
        raise StorageError(
            f"{folder.id} keeps no source: it was imported, or made by an older annotate",
            remedy="its parameters are shown by `annotate best` and `annotate compare`",
        )
    if len(sources) == 1:
        return sources[0]
    fitting = [at for at, files in enumerate(sources) if _has_all(files, trial)] or [len(sources) - 1]
    started = trial.started
    then = [at for at in fitting if started is not None and times[at] <= started]
    return sources[(then or fitting)[-1]]


def _directories(folder: StudyFolder) -> list[Path]:
    """The oldest first."""
    older = [
        (int(found[1]), path)
        for path in folder.path.glob(f"{folder.source.name}.*")
        if (found := re.fullmatch(r".*\.(\d+)", path.name)) and path.is_dir()
    ]
    return [*(path for _, path in sorted(older)), *([folder.source] if folder.source.is_dir() else [])]


def _read(directory: Path, meta: StudyMeta) -> Iterator[tuple[str, Opened]]:
    script = PurePosixPath(Path(meta.script).relative_to(meta.code_dir)).as_posix()
    names = [path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file()]
    for name in sorted(names, key=lambda name: (name != script, name)):
        path = directory / name
        yield name, opened(path.read_bytes(), module_name(path, directory), name)


def _written(directory: Path) -> float:
    """When the study began to run this source: seconds since the epoch."""
    return min((path.stat().st_mtime for path in directory.rglob("*") if path.is_file()), default=0.0)


def _has_all(files: Sequence[tuple[str, Opened]], trial: Trial) -> bool:
    """Whether every variable of a trial stands in these files; one without a module stands in none."""
    keys = {site.key for _, file in files if isinstance(file.read, Annotated) for site in file.read.variables}
    return {key for key in trial.params if "/" in key} <= keys
