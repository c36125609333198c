"""Studies on disk: their directories, their database, and who runs them."""

from __future__ import annotations

from annotate.storage.folder import StudyFolder, find, find_to_read, studies
from annotate.storage.gc import KeepTop, parse_keep, sweep
from annotate.storage.lock import Holder, HostLock, holder
from annotate.storage.meta import StudyMeta
from annotate.storage.store import StudyStore

__all__ = [
    "Holder", "HostLock", "KeepTop", "StudyFolder", "StudyMeta", "StudyStore", "find", "find_to_read", "holder", "parse_keep", "studies", "sweep",
]  # fmt: skip
