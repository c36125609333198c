"""How the process of a fork server, and each trial forked from it, ends.

As the interpreter would, in all that a script can see (threads joined, `atexit`, what it holds let go,
buffers flushed), but by `os._exit`: the teardown of a process that has imported torch takes 0.5 s.

What was made before the fork is shared with every sibling, and to take it apart copies each page of it: 0.2 s
of every trial for a list of a million rows. So that is taken apart only where it could be seen: where
something has a `__del__`, or where a file is still open for writing (one that was so before the fork prevents it).
"""

from __future__ import annotations

import _signal as signal  # type: ignore[import-not-found]
import gc
import os
import sys

from annotate_runtime import trial

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container
    from typing import NoReturn

SPARED_FINALIZERS = ("torch.library",)
"""Modules whose `weakref.finalize` only unregister what ends with the process: 0.04 to 0.1 s with torch."""

_shared: set[int] = set()
"""The ids of what the script's names stood for before the fork, unless something of the script's has a `__del__`."""
_libraries: list[object] = []
"""What has a `__del__` and was there before the script began."""


def watch() -> None:
    """Before the script begins: what there is of a `__del__` is none of its own."""
    _libraries.extend(_with_del(gc.get_objects()))


def spare_the_prefix() -> None:
    """Before the fork: arrange that a child does not take apart what is shared.

    Cyclic garbage is collected only where that would do something: it takes 0.2 s with torch.
    """
    weakref = sys.modules.get("weakref")
    for finalizer in list(getattr(getattr(weakref, "finalize", None), "_registry", ())):
        alive = finalizer.peek()
        if alive is not None and getattr(alive[1], "__module__", None) in SPARED_FINALIZERS:
            finalizer.atexit = False
    if _has_del():
        gc.collect()
    else:
        _shared.update(map(id, vars(sys.modules["__main__"]).values()))


def leave(code: int) -> NoReturn:
    """What `Py_FinalizeEx` does that a script can see, without the rest; a signal's number, negative, ends it so."""
    import atexit

    threading = sys.modules.get("threading")
    try:
        if threading is not None:
            threading._shutdown()
    except BaseException:  # noqa: BLE001 - shown as the interpreter shows it, and no reason for another exit code
        sys.excepthook(*sys.exc_info())
    try:
        atexit._run_exitfuncs()
    except BaseException:  # noqa: BLE001, S110 - Python 3.9 raises what it has shown already
        pass
    _let_go()
    flush()
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


def flush() -> None:
    """Write out what Python's and C's standard streams have gathered."""
    import ctypes

    for stream in {id(s): s for s in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__)}.values():
        if stream is not None:
            try:
                stream.flush()
            except (OSError, ValueError):
                continue
    ctypes.CDLL(None).fflush(None)


def _let_go() -> None:
    """Drop what the script holds: a `__del__` that closes an archive runs, a file that was never closed is written.

    Nothing is dropped beside a daemon thread, which Python would have stopped.
    """
    from annotate_runtime.forksafety import writes_files

    threading = sys.modules.get("threading")
    alone = threading is None or threading.active_count() == 1
    if alone:
        _drop(() if _has_del() else _shared)
    if writes_files(trial.trial.descriptors()):
        if alone:
            _drop(())
        gc.collect()  # an archive that nobody holds any longer writes its end
        _flush_files()


def _drop(kept: Container[int]) -> None:
    """Set the script's globals to None, in the interpreter's order, but for those whose value's id is kept."""
    names = vars(sys.modules["__main__"])
    for name in sorted((name for name in names if name[:2] != "__"), key=lambda name: name[:1] != "_"):
        if id(names[name]) not in kept:
            names[name] = None


def _has_del() -> bool:
    """Whether something that the script may hold, and no other module holds, does something when it is let go."""
    found = _with_del(gc.get_objects())
    if not found:
        return False
    script, namespace = sys.modules["__main__"], type(sys)
    elsewhere = set(map(id, _libraries))
    for module in list(sys.modules.values()):
        if isinstance(module, namespace) and module is not script:
            elsewhere.update(map(id, vars(module).values()))
    return any(id(thing) not in elsewhere for thing in found)


def _with_del(things: list[object]) -> list[object]:
    """Those of a type with a `__del__`; Python's own files do not count, `_let_go` looks after them."""
    import io

    plain = {io.FileIO, io.BufferedReader, io.BufferedWriter, io.BufferedRandom, io.TextIOWrapper}
    kinds = set(map(type, things)) - plain
    kinds = {kind for kind in kinds if any("__del__" in vars(base) for base in kind.__mro__)}
    return [thing for thing in things if type(thing) in kinds] if kinds else []


def _flush_files() -> None:
    import io

    buffered = (io.TextIOWrapper, io.BufferedWriter, io.BufferedRandom)
    for thing in gc.get_objects():
        if issubclass(type(thing), buffered):
            try:
                thing.flush()
            except (OSError, ValueError):
                continue
