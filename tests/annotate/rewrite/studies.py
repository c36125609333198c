"""A study on disk with a source of the test's, without running anything."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from annotate.sources import read_closure
from annotate.storage import StudyFolder, StudyMeta, StudyStore
from annotate.study.resuming import keep_source
from annotate.trial import Trial, start, succeed

NOW = 1e9


@dataclasses.dataclass(frozen=True)
class Made:
    """A study, and the user's own directory that it was made of."""

    folder: StudyFolder
    meta: StudyMeta
    cwd: Path

    def trial(self, number: int, **params: object) -> Trial:
        """A succeeded trial; parameters by their short names, and the baseline where there are none."""
        keys = {name: key for key, name in self.meta.names.items()}
        point = {keys.get(name, name): value for name, value in params.items()}
        running = start(Trial(number, point, baseline=number == 0), at=NOW + number)
        return succeed(running, at=NOW + number + 2, value=0.5 + number / 10)

    def save(self, *trials: Trial) -> None:
        with StudyStore.open(self.folder.database) as store:
            store.save(*trials)

    def read(self, name: str = "train.py") -> str:
        return (self.cwd / name).read_bytes().decode()

    def write(self, text: str, name: str = "train.py") -> None:
        (self.cwd / name).write_bytes(text.encode())


def made(cwd: Path, files: dict[str, str], **facts: object) -> Made:
    """A study of `train.py`, or of the first of these files, as `annotate run` would have begun it."""
    for name, text in files.items():
        path = cwd / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    script = cwd / next(iter(files))
    closure = read_closure(script, cwd)
    folder = StudyFolder.create(cwd, script=script.name, now=NOW)
    meta = StudyMeta(
        study=folder.id, script=str(script), code_dir=str(cwd), cwd=str(cwd), python="/usr/bin/python",
        command=["/usr/bin/python", str(script)], created=NOW, tuner="random", direction="maximize", seed=0,
        metric="acc", space=closure.space.to_json(), defaults=dict(closure.defaults), names=closure.names,
    )  # fmt: skip
    meta = dataclasses.replace(meta, **facts)
    StudyStore.create(folder.database, meta).close()
    keep_source(
        folder.source, {f.path.relative_to(cwd).as_posix(): f.path.read_bytes() for f in closure.files}
    )
    return Made(folder, meta, cwd)
