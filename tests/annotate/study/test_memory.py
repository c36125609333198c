"""What a running trial takes of the machine's memory."""

import contextlib
import os
import subprocess
import sys

import psutil
import pytest

from annotate.study import memory

EATER = """
import os, sys
os.setsid()
child = os.fork()
block = bytearray(60_000_000)
os.write(1, b"ready" + bytes([10]))
sys.stdin.read()
"""


@pytest.fixture
def eater():
    """A session of two processes that hold 60 MB each."""
    with subprocess.Popen(
        [sys.executable, "-c", EATER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert [process.stdout.readline() for _ in range(2)] == ["ready\n"] * 2
            yield process.pid
        finally:
            with contextlib.suppress(ProcessLookupError):  # it has not come to be a session
                os.killpg(process.pid, 9)
            process.kill()


def test_all_processes_of_a_trial_count(eater):
    """Its child's memory too; a trial that has ended is not there."""
    found = memory.resident({3: eater, 4: 2**22 - 1})
    assert set(found) == {3}
    assert 120_000_000 < found[3] < 300_000_000


def test_without_proc_the_tree_is_walked(eater):
    """As on macOS."""
    found = memory._by_tree({3: eater, 4: 2**22 - 1})
    assert found[3] == pytest.approx(memory.resident({3: eater})[3], rel=0.3)
    assert 4 not in found


def test_gpu_memory_goes_to_the_trial_whose_session_a_process_is_of(eater):
    """Over all GPUs; what the driver does not tell, and processes of others, count for nobody."""
    (child,) = psutil.Process(eater).children()
    gpus = [{eater: 100, child.pid: 20, 1: 999}, {child.pid: 3, eater: None}]
    assert memory.on_gpus({7: eater}, gpus) == {7: 123}
    assert memory.on_gpus({7: eater}, [{eater: None}]) == {}


def test_nothing_runs_nothing_is_looked_at():
    """No pass over the processes of the machine."""
    assert memory.resident({}) == {}
