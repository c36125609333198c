"""Whether a process that has run a stranger's script so far may be forked, looked at from inside.

`unsafe` gives the reason against it in words for the user, or None. Files that are open for reading
are no reason: each child opens them anew, at the same place, so that siblings share no offset.

What it cannot see is what it cannot know: the executor watches forked trials for the rest.
"""

from __future__ import annotations

import _signal as signal  # type: ignore[import-not-found]
import os
import stat
import sys

from annotate_runtime import native_threads, shared

TYPE_CHECKING = False
if TYPE_CHECKING:
    import threading
    from types import FrameType

HARMLESS_DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")


def where_output_goes() -> list[tuple[int, int] | None]:
    """What standard output and error lead to, as a file's device and number; None where they are closed."""
    return [_file(descriptor) for descriptor in (1, 2)]


def unsafe(ours: set[int], output: list[tuple[int, int] | None]) -> str | None:
    """Why this process must not be forked.

    `ours` are descriptors that do not count, `output` is where output went when the script began.
    """
    if where_output_goes() != output:
        return "the script sends its output elsewhere before the first parameter is asked for"
    for look in (_torch, _threads, _children, _timers, _openmp, lambda: _descriptors(ours), shared.unsafe):
        reason = look()
        if reason is not None:
            return reason
    return None


def files_to_reopen(ours: set[int]) -> list[int]:
    """Descriptors of regular files that are open for reading only."""
    return [each.number for each in _opened(ours) if each.regular and not each.writable]


def written_files(ours: set[int]) -> set[int]:
    """Descriptors of files that are open for writing, but for the standard streams, `ours` and shared memory."""
    files = (each for each in _opened(ours) if each.regular and each.writable)
    return {each.number for each in files if not each.target.startswith("/dev/shm/")}  # noqa: S108


def reopen_file(descriptor: int) -> None:
    """Give this process an offset of its own in a file that was open before the fork."""
    offset = os.lseek(descriptor, 0, os.SEEK_CUR)
    inheritable = os.get_inheritable(descriptor)
    fresh = os.open(f"/proc/self/fd/{descriptor}", os.O_RDONLY)
    os.lseek(fresh, offset, os.SEEK_SET)
    os.dup2(fresh, descriptor, inheritable)
    os.close(fresh)


def _threads() -> str | None:
    threading = sys.modules.get("threading")
    if threading is not None:
        me = threading.current_thread()
        if me is not threading.main_thread():
            return f"the first parameter is asked for in a thread ({_whose(me)})"
        others = [thread for thread in threading.enumerate() if thread is not me]
        if others:
            return f"a Python thread runs before the first parameter is asked for ({_whose(others[0])})"
    names = native_threads.others()
    if names:
        return (
            f"a native thread runs before the first parameter is asked for ({names[0]}, {len(names)} in all)"
        )
    return None


def _whose(thread: threading.Thread) -> str:
    """A thread's name, and the library that it is of: many are called Thread-1."""
    modules = [type(thread).__module__, getattr(getattr(thread, "_target", None), "__module__", None)]
    library = next((m for m in modules if m not in (None, "threading", "__main__")), None)
    return thread.name if library is None else f"{thread.name} of {library}"


def _children() -> str | None:
    try:
        with open(f"/proc/self/task/{os.getpid()}/children") as file:
            children = file.read().split()
    except OSError:
        return None
    return (
        f"a child process runs before the first parameter is asked for (pid {children[0]})"
        if children
        else None
    )


def _timers() -> str | None:
    """A fork does not hand them on; and what is left of one here would strike the server."""
    timers = (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)
    if any(signal.getitimer(timer)[0] for timer in timers):
        return "an alarm is set before the first parameter is asked for"
    return None


def _torch() -> str | None:
    torch = sys.modules.get("torch")
    if torch is None or not hasattr(torch, "get_num_threads"):
        return None
    if torch.get_num_threads() != 1:
        return f"the script sets torch to {torch.get_num_threads()} threads before the first parameter"
    if torch.cuda.is_initialized():
        return "the script uses CUDA before the first parameter is asked for"
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if str(frame.f_globals.get("__name__")).startswith("torch._dynamo."):
            return "the first parameter is asked for while torch.compile is at work"
        frame = frame.f_back
    return None


def _openmp() -> str | None:
    import ctypes

    for path in loaded_libraries(("libgomp", "libiomp5", "libomp")):
        library = ctypes.CDLL(path)
        if hasattr(library, "omp_get_max_threads") and library.omp_get_max_threads() != 1:
            return f"the script raises the number of OpenMP threads before the first parameter ({path})"
    return None


def loaded_libraries(names: tuple[str, ...]) -> list[str]:
    """Paths of the shared libraries in this process whose file name begins like one of `names`."""
    with open("/proc/self/maps") as file:
        paths = {line.split(maxsplit=5)[5].strip() for line in file if "/" in line}
    return sorted(
        path for path in paths if path.rpartition("/")[2].startswith(names) and os.path.exists(path)
    )


def _descriptors(ours: set[int]) -> str | None:
    for each in _opened(ours):
        if each.target.startswith("/dev/nvidia"):
            if "uvm" in each.target or "torch" not in sys.modules:
                return f"the script opens the GPU before the first parameter is asked for ({each.target})"
        elif each.target in HARMLESS_DEVICES or stat.S_ISDIR(each.mode):
            continue
        elif not each.regular:
            return f"the script holds {_kind(each.target)} open before the first parameter is asked for"
        elif each.writable:
            return f"the script holds {each.target} open for writing before the first parameter is asked for"
    return None


def _file(descriptor: int) -> tuple[int, int] | None:
    try:
        status = os.fstat(descriptor)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _kind(target: str) -> str:
    return {"socket": "a socket", "pipe": "a pipe"}.get(target.partition(":")[0], target)


class _Opened:
    """An open descriptor, what it leads to, and how."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.target = os.readlink(f"/proc/self/fd/{number}")
        self.mode = os.fstat(number).st_mode
        self.regular = stat.S_ISREG(self.mode)
        with open(f"/proc/self/fdinfo/{number}") as file:
            flags = next(int(line.split()[1], 8) for line in file if line.startswith("flags:"))
        self.writable = flags & os.O_ACCMODE != os.O_RDONLY


def _opened(ours: set[int]) -> list[_Opened]:
    found = []
    for number in map(int, os.listdir("/proc/self/fd")):
        if number > 2 and number not in ours:
            try:
                found.append(_Opened(number))
            except (OSError, StopIteration):  # a library's thread has closed it meanwhile, as Arrow's do
                continue
    return found
