"""The load of the machine, looked at once a second, for whoever shows it.

psutil is imported at the first look, which comes after the first trial has begun.
"""

from __future__ import annotations

import time
from pathlib import Path

from annotate.study.ports import Slots
from annotate.study.snapshot import Machine

PERIOD = 1.0  # seconds


class MachineSampler:
    """Keeps the latest reading of cores, memory and GPUs."""

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self._last = 0.0
        self.latest = Machine()

    async def sample(self) -> None:
        """Look, if the last look was a second ago."""
        if time.monotonic() - self._last < PERIOD:
            return
        self._last = time.monotonic()
        import psutil  # noqa: PLC0415 - 30 ms that the first trial need not wait for

        memory = psutil.virtual_memory()
        self.latest = Machine(
            cpu=tuple(share / 100.0 for share in psutil.cpu_percent(percpu=True)),
            memory_used=memory.total - memory.available,
            memory_total=memory.total,
            gpus=await self._slots.readings(),
        )


def kernel_oom_kills() -> int:
    """How many processes the kernel has killed for want of memory since it booted; 0 where it does not tell."""
    try:
        for line in Path("/proc/vmstat").read_text().splitlines():
            name, _, count = line.partition(" ")
            if name == "oom_kill":
                return int(count)
    except OSError:
        pass
    return 0
