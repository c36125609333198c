"""Slots of the machine: what a trial gets, what it waits for, how many fit."""

import asyncio

import pytest

from annotate.errors import UsageError
from annotate.study import MachineSlots, SlotOptions
from annotate.study.ports import Lease, Waiting
from annotate.trial import Trial
from annotate_runtime.gpus import GpuPool, Share
from annotate_runtime.nvml import Device, Usage

GB = 2**30


class Driver:
    """Answers for GPUs that nobody else uses."""

    def usage(self, device):
        return Usage(0, 40 * GB, 0.25, {})


def slots(gpus=0, *, share=None, cores=(0, 1, 2, 3), tmp_path=None, **options):
    devices = [Device(n, f"GPU-{n}", "A100", 40 * GB) for n in range(gpus)]
    return MachineSlots(
        cores=cores,
        core_count=len(cores),
        gpus=GpuPool(Driver(), devices, locks=tmp_path) if gpus else None,
        share=share or Share(),
        **options,
    )


def acquire(machine, number=0, jobs=2, *, alone=False):
    return asyncio.run(machine.acquire(Trial(number, {}, alone=alone), jobs))


def release(machine, lease):
    asyncio.run(machine.release(lease))


def test_threads_are_shared_out_among_the_jobs_and_no_trial_is_bound():
    lease = acquire(slots(), jobs=2)
    assert (lease.cpus, lease.threads, lease.gpus) == ((), 2, None)


def test_cores_of_its_own_bind_a_trial_and_the_next_waits_for_them():
    machine = slots(cpus_per_trial=3)
    lease = acquire(machine)
    assert (lease.cpus, lease.threads) == ((0, 1, 2), 3)
    assert acquire(machine, 1) == Waiting("3 cores, 1 are free")
    release(machine, lease)
    assert isinstance(acquire(machine, 1), Lease)


def test_a_trial_gets_its_gpu_in_the_order_of_the_bus(tmp_path):
    machine = slots(2, tmp_path=tmp_path)
    lease = acquire(machine)
    assert (lease.gpus, lease.env) == (("0",), {"CUDA_DEVICE_ORDER": "PCI_BUS_ID"})
    assert acquire(machine, 1).gpus == ("1",)
    assert acquire(machine, 2) == Waiting("GPU 0: trial 0; GPU 1: trial 1")
    readings = asyncio.run(machine.readings())
    assert [(r.index, r.utilization, r.holder) for r in readings] == [
        (0, 0.25, "trial 0"),
        (1, 0.25, "trial 1"),
    ]
    machine.close()


def test_cores_are_given_back_when_there_is_no_gpu(tmp_path):
    machine = slots(1, cpus_per_trial=2, tmp_path=tmp_path)
    first = acquire(machine)
    for _ in range(3):
        assert acquire(machine, 1) == Waiting("GPU 0: trial 0")
    release(machine, first)
    assert isinstance(acquire(machine, 1), Lease)
    machine.close()


def test_a_trial_that_ran_out_of_memory_waits_for_the_others_and_they_for_it():
    machine = slots()
    first = acquire(machine)
    assert isinstance(acquire(machine, 1, alone=True), Waiting)
    release(machine, first)
    alone = acquire(machine, 1, alone=True)
    assert isinstance(acquire(machine, 2), Waiting)
    release(machine, alone)
    assert isinstance(acquire(machine, 2), Lease)


@pytest.mark.parametrize(
    ("gpus", "options", "capacity"),
    [
        (0, {}, 4),
        (3, {}, 3),
        (3, {"share": Share(count=2)}, 1),
        (2, {"share": Share(fraction=0.5)}, 4),
        (0, {"cpus_per_trial": 3}, 1),
        (2, {"cpus_per_trial": 4}, 1),
        (1, {"share": Share(fraction=0.4)}, 2),
        (2, {"auto": True}, 4),
    ],
)
def test_the_machine_carries_as_many_trials_as_fit(gpus, options, capacity, tmp_path):
    assert slots(gpus, tmp_path=tmp_path, **options).capacity == capacity


def test_a_machine_without_gpus_says_why_and_goes_on():
    machine = MachineSlots.of_this_machine(SlotOptions(), {})
    assert not machine.has_gpus
    assert machine.about_gpus.startswith("no GPU is used")
    assert machine.capacity >= 1


def test_no_gpu_where_none_was_asked_for_is_not_even_told_and_every_gpu_is_hidden():
    machine = MachineSlots.of_this_machine(SlotOptions(gpus="none"), {})
    assert machine.about_gpus == ""
    assert acquire(machine).gpus == ()


@pytest.mark.parametrize(
    "options",
    [
        SlotOptions(gpus="0"),
        SlotOptions(gpus_per_trial="1.5"),
        SlotOptions(cpus_per_trial=9999),
        SlotOptions(gpus_per_trial="0.5", trials_per_gpu=2),
    ],
)
def test_what_the_machine_cannot_satisfy_is_refused(options):
    with pytest.raises(UsageError):
        MachineSlots.of_this_machine(options, {})


def test_the_number_of_trials_on_a_gpu_is_found_out_from_those_that_ran(tmp_path):
    machine = slots(1, auto=True, tmp_path=tmp_path)
    first = acquire(machine)
    assert acquire(machine, 1) == Waiting("GPU 0: trial 0")
    release(machine, first)
    machine._gpus.peak = 10 * GB
    leases = [acquire(machine, n) for n in (1, 2, 3)]
    assert all(isinstance(lease, Lease) for lease in leases)
    assert isinstance(acquire(machine, 4), Waiting)
    machine.close()
