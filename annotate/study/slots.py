"""The slots of this machine: GPUs where there are any, and cores.

Without `cpus_per_trial` every trial may run on every core, with as many threads as its fair share; with
it a trial is bound to cores of its own. A trial that is `alone` has its GPU for itself, and on a machine
without GPUs the whole machine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from annotate.errors import UsageError
from annotate.study.ports import Lease, Waiting
from annotate.study.snapshot import GpuReading
from annotate.trial import Trial
from annotate_runtime.cpus import CpuPool, allowed_cores, core_count, threads_per_trial
from annotate_runtime.gpus import MOST_PER_GPU, BadGpus, Busy, GpuLease, GpuPool, Share, parse_share, select
from annotate_runtime.nvml import NoDriver, Nvml

AUTO = 0  # trials per GPU: as many as the measured peak of finished trials allows


@dataclass(frozen=True)
class SlotOptions:
    """What the user said of slots. `gpus` is "none", or which ("0,2", "4-7", a UUID); None is all that are visible.

    `trials_per_gpu` is None (one, unless `gpus_per_trial` is a fraction), a number, or `AUTO`.
    """

    gpus: str | None = None
    gpus_per_trial: str = "1"
    trials_per_gpu: int | None = None
    cpus_per_trial: int | None = None
    use_busy_gpus: bool = False


class MachineSlots:
    """The `Slots` of this machine. Made by `of_this_machine`."""

    def __init__(
        self,
        *,
        cores: tuple[int, ...],
        core_count: int,
        gpus: GpuPool | None,
        share: Share,
        auto: bool = False,
        cpus_per_trial: int | None = None,
        hide_gpus: bool = False,
        about_gpus: str = "",
    ) -> None:
        self._without_gpus: tuple[str, ...] | None = () if hide_gpus else None
        self._core_count = core_count
        self._cpus = CpuPool(cores, per_trial=cpus_per_trial) if cpus_per_trial else None
        self._gpus = gpus
        self._share = share
        self._auto = auto
        self._leases: dict[int, GpuLease | None] = {}
        self._alone: int | None = None
        self._next = 0
        self.about_gpus = about_gpus
        """One line for the user: why there is no GPU to use, or which one is left out."""

    @classmethod
    def of_this_machine(cls, options: SlotOptions, env: Mapping[str, str]) -> MachineSlots:
        """Look at the machine. Raises UsageError for options that it cannot satisfy."""
        try:
            share = parse_share(options.gpus_per_trial)
            gpus, about = _gpus(options, env)
            if gpus is not None and share.count > len(gpus.devices):
                raise BadGpus(f"{share.count} GPUs per trial, but there are {len(gpus.devices)} to use")
            if options.trials_per_gpu is not None and share != Share():
                raise BadGpus("--trials-per-gpu and --gpus-per-trial say the same thing: give one of them")
            if options.trials_per_gpu:
                share = Share(fraction=1 / options.trials_per_gpu)
            return cls(
                cores=allowed_cores(),
                core_count=core_count(),
                gpus=gpus,
                share=share,
                auto=options.trials_per_gpu == AUTO,
                cpus_per_trial=options.cpus_per_trial,
                hide_gpus=options.gpus == "none",
                about_gpus=about,
            )
        except ValueError as error:
            raise UsageError(str(error)) from error

    @property
    def capacity(self) -> int:
        """How many trials the machine carries at once: by its GPUs, else its cores; at least 1.

        Where their number on a GPU is to be found out, as many as there may be in the end.
        """
        limits = []
        if self._gpus is not None:
            count = len(self._gpus.devices)
            each = int(1 / self._share.fraction + 1e-9)
            if self._auto:
                each = max(1, min(MOST_PER_GPU, self._core_count // count))
            limits.append(count * each // self._share.count)
        else:
            limits.append(self._core_count)
        if self._cpus is not None:
            limits.append(self._cpus.total // self._cpus.per_trial)
        return max(1, min(limits))

    @property
    def has_gpus(self) -> bool:
        return self._gpus is not None

    async def acquire(self, trial: Trial, jobs: int) -> Lease | Waiting:
        """A slot for a trial, or what it waits for."""
        if self._gpus is None and (why := self._held_for_memory(trial)):
            return Waiting(why)
        cpus = self._cpus.take() if self._cpus is not None else ()
        if cpus is None:
            assert self._cpus is not None
            return Waiting(f"{self._cpus.per_trial} cores, {self._cpus.free} are free")
        lease: GpuLease | None = None
        if self._gpus is not None:
            match await asyncio.to_thread(self._gpus.lease, trial.number, self._wanted(), alone=trial.alone):
                case Busy(why):
                    self._give_cores(cpus)
                    return Waiting(why)
                case GpuLease() as lease:
                    pass
        self._next += 1
        self._leases[self._next] = lease
        if trial.alone and lease is None:
            self._alone = self._next
        return Lease(
            key=self._next,
            gpus=tuple(device.visible_as for device in lease.devices) if lease else self._without_gpus,
            cpus=cpus,
            threads=len(cpus) or threads_per_trial(jobs, self._core_count),
            env={"CUDA_DEVICE_ORDER": "PCI_BUS_ID"} if lease else {},
        )

    def started(self, lease: Lease, pid: int) -> None:
        """The process of a trial, by which its GPU memory is known."""
        gpus = self._leases[lease.key]
        if self._gpus is not None and gpus is not None:
            self._gpus.started(gpus, pid)

    async def release(self, lease: Lease) -> None:
        """Take a slot back once the trial's GPU memory is gone."""
        gpus = self._leases[lease.key]
        if self._gpus is not None and gpus is not None:
            await asyncio.to_thread(self._gpus.give_back, gpus)
        del self._leases[lease.key]
        if self._alone == lease.key:
            self._alone = None
        self._give_cores(lease.cpus)

    async def readings(self) -> tuple[GpuReading, ...]:
        """The GPUs as they are now."""
        if self._gpus is None:
            return ()
        return tuple(
            GpuReading(
                device.index,
                device.name,
                usage.memory_used,
                usage.memory_total,
                usage.utilization,
                holder,
                usage.processes,
            )
            for device, usage, holder in await asyncio.to_thread(self._gpus.usages)
        )

    def close(self) -> None:
        """Give every lease back."""
        if self._gpus is not None:
            self._gpus.close()

    def _wanted(self) -> Share:
        if self._auto and self._gpus is not None:
            return Share(fraction=1 / self._gpus.fitting())
        return self._share

    def _held_for_memory(self, trial: Trial) -> str | None:
        if self._alone is not None:
            return "a trial that ran out of memory runs alone"
        if trial.alone and self._leases:
            return "the end of the others: it ran out of memory and runs again alone"
        return None

    def _give_cores(self, cores: tuple[int, ...]) -> None:
        if self._cpus is not None:
            self._cpus.give_back(cores)


def _gpus(options: SlotOptions, env: Mapping[str, str]) -> tuple[GpuPool | None, str]:
    if options.gpus == "none":
        return None, ""
    try:
        nvml = Nvml.open()
        devices = nvml.devices()
    except NoDriver as error:
        if options.gpus is not None:
            raise BadGpus(f"--gpus {options.gpus}: {error}") from error
        return None, str(error)
    chosen = select(devices, spec=options.gpus, visible=env.get("CUDA_VISIBLE_DEVICES"))
    if not chosen:
        nvml.close()
        return None, "no GPU is used: CUDA_VISIBLE_DEVICES hides them all" if devices else ""
    return GpuPool(nvml, chosen, use_busy=options.use_busy_gpus), "; ".join(nvml.left_out)
