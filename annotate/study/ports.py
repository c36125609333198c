"""What the loop needs of the outside: something that starts trials, something that hands out slots.

The real ones are `annotate.study.launching` over `annotate_runtime.executors`, and `annotate.study.slots`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from annotate.study.snapshot import GpuReading
from annotate.trial import Measurement, Trial


@dataclass(frozen=True)
class Lease:
    """What a trial may use.

    `gpus` is CUDA_VISIBLE_DEVICES' items (all hidden when empty, left alone when None), `cpus` the cores it is bound to (all when empty), `threads` how
    many a library may use (its own choice when None), `env` what is set for it besides.
    """

    key: int
    gpus: tuple[str, ...] | None = None
    cpus: tuple[int, ...] = ()
    threads: int | None = None
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Waiting:
    """There is no slot now; `why` is what it waits for, in words for the user."""

    why: str


class Slots(Protocol):
    """Hands out GPUs and cores."""

    async def acquire(self, trial: Trial, jobs: int) -> Lease | Waiting:
        """A slot for a trial, or what it waits for; one that is `alone` shares its slot with nobody."""

    def started(self, lease: Lease, pid: int) -> None:
        """The process of a trial, the leader of its session, by which its GPU memory is known."""

    async def release(self, lease: Lease) -> None:
        """Take a slot back; returns when the trial's GPU memory is gone, or after a while."""

    async def readings(self) -> tuple[GpuReading, ...]:
        """The GPUs as they are now."""

    def close(self) -> None:
        """Give every lease back."""


@dataclass(frozen=True)
class News:
    """What a trial wrote since the last look; `more` is whether another look may find more at once."""

    measurements: Sequence[Measurement] = ()
    reads: Sequence[str] = ()
    more: bool = False


class Process(Protocol):
    """A running trial."""

    @property
    def pid(self) -> int: ...

    @property
    def log(self) -> Path: ...

    def news(self) -> News:
        """What was reported since the last call; after the end, all that is left."""

    async def wait(self) -> int | None:
        """Its return code, negative for a signal; None when it was lost."""

    async def stop(self, grace: float) -> None:
        """End it and all it started: SIGTERM, and after `grace` seconds SIGKILL."""


class Launch(Protocol):
    """Starts a trial. Raises LaunchError when no trial of this study can ever be started.

    It may be cancelled: then nothing of the trial runs once it has ended.
    """

    def __call__(self, trial: Trial, lease: Lease, /) -> Awaitable[Process]: ...
