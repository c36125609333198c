"""Which process of a trial reports, and its append-only file.

A trial may be many processes: ranks of torchrun, DataLoader workers, children that run the script
again. All would report; one may. In this order:

1. A launcher's rank other than 0 (`RANK` and its like, if the launcher of the *trial* has set it) does not.
2. Whoever reports first takes a lock for as long as it lives. Nobody reports beside it.
3. After its end a process that was there beside it stays silent (rank 1, when rank 0 has finished);
   one that started later (the next command of a shell script), or that it descends from (a parent
   that summed up its child's work, also one that spoke in vain meanwhile), takes over and counts on.

That a parameter was read is noted by any process: a worker that reads it makes it active.
"""

from __future__ import annotations

import fcntl
import os
import time

RANKS = ("RANK", "OMPI_COMM_WORLD_RANK", "PMI_RANK", "SLURM_PROCID", "LOCAL_RANK")
TOKEN = "ANNOTATE_TRIAL_TOKEN"  # noqa: S105 - the name of a variable
"""Ends the names of the files here, so that only who has the trial's environment speaks for it."""
OUTER_RANKS = "ANNOTATE_OUTER_RANKS"
"""What the ranks were before the trial began, as `NAME=VALUE` by blanks: a host inside a Slurm step."""


class Reporter:
    """This process's end of `reports`. Says nothing until a trial's directory is known."""

    def __init__(self) -> None:
        self._directory: str | None = None
        self._suffix = ""
        self._file = -1
        self._identity = (0, 0)
        self._owner = False
        self._silent = False
        self._steps: dict[tuple[str, str], int] = {}
        self._born = time.monotonic()

    def open(self, directory: str) -> None:
        """Belong to the trial of this directory from now on."""
        token = os.environ.get(TOKEN)
        self._directory = directory
        self._suffix = f"-{token}" if token else ""
        self._silent = _rank() not in (None, "0")

    def forget(self) -> None:
        """In a forked child: what the parent holds is the parent's, and rank 0's child is not rank 0."""
        if self._is_open():
            os.close(self._file)
        self._file = -1
        self._owner = False
        self._steps = {}
        self._born = time.monotonic()

    def descriptors(self) -> set[int]:
        """What is open here."""
        return {self._file} if self._is_open() else set()

    def append(self, line: bytes) -> None:
        """Add one line in one write: it is in the file when this returns. OSError on a full disk."""
        if self._directory is None:
            return
        if not self._is_open():
            self._open_file(self._directory)
            if self._owner:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        written = os.write(self._file, line)
        if written < len(line):
            os.write(self._file, line[written:])

    def step(self, kind: str, key: str) -> int | None:
        """The number of the next result of this kind and key, None where this process does not report."""
        if not self._owner and (self._silent or self._directory is None or not self._take(self._directory)):
            return None
        step = self._steps.get((kind, key), 0)
        self._steps[kind, key] = step + 1
        return step

    def _is_open(self) -> bool:
        """Whether the descriptor is still our file: a script may close every descriptor it finds."""
        if self._file < 0:
            return False
        try:
            status = os.fstat(self._file)
        except OSError:
            return False
        return (status.st_ino, status.st_dev) == self._identity

    def _open_file(self, directory: str) -> None:
        self._file = os.open(
            f"{directory}/reports{self._suffix}", os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600
        )
        status = os.fstat(self._file)
        self._identity = (status.st_ino, status.st_dev)

    def _take(self, directory: str) -> bool:
        if not self._is_open():
            self._open_file(directory)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _Claim.read(f"{directory}/reporter{self._suffix}")
            self._silent = holder is None or os.getpid() not in holder.ancestors
            return False
        previous = _Claim.read(f"{directory}/reporter{self._suffix}")
        if previous is not None and not previous.may_pass_to(os.getpid(), self._born):
            fcntl.flock(self._file, fcntl.LOCK_UN)
            self._silent = True
            return False
        if previous is not None:
            self._steps = self._counted()
        _Claim(time.monotonic(), _ancestors()).write(f"{directory}/reporter{self._suffix}")
        self._owner = True
        return True

    def _counted(self) -> dict[tuple[str, str], int]:
        """How many results of each kind and key an earlier process of this trial has reported."""
        counts: dict[tuple[str, str], int] = {}
        for line in os.pread(self._file, os.fstat(self._file).st_size, 0).decode().splitlines():
            kind, _, rest = line[len('{"kind": "') :].partition('"')
            if kind != "read":
                key = (
                    "default"
                    if '"default": ' in rest
                    else rest.partition('"values": {"')[2].partition('"')[0]
                )
                counts[kind, key] = counts.get((kind, key), 0) + 1
        return counts


class _Claim:
    """Who reported last: when it began to (monotonic seconds), and the processes it descends from."""

    def __init__(self, since: float, ancestors: list[int]) -> None:
        self.since = since
        self.ancestors = ancestors

    def may_pass_to(self, pid: int, born: float) -> bool:
        return pid in self.ancestors or born > self.since

    def write(self, path: str) -> None:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        os.write(file, " ".join(map(str, [self.since, *self.ancestors])).encode())
        os.close(file)

    @classmethod
    def read(cls, path: str) -> _Claim | None:
        try:
            with open(path) as file:
                since, *ancestors = file.read().split()
        except (FileNotFoundError, ValueError):
            return None
        return cls(float(since), [int(pid) for pid in ancestors])


_above: list[int] = []


def remember_ancestors() -> None:
    """Find out now, once, what is above this process: it is the same for all that are forked from it."""
    _above[:] = _ancestors()


def _ancestors() -> list[int]:
    """This process and those above it, as far as they can be seen."""
    parent = os.getppid()
    if _above and parent == _above[0]:
        return [os.getpid(), *_above]
    found = [os.getpid(), parent]
    while found[-1] > 1:
        try:
            with open(f"/proc/{found[-1]}/stat", "rb", 0) as file:
                found.append(int(file.read().rpartition(b")")[2].split()[1]))
        except (OSError, ValueError):
            break
    return found


def _rank() -> str | None:
    outer = os.environ.get(OUTER_RANKS, "").split()
    for name in RANKS:
        rank = os.environ.get(name)
        if rank is not None and f"{name}={rank}" not in outer:
            return rank
    return None
