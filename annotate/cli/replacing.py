"""Several files written, all of them or none: each whole, in the place of the old one, with its mode and owner.

Refuses a file that is read-only or that somebody has changed meanwhile. A symbolic link goes on to be one: what
it points to is written.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from annotate.errors import UsageError

_UNTOUCHED = "nothing was written"


@dataclass(frozen=True)
class Replacement:
    """A file by the user's own path: what it was read as, and what it shall be."""

    path: Path
    before: bytes
    after: bytes


def replace_all(files: Sequence[Replacement]) -> None:
    """Write every file. Raises UsageError, and then all are as they were."""
    targets = _targets(files)
    staged: dict[Path, Path] = {}
    kept: dict[Path, Path] = {}
    try:
        for target, file in targets.items():
            with _said(file.path):
                staged[target] = _staged(target, file.after)
                kept[target] = _kept(target, file.before)
        for target, file in targets.items():
            with _said(file.path):
                staged[target].replace(target)
    except BaseException:
        for target, old in kept.items():
            if not staged[target].exists():  # it has taken the place of the old one
                old.replace(target)
        raise
    finally:
        for temporary in (*staged.values(), *kept.values()):
            temporary.unlink(missing_ok=True)


def _targets(files: Sequence[Replacement]) -> Mapping[Path, Replacement]:
    """The files that are written to, each once; all can be written, and are as they were read."""
    targets: dict[Path, Replacement] = {}
    for file in files:
        with _said(file.path):
            target = file.path.resolve(strict=True)
            mode = target.stat().st_mode
            if not mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH) or not os.access(target, os.W_OK):
                raise UsageError(f"{file.path} is read-only; {_UNTOUCHED}", remedy=f"chmod u+w {file.path}")
            if target.read_bytes() != file.before:
                raise UsageError(f"{file.path} was changed meanwhile; {_UNTOUCHED}", remedy="run it again")
        other = targets.setdefault(target, file)
        if other.after != file.after:
            raise UsageError(f"{file.path} and {other.path} are one file, and would become two; {_UNTOUCHED}")
    return targets


def _staged(target: Path, content: bytes) -> Path:
    """The new file beside the old one, on the disk and with its mode and owner."""
    old = target.stat()
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            with contextlib.suppress(
                PermissionError
            ):  # only root gives a file away; the group may still be right
                os.fchown(stream.fileno(), old.st_uid, old.st_gid)
            os.fchmod(stream.fileno(), stat.S_IMODE(old.st_mode))
            os.fsync(stream.fileno())
    except BaseException:
        Path(name).unlink()
        raise
    return Path(name)


def _kept(target: Path, content: bytes) -> Path:
    """The old file under another name beside its own, to be put back; needs no room where links are known."""
    copy = _staged(target, content)
    linked = copy.with_name(f"{copy.name}.old")
    try:
        os.link(target, linked)
    except OSError:
        return copy
    copy.unlink()
    return linked


@contextlib.contextmanager
def _said(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}; {_UNTOUCHED}") from error
