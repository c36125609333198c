"""The load of the machine, looked at once a second, for whoever shows it.

psutil is imported at the first look, which comes after the first trial has begun.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from annotate.study import memory as memory_of
from annotate.study.ports import Slots
from annotate.study.snapshot import Machine, TrialMemory

PERIOD = 1.0  # seconds


class MachineSampler:
    """Keeps the latest reading of cores, memory and GPUs; `pids` are those of the running trials, by number.

    A study is worth more than the picture of its machine: after a fault, of which `failed` is told, there are
    no more readings, and nothing else.
    """

    def __init__(
        self,
        slots: Slots,
        failed: Callable[[BaseException], None] = lambda _: None,
        pids: Callable[[], Mapping[int, int]] = dict,
    ) -> None:
        self._slots = slots
        self._pids = pids
        self._failed = failed
        self._last = 0.0
        self._broken = False
        self._looking: asyncio.Task[None] | None = None
        self.latest = Machine()

    def look(self) -> None:
        """Begin to `sample`, unless that is under way: a driver may take its time."""
        if not self._broken and (self._looking is None or self._looking.done()):
            self._looking = asyncio.create_task(self.sample())
            self._looking.add_done_callback(self._looked)

    def close(self) -> None:
        """Look no more."""
        if self._looking is not None:
            self._looking.cancel()

    async def sample(self) -> None:
        """Look, if the last look was a second ago."""
        if time.monotonic() - self._last < PERIOD:
            return
        self._last = time.monotonic()
        import psutil  # noqa: PLC0415 - 30 ms that the first trial need not wait for

        memory = psutil.virtual_memory()
        gpus, pids = await self._slots.readings(), self._pids()
        resident = await asyncio.to_thread(memory_of.resident, pids)
        on_gpus = memory_of.on_gpus(pids, (gpu.processes for gpu in gpus))
        self.latest = Machine(
            cpu=tuple(share / 100.0 for share in psutil.cpu_percent(percpu=True)),
            memory_used=memory.total - memory.available,
            memory_total=memory.total,
            gpus=gpus,
            trials={n: TrialMemory(size, on_gpus.get(n)) for n, size in resident.items()},
        )

    def _looked(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._broken, self.latest = True, Machine()
            self._failed(error)


def kernel_oom_kills() -> int:
    """How many processes the kernel has killed for want of memory since it booted; 0 where it does not tell."""
    try:
        _, found, rest = Path("/proc/vmstat").read_text().partition("\noom_kill ")
    except OSError:
        return 0
    return int(rest.partition("\n")[0]) if found else 0
