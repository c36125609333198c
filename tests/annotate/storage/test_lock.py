"""One host at a time, and the second is told who is the first."""

import errno
import fcntl
import subprocess
import sys

import pytest

from annotate.errors import StorageError
from annotate.storage import HostLock, holder

CHILD = """
import sys, pathlib
from annotate.storage import HostLock
HostLock.take(pathlib.Path(sys.argv[1]), command="annotate run t.py", now=0.0)
print("held", flush=True)
sys.stdin.read()
"""


def test_the_second_host_is_refused_with_who_holds_it_and_a_kill_releases_it(tmp_path):
    path = tmp_path / "host.lock"
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with child:
        assert child.stdout.readline() == b"held\n"
        with pytest.raises(StorageError, match=rf"pid {child.pid} .*annotate run t\.py"):
            HostLock.take(path, command="x", now=0.0)
        assert holder(path).pid == child.pid
        child.kill()
    assert holder(path) is None
    HostLock.take(path, command="x", now=0.0).release()


def test_nobody_holds_what_was_released_or_never_taken(tmp_path):
    path = tmp_path / "host.lock"
    assert holder(path) is None
    with HostLock.take(path, command="x", now=0.0):
        assert holder(path) is not None
    assert holder(path) is None


def test_a_file_system_without_locks_is_refused_and_has_no_holder(tmp_path, monkeypatch):
    def no_locks(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    path = tmp_path / "host.lock"
    path.touch()
    monkeypatch.setattr(fcntl, "flock", no_locks)
    with pytest.raises(StorageError, match="cannot lock files"):
        HostLock.take(path, command="x", now=0.0)
    assert holder(path) is None
