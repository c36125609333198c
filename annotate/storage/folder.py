"""The directory of a study under `.annotate/`, and the list of those that are there.

    .annotate/                    mode 0700, ignored by git
      2026-11-21-0423-train/
        study.db  host.lock  control.sock  source/  code/  lib/  trials/<number>/

>>> folder = StudyFolder.create(Path.cwd(), script="train.py", now=time.time())
>>> folder.id
'2026-11-21-0423-train'
"""

from __future__ import annotations

import contextlib
import difflib
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from annotate.errors import StorageError
from annotate.storage.faults import told
from annotate.storage.store import StudyStore

ROOT = ".annotate"


@dataclass(frozen=True)
class StudyFolder:
    """Where the files of one study lie."""

    path: Path

    @property
    def id(self) -> str:
        return self.path.name

    @property
    def database(self) -> Path:
        return self.path / "study.db"

    @property
    def lock(self) -> Path:
        return self.path / "host.lock"

    @property
    def socket(self) -> Path:
        return self.path / "control.sock"

    @property
    def code(self) -> Path:
        return self.path / "code"

    @property
    def source(self) -> Path:
        """The user's own files as they were, by their path in the code directory."""
        return self.path / "source"

    @property
    def lib(self) -> Path:
        return self.path / "lib"

    def trial(self, number: int) -> Path:
        """The directory of a trial: parameters.json, reports, log, output/."""
        return self.path / "trials" / str(number)

    def require_code(self) -> None:
        """Raise StorageError where there is none to run."""
        if not self.source.is_dir():
            raise StorageError(
                f"{self.id} was imported and has no code to run",
                remedy=f"annotate run SCRIPT --from {self.id} starts from its trials",
            )

    @classmethod
    def create(cls, cwd: Path, *, script: str, now: float) -> StudyFolder:
        """Make the directory of a new study in `cwd`, named for the minute and the script.

        The name leaves room: from `cwd`, the path of its socket is one that every system binds.
        """
        root = cwd / ROOT
        stem = re.sub(r"[^A-Za-z0-9._-]+", "-", Path(script).stem).strip("-.") or "study"
        name = time.strftime("%Y-%m-%d-%H%M-", time.localtime(now)) + stem[:50]
        with told(root):
            root.mkdir(mode=0o700, exist_ok=True)
            ignore = root / ".gitignore"
            if not ignore.exists():
                ignore.write_text("*\n")
            for suffix in ("", *(f"-{n}" for n in range(2, 1000))):
                path = root / (name + suffix)
                try:
                    path.mkdir(mode=0o700)
                except FileExistsError:
                    continue
                (path / "trials").mkdir(mode=0o700)
                return cls(path)
        raise StorageError(f"{root}: a thousand studies of {script} began in this minute")


def studies(cwd: Path) -> list[StudyFolder]:
    """The studies of a working directory, the latest last."""
    found = list(_found(cwd / ROOT))
    minutes = Counter(_minute(folder) for folder in found)
    return sorted(found, key=lambda folder: _born(folder, alone=minutes[_minute(folder)] == 1))


def find_to_read(cwd: Path, name: str | None = None) -> StudyFolder:
    """As `find`; `name` may also be the directory of a study, wherever it was copied to."""
    if name is not None:
        there = StudyFolder((cwd / Path(name).expanduser()).resolve())
        if there.database.is_file():
            return there
    return find(cwd, name)


def find(cwd: Path, name: str | None = None) -> StudyFolder:
    """The study called `name`, its id or an unambiguous part of it; the latest when None.

    A short number is no part of an id: it is a trial's, and `annotate stop 3` would end a whole study.
    """
    found = studies(cwd)
    if not found:
        raise StorageError(
            f"there is no study in {cwd / ROOT}", remedy="start one with `annotate run SCRIPT --trials 20`"
        )
    if name is None:
        return found[-1]
    if re.fullmatch(r"\d{1,3}", name):
        raise StorageError(
            f"{name} is a trial's number, not a study",
            remedy=f"write more of the study's id, such as {found[-1].id}",
        )
    exact = [folder for folder in found if folder.id == name]
    matching = exact or [folder for folder in found if folder.id.startswith(name)]
    matching = matching or [folder for folder in found if name in folder.id]
    match matching:
        case [one]:
            return one
        case []:
            near = difflib.get_close_matches(name, [folder.id for folder in found], 1)
            remedy = f"did you mean {near[0]}?" if near else "`annotate ls` shows the studies"
            raise StorageError(f"there is no study {name!r} here", remedy=remedy)
        case many:
            listed = ", ".join(folder.id for folder in many[-5:])
            earlier = f" and {len(many) - 5} earlier ones" if len(many) > 5 else ""
            raise StorageError(f"{name!r} may mean any of {listed}{earlier}", remedy="write more of the id")


def _found(root: Path) -> Iterator[StudyFolder]:
    with told(root):
        if not root.is_dir():
            return
        for path in root.iterdir():
            folder = StudyFolder(path)
            try:
                is_study = folder.database.is_file()
            except PermissionError:  # somebody else's: that is said when it is opened
                is_study = True
            if is_study:
                yield folder


def _minute(folder: StudyFolder) -> str:
    """From the name, which does not change when the directory is copied."""
    return folder.id[:15]


def _born(folder: StudyFolder, *, alone: bool) -> tuple[str, float, int, str]:
    """The minute, and within it what the database says; then -2, -3; one that cannot be read is the first."""
    created = 0.0
    if not alone:
        with contextlib.suppress(StorageError), StudyStore.open(folder.database, read_only=True) as store:
            created = store.meta().created
    suffix = re.search(r"-(\d+)$", folder.id)
    return (_minute(folder), created, int(suffix[1]) if suffix else 1, folder.id)
