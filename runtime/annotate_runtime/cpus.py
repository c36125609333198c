"""The cores this process may use, and their sharing among trials.

>>> pool = CpuPool((0, 1, 2, 3), per_trial=2)
>>> pool.take(), pool.take(), pool.take()
((0, 1), (2, 3), None)
"""

from __future__ import annotations

import math
import os
from pathlib import Path

CGROUP_V2 = Path("/sys/fs/cgroup/cpu.max")
CGROUP_V1 = Path("/sys/fs/cgroup/cpu")


def allowed_cores() -> tuple[int, ...]:
    """The cores of this process's affinity; all of the machine's where there is no affinity (macOS)."""
    if hasattr(os, "sched_getaffinity"):
        return tuple(sorted(os.sched_getaffinity(0)))
    return tuple(range(os.cpu_count() or 1))


def core_count() -> int:
    """How many cores' worth of time this process gets: its affinity, or its container's quota if that is less."""
    quota = _quota()
    cores = len(allowed_cores())
    return cores if quota is None else max(1, min(cores, math.floor(quota)))


def threads_per_trial(jobs: int, cores: int) -> int:
    """The fair share of the cores, at least 1, so that parallel trials do not oversubscribe the machine."""
    return max(1, cores // max(1, jobs))


class CpuPool:
    """Whole cores, each lent to one trial at a time."""

    def __init__(self, cores: tuple[int, ...], *, per_trial: int) -> None:
        if per_trial > len(cores):
            raise ValueError(f"{per_trial} cores per trial, but there are {len(cores)}")
        self._free = list(cores)
        self.total = len(cores)
        self.per_trial = per_trial

    @property
    def free(self) -> int:
        return len(self._free)

    def take(self) -> tuple[int, ...] | None:
        """Cores for one trial, None when too few are free."""
        if len(self._free) < self.per_trial:
            return None
        taken, self._free = self._free[: self.per_trial], self._free[self.per_trial :]
        return tuple(taken)

    def give_back(self, cores: tuple[int, ...]) -> None:
        """A trial has ended."""
        self._free = sorted({*self._free, *cores})


def _quota() -> float | None:
    try:
        quota, period = CGROUP_V2.read_text().split()
    except (OSError, ValueError):
        try:
            quota = (CGROUP_V1 / "cpu.cfs_quota_us").read_text().strip()
            period = (CGROUP_V1 / "cpu.cfs_period_us").read_text().strip()
        except OSError:
            return None
    if quota in ("max", "-1"):
        return None
    return int(quota) / int(period)
