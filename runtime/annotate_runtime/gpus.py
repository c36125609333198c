"""Which GPUs a study may use, and their leasing to trials: whole, several, or a fraction.

A GPU on which a compute process of somebody else's runs, or whose memory is taken, is waited for.
Several hosts on one machine, also of several users, never lease the same GPU: a lease holds a lock file
that its holder's death releases.

>>> pool = GpuPool(nvml, select(nvml.devices(), spec="0,2", visible=os.environ.get("CUDA_VISIBLE_DEVICES")))
>>> match pool.lease(trial=7, wanted=Share(count=2)):
...     case GpuLease(devices=devices): ...
...     case Busy(why): ...  # "GPU 2: pid 4711, python, 31.2 GB of 40"
"""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from annotate_runtime.gpu_locks import GpuLock, try_lock
from annotate_runtime.nvml import Device, NoDriver, Nvml, Usage

GIB = 2**30
IDLE_SHARE = 0.1  # of its memory a GPU may have in use and still be free: the driver's own
IDLE_BYTES = GIB
DRAIN = 30.0  # seconds to wait for an ended trial's memory
HEADROOM = 1.2  # of its measured peak that a trial is given, where their number is found out
MOST_PER_GPU = 16


class BadGpus(ValueError):  # noqa: N818 - named for what it is
    """A `--gpus` that cannot be satisfied; the message is for the user."""


@dataclass(frozen=True)
class Share:
    """What a trial wants: `count` whole GPUs, or `fraction` of one (then `count` is 1)."""

    count: int = 1
    fraction: float = 1.0


@dataclass(frozen=True)
class GpuLease:
    """Devices lent to a trial until they are given back."""

    trial: int
    devices: tuple[Device, ...]
    fraction: float


@dataclass(frozen=True)
class Busy:
    """Nothing to lease now; `why` is one line for the user."""

    why: str


def parse_share(text: str) -> Share:
    """Read `--gpus-per-trial`: a whole number, or a fraction below 1. Raises BadGpus."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if number >= 1 and number.is_integer():
        return Share(count=int(number))
    if 0 < number < 1:
        return Share(fraction=number)
    raise BadGpus(f"--gpus-per-trial {text!r} is neither a whole number nor a fraction like 0.5")


def select(devices: Sequence[Device], *, spec: str | None = None, visible: str | None = None) -> list[Device]:
    """The devices that `CUDA_VISIBLE_DEVICES` leaves and `--gpus` names ("0,2", "4-7", a UUID's beginning).

    Like CUDA, `visible` ends at the first item that names no device. Raises BadGpus for `spec`.
    """
    seen = list(devices)
    if visible is not None:
        seen = []
        for item in filter(None, (part.strip() for part in visible.split(","))):
            named = _named(devices, item)
            if not named:
                break
            seen += [device for device in named if device not in seen]
    if spec is None:
        return seen
    chosen: list[Device] = []
    for item in filter(None, (part.strip() for part in spec.replace("|", ",").split(","))):
        named = _ranged(seen, item)
        if not named:
            there = ", ".join(device.visible_as for device in seen) or "none"
            raise BadGpus(f"--gpus {spec}: there is no GPU {item}; there are {there}")
        chosen += [device for device in named if device not in chosen]
    return chosen


class GpuPool:
    """Leases devices, to any thread; a call asks the driver, which takes milliseconds."""

    def __init__(
        self,
        nvml: Nvml,
        devices: Sequence[Device],
        *,
        use_busy: bool = False,
        locks: Path | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._nvml = nvml
        self._slots = {device.uuid: _Slot(device) for device in devices}
        self._mutex = threading.Lock()
        self._use_busy = use_busy
        self._locks = locks
        self._sleep = sleep
        self._clock = clock
        self.peak = 0
        """Bytes that the hungriest finished trial had on one device, as far as was seen."""

    @property
    def devices(self) -> tuple[Device, ...]:
        return tuple(slot.device for slot in self._slots.values())

    def lease(self, trial: int, wanted: Share, *, alone: bool = False) -> GpuLease | Busy:
        """Devices for a trial, all or none. `alone` makes a fraction the whole GPU."""
        with self._mutex:
            return self._lease(trial, wanted, 1.0 if alone else wanted.fraction)

    def _lease(self, trial: int, wanted: Share, fraction: float) -> GpuLease | Busy:
        taken: list[_Slot] = []
        reasons: list[str] = []
        for slot in sorted(self._slots.values(), key=lambda s: s.used, reverse=fraction < 1):
            why = self._why_not(slot, fraction)
            if why is None:
                taken.append(slot)
                if len(taken) == wanted.count:
                    break
            else:
                reasons.append(why)
        if len(taken) < wanted.count:
            for slot in taken:
                slot.unlock_if_unused()
            return Busy("; ".join(reasons) or f"{wanted.count} GPUs, there are {len(self._slots)}")
        for slot in taken:
            slot.shares[trial] = fraction
        return GpuLease(trial, tuple(slot.device for slot in taken), fraction)

    def started(self, lease: GpuLease, session: int) -> None:
        """The trial's session, by which its processes are told from others'."""
        for device in lease.devices:
            self._slots[device.uuid].sessions[lease.trial] = session

    def give_back(self, lease: GpuLease) -> bool:
        """Take devices back once the trial's memory is gone from them; False when it stayed for too long."""
        deadline = self._clock() + DRAIN
        gone = True
        for device in lease.devices:
            slot = self._slots[device.uuid]
            while (left := self._left_by(slot, lease.trial)) and self._clock() < deadline:
                self._sleep(0.05)
            gone = gone and not left
            with self._mutex:
                slot.shares.pop(lease.trial, None)
                slot.sessions.pop(lease.trial, None)
                self.peak = max(self.peak, slot.peaks.pop(lease.trial, 0))
                slot.unlock_if_unused()
        return gone

    def usages(self) -> list[tuple[Device, Usage, str]]:
        """Every device as it is, and who has it; notes how much memory trials take."""
        found = []
        for slot in self._slots.values():
            try:
                usage = self._nvml.usage(slot.device)
            except NoDriver:
                continue
            self._note_peaks(slot, usage)
            holder = _trials(slot.shares)
            found.append((slot.device, usage, holder or self._occupant(slot, usage) or ""))
        return found

    def fitting(self) -> int:
        """How many trials of the measured peak fit on the smallest device; 1 until one was measured."""
        if not self.peak or not self._slots:
            return 1
        smallest = min(slot.device.memory_total for slot in self._slots.values())
        return max(1, min(MOST_PER_GPU, int(smallest / (self.peak * HEADROOM))))

    def close(self) -> None:
        """Give every lease back at once."""
        for slot in self._slots.values():
            slot.shares.clear()
            slot.unlock_if_unused()

    def _why_not(self, slot: _Slot, fraction: float) -> str | None:
        """Why a slot cannot be leased; None when it can, and then it is locked."""
        if slot.used + fraction > 1 + 1e-9:
            return f"{slot.device.label}: {_trials(slot.shares)}"
        try:
            usage = self._nvml.usage(slot.device)
        except NoDriver as error:
            return str(error)
        if not self._use_busy and (occupant := self._occupant(slot, usage)):
            size = f"{usage.memory_used / GIB:.1f} GB of {usage.memory_total / GIB:.0f}"
            return f"{slot.device.label}: {occupant}, {size}"
        if not slot.shares:
            slot.before = usage
        if slot.lock is None:
            lock = try_lock(slot.device.uuid, self._locks)
            if isinstance(lock, str):
                return f"{slot.device.label}: another study has it{lock}"
            slot.lock = lock
        return None

    def _occupant(self, slot: _Slot, usage: Usage) -> str | None:
        """Who else computes on a device, or that its memory is taken; None when it is free for us."""
        for pid in sorted(usage.processes):
            if not _ours(pid, slot):
                return f"pid {pid}, {_name(pid)}"
        if not slot.shares and usage.memory_used > max(IDLE_BYTES, IDLE_SHARE * usage.memory_total):
            return "its memory is in use"
        return None

    def _left_by(self, slot: _Slot, trial: int) -> bool:
        """Whether a trial that has ended still has memory on a device."""
        try:
            usage = self._nvml.usage(slot.device)
        except NoDriver:
            return False
        self._note_peaks(slot, usage)
        session = slot.sessions.get(trial)
        if session is not None and any(_session(pid) == session or pid == session for pid in usage.processes):
            return True
        unseen = [
            pid for pid in usage.processes if _session(pid) is None and pid not in slot.before.processes
        ]
        return bool(unseen) and len(slot.shares) == 1

    def _note_peaks(self, slot: _Slot, usage: Usage) -> None:
        """What each trial has now; where the driver does not tell, what was not taken before it came."""
        with self._mutex:
            for trial, session in tuple(slot.sessions.items()):
                used = sum(
                    memory or 0
                    for pid, memory in usage.processes.items()
                    if pid == session or _session(pid) == session
                )
                alone = len(slot.shares) == 1 and all(_session(p) in (session, None) for p in usage.processes)
                if not used and alone:
                    used = usage.memory_used - slot.before.memory_used
                slot.peaks[trial] = max(slot.peaks.get(trial, 0), used)


@dataclass
class _Slot:
    """One device, who has which part of it, the most bytes that each has had, and how it was before them."""

    device: Device
    shares: dict[int, float] = field(default_factory=dict)
    sessions: dict[int, int] = field(default_factory=dict)
    peaks: dict[int, int] = field(default_factory=dict)
    before: Usage = field(default_factory=lambda: Usage(0, 0, None, {}))
    lock: GpuLock | None = None

    @property
    def used(self) -> float:
        return sum(self.shares.values())

    def unlock_if_unused(self) -> None:
        if not self.shares and self.lock is not None:
            self.lock.release()
            self.lock = None


def _ours(pid: int, slot: _Slot) -> bool:
    """A pid of one of our trials; one that we cannot see (a container's) is ours where we have a lease."""
    session = _session(pid)
    if session is None:
        return bool(slot.shares)
    return session in slot.sessions.values() or pid in slot.sessions.values()


def _session(pid: int) -> int | None:
    """The session of a process, None when it cannot be seen from here."""
    try:
        return os.getsid(pid)
    except OSError:
        return None


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return "unknown"


def _named(devices: Sequence[Device], item: str) -> list[Device]:
    if item.isdecimal():
        return [device for device in devices if device.index == int(item)]
    found = [device for device in devices if device.uuid.startswith(item)]
    return found if len(found) == 1 else []


def _ranged(devices: Sequence[Device], item: str) -> list[Device]:
    low, dash, high = item.partition("-")
    if dash and low.isdecimal() and high.isdecimal():
        wanted = range(int(low), int(high) + 1)
        found = [device for device in devices if device.index in wanted]
        return found if {device.index for device in found} == set(wanted) else []
    return _named(devices, item)


def _trials(numbers: Iterable[int]) -> str:
    """`trial 3`, `trials 3, 5`; nothing for none."""
    named = [str(number) for number in sorted(numbers)]
    return f"trial{'s' if len(named) > 1 else ''} {', '.join(named)}" if named else ""
