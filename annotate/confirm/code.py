"""The code that a run with a given seed runs: the study's own, or a copy of it with that seed written in.

>>> seeding(closure, root).text
'by --seed SEED'
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from annotate.confirm.seeding import is_seed, reseeded, seed_literals, seed_option
from annotate.errors import UsageError
from annotate.instrument import instrument
from annotate.sources import Closure, python_of
from annotate.storage import StudyFolder, StudyMeta
from annotate.storage.faults import told
from annotate_runtime.install import Redirects, install_lib

SLOT = "{}"


@dataclass(frozen=True)
class Seeding:
    """How runs get their seed: by words of the command line, in the source, or not from here.

    `words` hold `{}` where the seed stands. `written` are the seeds in the source, as `train.py:12 (0)`.
    """

    words: str | None
    written: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        if self.words is not None:
            return f"by {self.words.replace(SLOT, 'SEED')}"
        if self.written:
            return f"in place of those in the source, {', '.join(self.written)}"
        return "none found in the source, so each run draws its own unless it is seeded elsewhere (then say --seed-as)"


def seeding(closure: Closure, given: str | None) -> Seeding:
    """How the script of a study's kept closure takes a seed, unless the user says. Raises UsageError."""
    if given is not None:
        if SLOT not in given:
            raise UsageError(
                f"--seed-as {given!r} has no place for the seed",
                remedy="write it as {}: --seed-as '--seed {}'",
            )
        return Seeding(given)
    sources = [(file.path.relative_to(closure.code_dir), python_of(file.path)) for file in closure.files]
    if (option := seed_option(data for _, data in sources)) is not None:
        return Seeding(f"{option} {SLOT}")
    return Seeding(
        None,
        tuple(
            f"{name}:{each.line} ({each.text})"
            for name, data in sources
            for each in seed_literals(data, str(name))
        ),
    )


def fresh_seeds(closure: Closure, command: Sequence[str], count: int) -> list[int]:
    """The first whole numbers from 1 on that the study's script is not seeded with."""
    said = [each for word in command for each in word.split("=", 1)]
    used = {value for name, value in itertools.pairwise(said) if is_seed(name)} | {
        each.text for file in closure.files for each in seed_literals(python_of(file.path), str(file.path))
    }
    return list(itertools.islice((seed for seed in itertools.count(1) if str(seed) not in used), count))


def with_seed(
    folder: StudyFolder, meta: StudyMeta, closure: Closure, runs: StudyFolder, seed: int
) -> StudyFolder:
    """A copy of the study's code with that seed written in, made where it is not there yet."""
    copy = StudyFolder(runs.path / "seeds" / str(seed))
    if copy.lib.exists():
        return copy
    with told(copy.path):
        shutil.rmtree(copy.path, ignore_errors=True)
        shutil.copytree(folder.code, copy.code, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
        copies = []
        for file in closure.files:
            name = file.mirrored.relative_to(closure.code_dir).as_posix()
            code = reseeded(python_of(file.path), name, seed)
            (copy.code / name).write_bytes(instrument(code, file.module, name).code)
            copies.append(name)
        made = install_lib(
            copy.path / "making",
            Redirects(Path(meta.code_dir), copy.code, tuple(copies)),
            nni=meta.nni == "ours",
        )
        made.rename(copy.lib)
    return copy
