"""What the NVIDIA driver says: GPUs, MIG devices, their memory and who computes on them.

The one place that speaks to the binding, which is imported here and not before. A driver that is
absent, broken, or so old that it cannot say who computes, is `NoDriver` with one line why; any other call
that an old driver lacks is unknown. A GPU that has broken down is left out, the others are not.

>>> Nvml.open().devices()
[Device(index=0, uuid='GPU-6c1f...', name='NVIDIA H200', memory_total=150754820096, mig=False)]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class NoDriver(RuntimeError):  # noqa: N818 - named for what it is
    """GPUs cannot be asked for; the message is one line for the user."""


@dataclass(frozen=True)
class Device:
    """What CUDA can run on: a GPU, or one MIG device of it. `index` is the GPU's, memory is bytes.

    `counted` is whether CUDA counts as the driver does: it leaves out a GPU that has broken down.
    """

    index: int
    uuid: str
    name: str
    memory_total: int
    mig: bool = False
    counted: bool = True

    @property
    def label(self) -> str:
        """What a user calls it."""
        return f"GPU {self.index} {self.uuid[:12]}" if self.mig else f"GPU {self.index}"

    @property
    def visible_as(self) -> str:
        """Its item in CUDA_VISIBLE_DEVICES, where CUDA_DEVICE_ORDER is PCI_BUS_ID."""
        return str(self.index) if self.counted and not self.mig else self.uuid


@dataclass(frozen=True)
class Usage:
    """A device at one moment. `processes` maps the pid of each compute process to its bytes, None if unknown.

    `utilization` is a share in [0, 1], None if unknown.
    """

    memory_used: int
    memory_total: int
    utilization: float | None
    processes: dict[int, int | None]


class Nvml:
    """An open connection to the driver."""

    def __init__(self, binding: Any) -> None:
        self._nvml = binding
        self._handles: dict[str, Any] = {}
        self.left_out: list[str] = []
        """Why, one line for each GPU that has broken down."""

    @classmethod
    def open(cls) -> Nvml:
        """Connect. Raises NoDriver."""
        try:
            import pynvml  # host side only, and only where GPUs are asked for
        except ImportError as error:
            raise NoDriver("no GPU is used: nvidia-ml-py is not installed") from error
        try:
            pynvml.nvmlInit()
        except pynvml.NVMLError_LibraryNotFound as error:
            raise NoDriver("no GPU is used: no NVIDIA driver is found") from error
        except pynvml.NVMLError_FunctionNotFound as error:
            raise NoDriver("no GPU is used: the driver is too old to be asked") from error
        except (pynvml.NVMLError, OSError) as error:
            raise NoDriver(f"no GPU is used: {_said(error)}") from error
        return cls(pynvml)

    def devices(self) -> list[Device]:
        """All devices in the order of the bus; a GPU in MIG mode stands as its MIG devices. Raises NoDriver."""
        found: list[Device] = []
        self.left_out = []
        try:
            for index in range(self._nvml.nvmlDeviceGetCount()):
                try:
                    found += self._split(index, self._nvml.nvmlDeviceGetHandleByIndex(index))
                except self._nvml.NVMLError as error:
                    self.left_out.append(f"GPU {index} is not used: {_said(error)}")
        except self._nvml.NVMLError as error:
            raise NoDriver(f"no GPU is used: {_said(error)}") from error
        if self.left_out and not found:
            raise NoDriver(f"no GPU is used: {self.left_out[0]}")
        if found:
            self._require_processes(self._handles[found[0].uuid])
        return found

    def usage(self, device: Device) -> Usage:
        """How busy a device is now. Raises NoDriver when it is gone."""
        handle = self._handles[device.uuid]
        try:
            memory = self._nvml.nvmlDeviceGetMemoryInfo(handle)
        except self._nvml.NVMLError as error:
            raise NoDriver(f"{device.label}: {_said(error)}") from error
        rates = self._try(self._nvml.nvmlDeviceGetUtilizationRates, handle)
        processes = self._try(self._processes, handle) or []
        return Usage(
            memory_used=int(memory.used),
            memory_total=int(memory.total),
            utilization=None if rates is None else rates.gpu / 100.0,
            processes={int(process.pid): process.usedGpuMemory for process in processes},
        )

    def close(self) -> None:
        """Let the driver go."""
        self._try(self._nvml.nvmlShutdown)

    def _require_processes(self, handle: Any) -> None:
        """Without knowing who computes we would take a GPU from somebody. Raises NoDriver."""
        try:
            self._processes(handle)
        except self._nvml.NVMLError_FunctionNotFound as error:
            raise NoDriver("no GPU is used: the driver is too old to say who computes") from error
        except self._nvml.NVMLError:
            return

    def _processes(self, handle: Any) -> Any:
        """The compute processes, not those that only draw; by the newest call that the driver has."""
        try:
            return self._nvml.nvmlDeviceGetComputeRunningProcesses_v3(handle)
        except self._nvml.NVMLError_FunctionNotFound:
            return self._nvml.nvmlDeviceGetComputeRunningProcesses_v2(handle)

    def _split(self, index: int, handle: Any) -> list[Device]:
        mode = self._try(self._nvml.nvmlDeviceGetMigMode, handle)
        if not mode or not mode[0]:
            return [self._device(index, handle, mig=False)]
        slots = self._try(self._nvml.nvmlDeviceGetMaxMigDeviceCount, handle) or 0
        parts = (self._try(self._nvml.nvmlDeviceGetMigDeviceHandleByIndex, handle, n) for n in range(slots))
        return [self._device(index, part, mig=True) for part in parts if part is not None]

    def _device(self, index: int, handle: Any, *, mig: bool) -> Device:
        uuid = _text(self._nvml.nvmlDeviceGetUUID(handle))
        self._handles[uuid] = handle
        name = _text(self._try(self._nvml.nvmlDeviceGetName, handle) or "GPU")
        total = int(self._nvml.nvmlDeviceGetMemoryInfo(handle).total)
        return Device(index, uuid, name, total, mig, counted=not self.left_out)

    def _try(self, function: Any, *arguments: Any) -> Any:
        """The answer, None where this driver or device has none."""
        try:
            return function(*arguments)
        except self._nvml.NVMLError:
            return None


def _said(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
