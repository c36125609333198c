"""The GPUs that a trial ran on, held once more for a replay; refused where somebody else computes on them.

>>> with same_gpus(("1",)) as gpus:
...     gpus.visible, gpus.notice
('', 'it ran on GPU 1, which is not here: no GPU is used')
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from annotate.errors import LaunchError
from annotate_runtime.gpus import Busy, GpuPool, Share, select
from annotate_runtime.nvml import NoDriver, Nvml


@dataclass(frozen=True)
class SameGpus:
    """`visible` is for CUDA_VISIBLE_DEVICES, None to leave it as it was; `notice` is a line for the user, or ""."""

    visible: str | None = None
    notice: str = ""


@contextmanager
def same_gpus(wanted: tuple[str, ...]) -> Iterator[SameGpus]:
    """Hold these GPUs, as CUDA_VISIBLE_DEVICES named them, for the length of the block. Raises LaunchError."""
    if not wanted:
        yield SameGpus()
        return
    try:
        nvml = Nvml.open()
        there = nvml.devices()
    except NoDriver:
        yield _missing(wanted)
        return
    try:
        devices = [device for device in select(there) if device.visible_as in wanted]
        if len(devices) < len(wanted):
            yield _missing(tuple(name for name in wanted if name not in {d.visible_as for d in devices}))
            return
        pool = GpuPool(nvml, devices)
        match pool.lease(0, Share(count=len(devices))):
            case Busy(why):
                raise LaunchError(
                    f"the trial's GPU is in use: {why}", remedy="wait for it, or replay without one: --cpu"
                )
            case _:
                try:
                    yield SameGpus()
                finally:
                    pool.close()
    finally:
        nvml.close()


def _missing(names: tuple[str, ...]) -> SameGpus:
    one = f"GPU {names[0]}, which is" if len(names) == 1 else f"GPUs {', '.join(names)}, which are"
    return SameGpus("", f"it ran on {one} not here: no GPU is used")
