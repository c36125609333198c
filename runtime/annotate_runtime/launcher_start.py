"""A fresh process of the launcher's: a session of its own, that dies with the launcher.

Refuses what the system refuses, as the OSError that the child met: no such program, no such directory.
"""

from __future__ import annotations

import _signal as signal  # type: ignore[import-not-found]
import os

from annotate_runtime.processes import LINUX, prctl

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PR_SET_PDEATHSIG = 1
RESET = (
    signal.SIGINT,
    signal.SIGHUP,
    signal.SIGPIPE,
    signal.SIGXFSZ,
    signal.SIGTERM,
    signal.SIGCHLD,
)
"""What the launcher or its Python handles otherwise than a fresh process does."""


def start(order: dict[str, Any], keep: tuple[int, ...]) -> int:
    """Fork and exec, with the descriptors of `keep`; returns when the exec has succeeded."""
    ears, mouth = os.pipe()
    me = os.getpid()
    pid = os.fork()
    if pid == 0:
        try:
            _become(order, keep, me)
        except BaseException as error:  # noqa: BLE001 - the child of a fork has nowhere to raise to
            os.write(mouth, _said(error).encode("utf-8", "surrogateescape"))
        finally:
            os._exit(127)
    os.close(mouth)
    with open(ears, "rb") as file:
        complaint = file.read().decode("utf-8", "surrogateescape")
    if complaint:
        os.waitpid(pid, 0)
        raise OSError(complaint)
    return pid


def _said(error: BaseException) -> str:
    """`No such file or directory: /bin/python9`."""
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.strerror}: {os.fsdecode(error.filename)}"
    return str(error) or type(error).__name__


def _become(order: dict[str, Any], keep: tuple[int, ...], launcher: int) -> None:
    os.setsid()
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != launcher:
        return
    log = os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for target, source in ((0, os.open(os.devnull, os.O_RDONLY)), (1, log), (2, log)):
        os.dup2(source, target)
    os.chdir(order["cwd"])
    if order.get("cpus") and LINUX:
        os.sched_setaffinity(0, order["cpus"])
    signal.set_wakeup_fd(-1)
    for number in RESET:
        signal.signal(number, signal.SIG_DFL)
    for descriptor in keep:
        os.set_inheritable(descriptor, True)
    os.execvpe(order["argv"][0], order["argv"], order["env"])  # noqa: S606 - no shell is the point
