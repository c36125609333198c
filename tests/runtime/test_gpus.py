"""GPUs through the real binding and a driver of our own making: found, chosen, waited for, leased, drained."""

import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from annotate_runtime.gpu_locks import GpuLock, try_lock
from annotate_runtime.gpus import BadGpus, Busy, GpuLease, GpuPool, Share, parse_share, select
from annotate_runtime.nvml import Device, NoDriver, Nvml

GB = 2**30
SOURCE = Path(__file__).parent / "fake_nvml/nvml.c"


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    """The fake driver, built once and loaded in place of the real one."""
    import pynvml

    library = tmp_path_factory.mktemp("nvml") / "libnvidia-ml.so.1"
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, SOURCE], check=True)
    real, pynvml.nvmlLib = pynvml.nvmlLib, None
    load = pynvml.CDLL
    pynvml.CDLL = lambda name, *a: load(str(library) if "nvidia-ml" in name else name, *a)
    yield library
    pynvml.CDLL, pynvml.nvmlLib = load, real


@pytest.fixture
def machine(driver, tmp_path, monkeypatch):
    """A machine whose GPUs the test writes down, as `nvml.c` explains."""
    state = tmp_path / "gpus"
    monkeypatch.setenv("FAKE_NVML", str(state))

    def write(text):
        new = tmp_path / "gpus.new"
        new.write_text(textwrap.dedent(text))
        new.replace(state)

    return write


def gpu(n, used=0, total=40, *, util=0):
    return f"gpu GPU-{n}{n}{n}{n} A100 {total * GB} {used * GB} {util}\n"


def pool(tmp_path, **options):
    nvml = Nvml.open()
    return GpuPool(nvml, nvml.devices(), locks=tmp_path / "locks", **options)


@pytest.fixture
def other():
    """A process of somebody else's."""
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as process:
        while Path(f"/proc/{process.pid}/comm").read_text() != "sleep\n":
            time.sleep(0.001)
        yield process
        process.kill()


def test_gpus_are_found_with_their_memory(machine):
    machine(gpu(0, used=1, util=50) + gpu(1, total=80, util=-1))
    nvml = Nvml.open()
    first, second = nvml.devices()
    assert first == Device(0, "GPU-0000", "A100", 40 * GB)
    assert second.memory_total == 80 * GB
    assert (nvml.usage(first).memory_used, nvml.usage(first).utilization) == (GB, 0.5)
    assert nvml.usage(second).utilization is None


def test_a_gpu_in_mig_mode_stands_as_its_parts_which_are_named_by_uuid(machine):
    machine(
        f"gpu GPU-a A100 {40 * GB} 0 0\nmig MIG-one 1g.5gb {5 * GB} 0 -1\nmig MIG-two 1g.5gb {5 * GB} 0 -1\n"
        + gpu(1)
    )
    devices = Nvml.open().devices()
    assert [device.visible_as for device in devices] == ["MIG-one", "MIG-two", "1"]
    assert [device.mig for device in devices] == [True, True, False]
    assert select(devices, spec="MIG-t") == [devices[1]]


def test_a_broken_driver_is_one_line(machine):
    machine("broken\n")
    with pytest.raises(NoDriver, match=r"^no GPU is used: .*version mismatch"):
        Nvml.open()


@pytest.mark.parametrize(
    ("old", "said"),
    [
        (1, "[1]"),
        (2, "no GPU is used: the driver is too old to say who computes"),
        (3, "no GPU is used: the driver is too old to be asked"),
    ],
)
def test_an_old_driver_is_asked_by_its_own_calls_or_is_one_line(tmp_path, old, said):
    library = tmp_path / "libnvidia-ml.so.1"
    subprocess.run(["gcc", "-shared", "-fPIC", f"-DOLD={old}", "-o", library, SOURCE], check=True)
    (tmp_path / "gpus").write_text(gpu(0) + "proc 1 100\n")
    code = (
        "from annotate_runtime.nvml import *\n"
        "try: nvml = Nvml.open(); print([*nvml.usage(nvml.devices()[0]).processes])\nexcept NoDriver as e: print(e)"
    )
    env = {**os.environ, "LD_LIBRARY_PATH": str(tmp_path), "FAKE_NVML": str(tmp_path / "gpus")}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout == f"{said}\n"


def test_a_gpu_that_has_broken_down_is_left_out_and_cuda_counts_without_it(machine):
    machine(gpu(0) + gpu(1) + "lost\n" + gpu(2))
    nvml = Nvml.open()
    assert [device.visible_as for device in nvml.devices()] == ["0", "GPU-2222"]
    assert nvml.left_out == ["GPU 1 is not used: GPU is lost"]
    machine(gpu(0) + "lost\n")
    with pytest.raises(NoDriver, match=r"^no GPU is used: GPU 0 is not used: GPU is lost"):
        nvml.devices()


def test_a_gpu_that_breaks_down_on_the_way_is_said_and_the_others_go_on(machine, tmp_path):
    machine(gpu(0) + gpu(1))
    gpus = pool(tmp_path)
    machine(gpu(0) + "lost\n" + gpu(1))
    assert gpus.lease(0, Share()).devices[0].index == 1
    assert gpus.lease(1, Share()) == Busy("GPU 0: GPU is lost; GPU 1: trial 0")


def test_no_driver_is_one_line():
    code = "from annotate_runtime.nvml import *\ntry: Nvml.open()\nexcept NoDriver as e: print(e)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said == "no GPU is used: no NVIDIA driver is found\n"


DEVICES = [Device(n, f"GPU-{n}abc", "A100", 40 * GB) for n in range(8)]


@pytest.mark.parametrize(
    ("spec", "visible", "indices"),
    [
        (None, None, list(range(8))),
        (None, "2,0", [2, 0]),
        (None, "", []),
        (None, "-1", []),
        (None, "1,99,2", [1]),
        (None, "GPU-3", [3]),
        ("0,2", None, [0, 2]),
        ("4-7", None, [4, 5, 6, 7]),
        ("0|4-5", None, [0, 4, 5]),
        ("GPU-6a", None, [6]),
        ("1,1,0-1", None, [1, 0]),
        ("2", "2,3", [2]),
    ],
)
def test_the_gpus_are_those_that_are_visible_and_named(spec, visible, indices):
    assert [device.index for device in select(DEVICES, spec=spec, visible=visible)] == indices


@pytest.mark.parametrize(
    ("spec", "visible"), [("8", None), ("6-9", None), ("GPU-", None), ("x", None), ("0", "1")]
)
def test_a_gpu_that_is_not_there_is_refused_and_those_that_are_are_listed(spec, visible):
    with pytest.raises(BadGpus, match=r"there is no GPU .*; there are"):
        select(DEVICES, spec=spec, visible=visible)


def test_shares_are_whole_numbers_or_fractions():
    assert parse_share("2") == Share(count=2)
    assert parse_share("0.5") == Share(fraction=0.5)
    for text in ("0", "-1", "1.5", "x", "nan", "inf"):
        with pytest.raises(BadGpus):
            parse_share(text)


def test_each_trial_has_a_gpu_of_its_own_and_the_next_one_waits_for_them(machine, tmp_path):
    machine(gpu(0) + gpu(1))
    gpus = pool(tmp_path)
    leases = [gpus.lease(n, Share()) for n in range(2)]
    assert [lease.devices[0].index for lease in leases] == [0, 1]
    assert gpus.lease(2, Share()) == Busy("GPU 0: trial 0; GPU 1: trial 1")
    gpus.give_back(leases[1])
    assert gpus.lease(2, Share()).devices[0].index == 1


def test_several_gpus_are_leased_all_or_none(machine, tmp_path):
    machine(gpu(0) + gpu(1) + gpu(2))
    gpus = pool(tmp_path)
    assert [d.index for d in gpus.lease(0, Share(count=2)).devices] == [0, 1]
    assert isinstance(gpus.lease(1, Share(count=2)), Busy)
    assert gpus.lease(2, Share()).devices[0].index == 2


def test_fractions_fill_one_gpu_before_the_next(machine, tmp_path):
    machine(gpu(0) + gpu(1))
    gpus = pool(tmp_path)
    assert [gpus.lease(n, Share(fraction=0.5)).devices[0].index for n in range(4)] == [0, 0, 1, 1]
    assert isinstance(gpus.lease(4, Share(fraction=0.5)), Busy)


def test_three_thirds_are_a_whole(machine, tmp_path):
    machine(gpu(0))
    gpus = pool(tmp_path)
    assert all(isinstance(gpus.lease(n, Share(fraction=1 / 3)), GpuLease) for n in range(3))


def test_a_trial_alone_has_its_gpu_for_itself(machine, tmp_path):
    machine(gpu(0))
    gpus = pool(tmp_path)
    half = gpus.lease(0, Share(fraction=0.5))
    assert isinstance(gpus.lease(1, Share(fraction=0.5), alone=True), Busy)
    gpus.give_back(half)
    assert isinstance(gpus.lease(1, Share(fraction=0.5), alone=True), GpuLease)
    assert isinstance(gpus.lease(2, Share(fraction=0.5)), Busy)


def test_a_gpu_of_somebody_elses_process_is_waited_for_and_named(machine, tmp_path, other):
    machine(gpu(0, used=31) + f"proc {other.pid} {31 * GB}\n" + gpu(1))
    gpus = pool(tmp_path)
    assert gpus.lease(0, Share()).devices[0].index == 1
    assert gpus.lease(1, Share()) == Busy(f"GPU 0: pid {other.pid}, sleep, 31.0 GB of 40; GPU 1: trial 0")
    assert [holder for _, _, holder in gpus.usages()] == [f"pid {other.pid}, sleep", "trial 0"]
    machine(gpu(0) + gpu(1))
    assert gpus.lease(1, Share()).devices[0].index == 0


def test_a_gpu_whose_memory_is_taken_by_who_knows_whom_is_waited_for(machine, tmp_path):
    machine(gpu(0, used=20))
    assert pool(tmp_path).lease(0, Share()) == Busy("GPU 0: its memory is in use, 20.0 GB of 40")


def test_a_process_that_only_draws_is_no_obstacle_and_one_that_computes_is(machine, tmp_path, other):
    import pynvml

    machine(gpu(0, used=1) + f"graphics {other.pid} {GB}\n")
    gpus = pool(tmp_path)
    drawing = pynvml.nvmlDeviceGetGraphicsRunningProcesses(pynvml.nvmlDeviceGetHandleByIndex(0))
    assert [process.pid for process in drawing] == [other.pid]
    lease = gpus.lease(0, Share())
    assert isinstance(lease, GpuLease)
    gpus.give_back(lease)
    machine(gpu(0, used=1) + f"graphics {other.pid} {GB}\nproc {other.pid} 0\n")
    assert gpus.lease(1, Share()) == Busy(f"GPU 0: pid {other.pid}, sleep, 1.0 GB of 40")


def test_a_busy_gpu_is_taken_all_the_same_where_that_was_asked(machine, tmp_path, other):
    machine(gpu(0, used=31) + f"proc {other.pid} {31 * GB}\n")
    assert isinstance(pool(tmp_path, use_busy=True).lease(0, Share()), GpuLease)


def test_our_own_trial_is_not_somebody_else(machine, tmp_path, other):
    machine(gpu(0))
    gpus = pool(tmp_path)
    gpus.started(gpus.lease(0, Share(fraction=0.5)), other.pid)
    machine(gpu(0, used=9) + f"proc {other.pid} {9 * GB}\n")
    assert isinstance(gpus.lease(1, Share(fraction=0.5)), GpuLease)
    ((_, usage, holder),) = gpus.usages()
    assert (usage.memory_used, holder) == (9 * GB, "trials 0, 1")


def test_a_gpu_is_handed_on_only_when_the_memory_of_its_last_trial_is_gone(machine, tmp_path, other):
    machine(gpu(0))
    looks = []

    def sleep(seconds):
        looks.append(seconds)
        if len(looks) == 3:
            machine(gpu(0))

    gpus = pool(tmp_path, sleep=sleep)
    lease = gpus.lease(0, Share())
    gpus.started(lease, other.pid)
    machine(gpu(0, used=9) + f"proc {other.pid} {9 * GB}\n")
    assert gpus.give_back(lease)
    assert len(looks) == 3


def test_memory_that_stays_is_not_waited_for_for_ever_and_the_gpu_is_then_busy(machine, tmp_path, other):
    machine(gpu(0))
    now = [0.0]
    gpus = pool(tmp_path, clock=lambda: now[0], sleep=lambda _: now.__setitem__(0, now[0] + 10))
    lease = gpus.lease(0, Share())
    gpus.started(lease, other.pid)
    machine(gpu(0, used=9) + f"proc {other.pid} {9 * GB}\n")
    assert not gpus.give_back(lease)
    assert isinstance(gpus.lease(1, Share()), Busy)


def test_how_many_trials_fit_follows_from_the_peak_of_those_that_ran(machine, tmp_path, other):
    machine(gpu(0))
    gpus = pool(tmp_path)
    assert gpus.fitting() == 1
    lease = gpus.lease(0, Share())
    gpus.started(lease, other.pid)
    for used in (2, 8, 1):
        machine(gpu(0, used=used) + f"proc {other.pid} {used * GB}\n")
        gpus.usages()
    machine(gpu(0))
    gpus.give_back(lease)
    assert gpus.peak == 8 * GB
    assert gpus.fitting() == 4


def test_a_trial_that_still_runs_says_nothing_of_how_many_fit(machine, tmp_path, other):
    machine(gpu(0))
    gpus = pool(tmp_path)
    gpus.started(gpus.lease(0, Share()), other.pid)
    machine(gpu(0, used=1) + f"proc {other.pid} {GB}\n")
    gpus.usages()
    assert gpus.fitting() == 1


UNSEEN = 2**22 - 1  # a pid of another container


@pytest.mark.parametrize("named", ["", f"proc {UNSEEN} -1\n"])
def test_the_peak_is_what_the_gpu_has_more_where_processes_cannot_be_seen(machine, tmp_path, other, named):
    machine(gpu(0, used=1))
    gpus = pool(tmp_path)
    lease = gpus.lease(0, Share())
    gpus.started(lease, other.pid)
    machine(gpu(0, used=9) + named)
    gpus.usages()
    machine(gpu(0, used=1))
    assert gpus.give_back(lease)
    assert gpus.peak == 8 * GB


def test_who_was_there_before_is_not_waited_for_when_a_trial_has_ended(machine, tmp_path, other):
    machine(gpu(0, used=9) + f"proc {UNSEEN} {9 * GB}\n")
    gpus = pool(tmp_path, use_busy=True, sleep=lambda _: pytest.fail("it waited"))
    lease = gpus.lease(0, Share())
    gpus.started(lease, other.pid)
    assert gpus.give_back(lease)


def test_the_files_of_the_locks_are_those_of_all_users(machine, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "mine"))
    name = f"GPU-test-{os.getpid()}"
    try:
        lock = try_lock(name)
        assert (Path("/tmp/annotate-gpus") / f"{name}.lock").exists()
        assert try_lock(name) == f" (pid {os.getpid()})"
        lock.release()
    finally:
        (Path("/tmp/annotate-gpus") / f"{name}.lock").unlink()


def test_two_hosts_never_have_the_same_gpu_and_a_death_releases_it(machine, tmp_path):
    machine(gpu(0))
    code = (
        "import sys, pathlib; from annotate_runtime.gpu_locks import *\n"
        "lock = try_lock('GPU-0000', pathlib.Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    )
    arguments = [sys.executable, "-c", code, tmp_path / "locks"]
    gpus = pool(tmp_path)
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as host:
        assert host.stdout.readline() == b"held\n"
        assert gpus.lease(0, Share()) == Busy(f"GPU 0: another study has it (pid {host.pid})")
        host.kill()
    lease = gpus.lease(0, Share())
    assert isinstance(lease, GpuLease)
    assert try_lock("GPU-0000", tmp_path / "locks") == f" (pid {os.getpid()})"
    gpus.give_back(lease)
    lock = try_lock("GPU-0000", tmp_path / "locks")
    assert isinstance(lock, GpuLock)
    lock.release()


def test_gpus_that_were_not_used_for_lack_of_others_are_not_kept_locked(machine, tmp_path, other):
    machine(gpu(0) + gpu(1, used=20))
    gpus = pool(tmp_path)
    assert isinstance(gpus.lease(0, Share(count=2)), Busy)
    lock = try_lock("GPU-0000", tmp_path / "locks")
    assert isinstance(lock, GpuLock)
    lock.release()


def test_a_lock_directory_that_cannot_be_made_is_done_without(tmp_path):
    (tmp_path / "file").write_text("")
    assert isinstance(try_lock("GPU-0", tmp_path / "file/locks"), GpuLock)


def test_asking_takes_milliseconds(machine, tmp_path):
    machine("".join(gpu(n) for n in range(8)))
    gpus = pool(tmp_path)
    began = time.perf_counter()
    for n in range(8):
        gpus.lease(n, Share())
    assert time.perf_counter() - began < 0.5
