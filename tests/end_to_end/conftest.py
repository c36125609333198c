"""The command line as a person has it: a process of its own, in a directory of the test's."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from annotate_runtime.gpu_locks import DIRECTORY, GpuLock, try_lock

ROOT = Path(__file__).parents[2]
FAKE_NVML = ROOT / "tests/runtime/fake_nvml/nvml.c"
COMMAND = [sys.executable, "-m", "annotate.cli"]

QUICK = """\
lr = 0.1  # @nni.loguniform(1e-4, 1e-1)
width = 32  # @nni.choice(16, 32, 64)
acc = 1 - abs(lr - 0.01) - width / 1000
print("acc", acc)
'''@nni.report_final_result(acc)'''
"""

ENDLESS = """\
import time
lr = 0.1  # @nni.loguniform(1e-4, 1e-1)
'''@nni.report_intermediate_result(lr)'''
if lr == 0.1:
    '''@nni.report_final_result(lr)'''
else:
    time.sleep(600)
"""


class Annotate:
    """Runs `annotate` in `cwd`."""

    def __init__(self, cwd):
        self.cwd = cwd
        self.started = []
        self.env = {
            **{
                name: value
                for name, value in os.environ.items()
                if name not in ("VIRTUAL_ENV", "CONDA_PREFIX")
            },
            "PYTHONPATH": os.pathsep.join(map(str, [ROOT, ROOT / "runtime", ROOT / "tuners"])),
            "CUDA_VISIBLE_DEVICES": "",
            "NO_COLOR": "1",
        }

    def __call__(self, *words, cwd=None):
        done = subprocess.run(
            [*COMMAND, *map(str, words)],
            cwd=cwd or self.cwd, env=self.env, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60, check=False,
        )  # fmt: skip
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def start(self, *words):
        process = subprocess.Popen(
            [*COMMAND, *map(str, words)],
            cwd=self.cwd, env=self.env, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.started.append(process)
        return process

    def trials(self, *words):
        done = self("export", "--to", "json", *words)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)["trials"]

    def write(self, name, text=QUICK):
        path = self.cwd / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    @property
    def studies(self):
        return [path for path in self.cwd.glob(".annotate/*") if path.is_dir()]


@pytest.fixture
def annotate(tmp_path):
    command = Annotate(tmp_path)
    yield command
    for process in command.started:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture
def gpus(tmp_path, monkeypatch):
    """Three GPUs of our own making; gives their UUIDs. The third computes for somebody else, who is we."""
    library = tmp_path / "nvml/libnvidia-ml.so.1"
    library.parent.mkdir()
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, FAKE_NVML], check=True)
    uuids = [f"GPU-{n}{os.getpid()}" for n in range(3)]
    found = "".join(f"gpu {uuid} A100 {40 << 30} 0 0\n" for uuid in uuids)
    (tmp_path / "gpus").write_text(found + f"proc {os.getpid()} {30 << 30}\n")
    monkeypatch.setenv("LD_LIBRARY_PATH", str(library.parent))
    monkeypatch.setenv("FAKE_NVML", str(tmp_path / "gpus"))
    monkeypatch.setenv("TEST_GPUS", "0-2")
    yield uuids
    for uuid in uuids:
        (DIRECTORY / f"{uuid}.lock").unlink(missing_ok=True)


def leased(uuid):
    """Who has a GPU, "" when nobody has."""
    lock = try_lock(uuid)
    if isinstance(lock, GpuLock):
        lock.release()
        return ""
    return lock


def children(pid):
    """The processes that a process has started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
