"""A trial's code as a directory that can be handed on: its sources with its values, and what lies beside them.

The files that the study tunes are written as they were when it began; the rest of the code directory is copied as
it is today (`annotate.rewrite.copying` says what of it). A script that imports `nni` by hand gets one of a few lines
beside it, which has the trial's parameters.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from annotate.annotations.api import imported
from annotate.errors import UsageError
from annotate.notebooks import SUFFIX, python_name, read_notebook
from annotate.rewrite.copying import Copy, LeftOut
from annotate.rewrite.stand_in import stand_in
from annotate.rewrite.trials import TrialSource
from annotate.storage import StudyMeta


def check_out(meta: StudyMeta, source: TrialSource, into: Path, *, name: str) -> list[LeftOut]:
    """Write the directory `into`, and leave nothing in it where that fails; `name` is the trial's.

    Returns what was left out. Raises UsageError for one that is neither new nor empty, OSError.
    """
    made = not into.exists()
    if not made and not into.is_dir():
        raise UsageError(f"{into} is a file", remedy="name a new directory")
    if not made and any(into.iterdir()):
        raise UsageError(f"{into} is there and not empty", remedy="name a new directory")
    into.mkdir(parents=True, exist_ok=True)
    try:
        return list(_written(meta, source, into.resolve(), name))
    except BaseException:
        for each in into.iterdir():
            shutil.rmtree(each) if each.is_dir() and not each.is_symlink() else each.unlink()
        if made:
            into.rmdir()
        raise


def _written(meta: StudyMeta, source: TrialSource, into: Path, name: str) -> Iterator[LeftOut]:
    files = _files(meta, source, name)
    code = Path(meta.code_dir)
    if code.is_dir():
        yield from Copy(code, into, frozenset(map(PurePosixPath, files))).directory(PurePosixPath())
    for each, content in files.items():
        path = into / each
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        if (code / each).is_file():
            shutil.copymode(code / each, path)


def _files(meta: StudyMeta, source: TrialSource, name: str) -> dict[str, bytes]:
    """What is written rather than copied; a notebook as the script that runs, too."""
    files = {file.name: file.after for file in source.files}
    for each, content in list(files.items()):
        if each.endswith(SUFFIX):
            files[python_name(each)] = read_notebook(content, each).code.encode()
    imports = set().union(*map(imported, files.values()))
    if meta.nni == "ours" and imports:
        beside = PurePosixPath(Path(meta.script).relative_to(meta.code_dir)).parent
        for path, text in stand_in(source.asked, name, dlkit=b"dlkit_utils" in imports).items():
            files.setdefault((beside / path).as_posix(), text.encode())
    return files
