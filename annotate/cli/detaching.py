"""A study in the background: the same command as a process of a session of its own, which outlives the terminal.

The child writes to a pipe until its study is made, then to `host.log` in the study's directory; so the
end of the pipe is the news that it runs, or that it has refused, and what it said. Ctrl-C until then ends
the child too; a terminal that is closed does not.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import typer

from annotate.storage import StudyFolder, holder, studies

_CHILD = "ANNOTATE_DETACHED"
LOG = "host.log"


def detach(argv: Sequence[str]) -> int:
    """Start `annotate *argv`, without `--detach`, in the background; returns the exit code."""
    at = argv.index("--") if "--" in argv else len(argv)
    words = [word for word in argv[:at] if word != "--detach"] + list(argv[at:])
    child = subprocess.Popen(
        [sys.executable, "-m", "annotate.cli", *words],
        env={**os.environ, _CHILD: "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    assert child.stdout is not None
    try:
        said = child.stdout.read()
    except KeyboardInterrupt:
        child.terminate()
        child.wait()
        raise
    folder = next((f for f in studies(Path.cwd()) if _is_run_by(f, child.pid)), None)
    if folder is None:
        code = child.wait()
        sys.stderr.buffer.write(said)
        return code
    child.returncode = 0  # it is nobody's to wait for
    sys.stderr.buffer.write(said)
    sys.stderr.flush()
    typer.echo(f"{folder.id} runs in the background, pid {child.pid}")
    typer.echo(
        f"  annotate watch {folder.id}   shows it\n  annotate stop {folder.id}    ends it, results kept"
    )
    typer.echo(f"  {os.path.relpath(folder.path / LOG)}   is what it says")
    return 0


def settle(folder: StudyFolder) -> None:
    """In the background process: from now on write to the study's `host.log`."""
    if os.environ.pop(_CHILD, None) is None:
        return
    log = os.open(folder.path / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    for descriptor in (1, 2):
        os.dup2(log, descriptor)
    os.close(log)


def _is_run_by(folder: StudyFolder, pid: int) -> bool:
    held = holder(folder.lock)
    return held is not None and held.pid == pid
