"""GPUs from the command line, with a driver of our own making in place of NVIDIA's."""

import os
import re
import subprocess
import time
from pathlib import Path

import pexpect
import pytest

from annotate_runtime.gpu_locks import DIRECTORY
from tests.end_to_end.conftest import COMMAND

GB = 2**30
SCRIPT = """\
import os, time
lr = 0.1  # @nni.loguniform(1e-4, 1e-1)
with open("seen", "a") as file:
    file.write(os.environ.get("CUDA_VISIBLE_DEVICES", "all") + "\\n")
time.sleep(SLEEP)
'''@nni.report_final_result(1 - lr)'''
"""


def gpu(n, used=0, kind="gpu", name="A100", total=40):
    return f"{kind} {'MIG' if kind == 'mig' else 'GPU'}-{n}x{os.getpid()} {name} {total * GB} {int(used * GB)} 0\n"


def built(directory, *options):
    library = directory / "libnvidia-ml.so.1"
    source = Path(__file__).parents[1] / "runtime/fake_nvml/nvml.c"
    subprocess.run(["gcc", "-shared", "-fPIC", *options, "-o", library, source], check=True)
    return library


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    """libnvidia-ml.so.1, which reads its GPUs from a file."""
    return built(tmp_path_factory.mktemp("nvml"))


@pytest.fixture
def machine(annotate, library, tmp_path):
    """Writes down which GPUs there are, and gives the command that sees them."""
    del annotate.env["CUDA_VISIBLE_DEVICES"]
    annotate.env |= {
        "LD_LIBRARY_PATH": str(library.parent),
        "FAKE_NVML": str(tmp_path / "gpus"),
    }

    def write(*lines, sleep=0.1):
        (tmp_path / "gpus.new").write_text("".join(lines))
        (tmp_path / "gpus.new").replace(tmp_path / "gpus")
        annotate.write("train.py", SCRIPT.replace("SLEEP", str(sleep)))

    yield write
    for file in DIRECTORY.glob(f"*x{os.getpid()}.lock"):
        file.unlink()


@pytest.fixture
def other():
    """A process of somebody else's."""
    with subprocess.Popen(["sleep", "100"], start_new_session=True) as process:
        while Path(f"/proc/{process.pid}/comm").read_text() != "sleep\n":
            time.sleep(0.001)
        yield process
        process.kill()


def seen(annotate):
    """What the trials of the study saw, each once."""
    return set((annotate.cwd / "seen").read_text().splitlines())


@pytest.mark.parametrize(
    ("visible", "words", "expected"),
    [
        (None, (), {"0", "1", "2", "3"}),
        (None, ("--gpus", "0,2"), {"0", "2"}),
        (None, ("--gpus", "2-3"), {"2", "3"}),
        (None, ("--gpus", "GPU-1x"), {"1"}),
        (None, ("--gpus", "none"), {""}),
        ("3,1", (), {"1", "3"}),
        ("GPU-2x", (), {"2"}),
        (None, ("--gpus-per-trial", "2"), {"0,1", "2,3"}),
    ],
)
def test_trials_run_on_the_gpus_that_are_visible_and_named(annotate, machine, visible, words, expected):
    machine(*map(gpu, range(4)), sleep=0.6)
    if visible is not None:
        annotate.env["CUDA_VISIBLE_DEVICES"] = visible
    done = annotate("run", "train.py", "--trials", 4, "--start", "spawn", *words)
    assert done.returncode == 0, done.stderr
    assert seen(annotate) == expected


def test_a_busy_gpu_is_waited_for_and_said_and_a_watcher_is_told_too(annotate, machine, other):
    machine(gpu(0, 31.2), f"proc {other.pid} {31 * GB}\n", gpu(1, 20), gpu(2, 0.5), f"proc {other.pid} -1\n")
    host = annotate.start("run", "train.py", "--trials", 2)
    said = ""
    while " waits " not in said:
        said = host.stdout.readline()
    why = (
        f"GPU 0: pid {other.pid}, sleep, 31.2 GB of 40; GPU 1: its memory is in use, 20.0 GB of 40; "
        f"GPU 2: pid {other.pid}, sleep, 0.5 GB of 40"
    )
    assert f"trial 0 waits            {why}" in said
    watching = annotate.start("watch")
    assert why in "".join(watching.stdout.readline() for _ in range(2))
    machine(gpu(0, 31.2), f"proc {other.pid} {31 * GB}\n", gpu(1, 0.9), gpu(2), f"proc {other.pid} -1\n")
    assert host.wait(30) == 0
    assert seen(annotate) == {"1"}  # a desktop's own memory is no obstacle


@pytest.mark.parametrize("size", [(24, 80), (50, 160)])
def test_the_screen_says_for_what_each_trial_waits(annotate, machine, other, size):
    machine(gpu(2, 31.2), f"proc {other.pid} {31 * GB}\n")
    child = pexpect.spawn(
        COMMAND[0], [*COMMAND[1:], "run", "train.py", "--trials", "1"],
        cwd=str(annotate.cwd), env={**annotate.env, "TERM": "xterm-256color"}, encoding="utf-8", timeout=20,
        dimensions=size,
    )  # fmt: skip
    child.expect(rf"pid {other.pid}, sleep, 31\.2 GB of 40")
    machine(gpu(2))
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


def test_a_busy_gpu_is_taken_where_that_was_asked(annotate, machine, other):
    machine(gpu(0, 31), f"proc {other.pid} {31 * GB}\n")
    assert annotate("run", "train.py", "--trials", 1, "--use-busy-gpus").returncode == 0
    assert seen(annotate) == {"0"}


def test_a_process_that_only_draws_is_not_waited_for(annotate, machine, other):
    machine(gpu(0, 0.5), f"graphics {other.pid} {GB // 2}\n")
    assert annotate("run", "train.py", "--trials", 1).returncode == 0
    assert seen(annotate) == {"0"}


def test_a_gpu_that_has_broken_down_is_left_out_and_said(annotate, machine):
    machine(gpu(0), "lost\n", gpu(1))
    done = annotate("run", "train.py", "--trials", 1)
    assert done.returncode == 0
    assert "GPU 0 is not used: GPU is lost" in done.stdout
    assert seen(annotate) == {f"GPU-1x{os.getpid()}"}


def test_two_studies_that_wait_for_one_gpu_have_it_in_turn(annotate, machine):
    machine(gpu(0), sleep=6)
    first = annotate.start("run", "train.py", "--trials", 1)
    while "started" not in first.stdout.readline():
        pass
    second = annotate.start("run", "train.py", "--trials", 1)
    said = next(line for line in second.stdout if " waits " in line)
    assert f"GPU 0: another study has it (pid {first.pid})" in said
    assert (first.wait(30), second.wait(30)) == (0, 0)
    (one,), (other,) = (annotate.trials(study.name) for study in annotate.studies)
    assert one["end"] <= other["start"] or other["end"] <= one["start"]


def test_a_gpu_is_handed_on_when_the_memory_of_its_last_trial_is_gone(annotate, machine):
    machine(gpu(0))
    annotate.write(
        "train.py",
        "import os\nlr = 0.1  # @nni.loguniform(1e-4, 1e-1)\n"
        "open(os.environ['FAKE_NVML'], 'a').write(f'proc {os.getpid()} 9000\\n')\n"
        "'''@nni.report_final_result(1 - lr)'''\n",
    )
    host = annotate.start("run", "train.py", "--trials", 2, "--start", "spawn")
    while "trial 0 succeeded" not in host.stdout.readline():
        pass
    time.sleep(1.5)
    assert len(annotate.trials()) == 1 or annotate.trials()[1]["state"] == "queued"
    gone = time.time()
    (annotate.cwd / "gpus").write_text(gpu(0))
    while "trial 1 succeeded" not in host.stdout.readline():
        (annotate.cwd / "gpus").write_text(gpu(0))
    (annotate.cwd / "gpus").write_text(gpu(0))
    assert host.wait(40) == 0
    assert annotate.trials()[1]["start"] >= gone


HUNGRY = """\
import fcntl, os, time
lr = 0.1  # @nni.loguniform(1e-4, 1e-1)
gpus = os.environ["FAKE_NVML"]

def change(added, removed=""):
    with open(gpus + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        text = open(gpus).read().replace(removed, "") + added
        open(gpus + ".new", "w").write(text)
        os.replace(gpus + ".new", gpus)

mine = f"proc {os.getpid()} {8 << 30}\\n"
change(mine)
time.sleep(2.2)
change("", mine)
'''@nni.report_final_result(1 - lr)'''
"""


def test_how_many_trials_share_a_gpu_is_found_out_from_the_peak_of_those_that_have_ended(annotate, machine):
    machine(gpu(0))
    annotate.write("train.py", HUNGRY)
    words = ("--trials", 6, "--jobs", 8, "--trials-per-gpu", "auto", "--start", "spawn")
    assert annotate("run", "train.py", *words).returncode == 0
    first, *others = [(t["start"], t["end"]) for t in annotate.trials()]
    assert all(start >= first[1] for start, _ in others)
    assert max(sum(a <= start < b for a, b in others) for start, _ in others) == 4  # 40 GB / (8 GB * 1.2)


def test_the_parts_of_a_gpu_are_named_by_uuid(annotate, machine):
    parts = [gpu(n, kind="mig", name="1g.5gb", total=5) for n in (1, 2)]
    machine(gpu(0), *parts, sleep=0.6)
    assert annotate("run", "train.py", "--trials", 2, "--start", "spawn").returncode == 0
    assert seen(annotate) == {f"MIG-{n}x{os.getpid()}" for n in (1, 2)}


@pytest.mark.parametrize("words", [("--gpus-per-trial", "0.5"), ("--trials-per-gpu", "2")])
def test_two_trials_share_a_gpu(annotate, machine, words):
    machine(gpu(0), sleep=0.6)
    assert annotate("run", "train.py", "--trials", 4, *words).returncode == 0
    times = [(t["start"], t["end"]) for t in annotate.trials()]
    together = [sum(a <= start < b for a, b in times) for start, _ in times]
    assert max(together) == 2
    assert seen(annotate) == {"0"}


MEMORY = """\
import os, time
lr = 0.1  # @nni.loguniform(1e-4, 1e-1)
with open("memory", "a") as file:
    file.write(f"{os.environ['NNI_TRIAL_SEQ_ID']} {time.time()}\\n")
time.sleep(0.5)
if os.environ["NNI_TRIAL_SEQ_ID"] == "1":
    raise RuntimeError("CUDA out of memory. Tried to allocate 20.00 GiB")
'''@nni.report_final_result(1 - lr)'''
"""


def test_a_trial_out_of_memory_runs_again_alone_and_is_marked_only_then(annotate, machine):
    machine(gpu(0))
    annotate.write("train.py", MEMORY)
    done = annotate("run", "train.py", "--trials", 4, "--trials-per-gpu", 2, "--start", "spawn")
    assert done.returncode == 0
    trials = annotate.trials()
    assert {t["number"]: t["reason"] for t in trials if t["state"] == "failed"} == {1: "oom"}
    again = next(t for t in trials if t["number"] == 1)
    others = [t for t in trials if t["number"] != 1]
    assert all(t["end"] <= again["start"] or t["start"] >= again["end"] for t in others)
    assert [line.split()[0] for line in (annotate.cwd / "memory").read_text().splitlines()].count("1") == 2
    assert "trial 1 failed (oom: RuntimeError: CUDA out of memory" in done.stdout


@pytest.mark.parametrize(
    ("state", "said"),
    [("broken\n", r"no GPU is used: .*version mismatch"), (None, r"no GPU is used: .+")],
)
def test_a_driver_that_is_broken_or_absent_is_one_line_and_trials_run_on_the_cpu(
    annotate, machine, state, said
):
    machine(state or "")
    if state is None:
        annotate.env["LD_LIBRARY_PATH"] = ""
    done = annotate("run", "train.py", "--trials", 1)
    assert done.returncode == 0
    assert len(re.findall(rf"trials run on the CPU: {said}", done.stdout)) == 1
    refused = annotate("run", "train.py", "--gpus", "0")
    assert refused.returncode == 2
    assert re.search(rf"--gpus 0: {said}", refused.stderr)


@pytest.mark.parametrize(("old", "said"), [(2, "say who computes"), (3, "be asked")])
def test_a_driver_that_is_too_old_is_one_line_and_trials_run_on_the_cpu(
    annotate, machine, tmp_path, old, said
):
    machine(gpu(0))
    annotate.env["LD_LIBRARY_PATH"] = str(built(tmp_path, f"-DOLD={old}").parent)
    done = annotate("run", "train.py", "--trials", 1)
    assert done.returncode == 0
    why = f"no GPU is used: the driver is too old to {said}"
    assert done.stdout.count(f"trials run on the CPU: {why}") == 1
    assert f"--gpus 0: {why}" in annotate("run", "train.py", "--gpus", "0").stderr


def test_cores_of_its_own_bind_a_trial_and_its_threads(annotate):
    annotate.write(
        "train.py",
        "import os\nlr = 0.1  # @nni.uniform(0, 1)\n"
        "print('cores', len(os.sched_getaffinity(0)), os.environ['OMP_NUM_THREADS'])\n"
        "'''@nni.report_final_result(lr)'''\n",
    )
    assert annotate("run", "train.py", "--trials", 2, "--cpus-per-trial", 1).returncode == 0
    assert "cores 1 1" in annotate("log", 1).stdout
