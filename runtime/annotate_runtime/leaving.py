"""How the process of a fork server, and each trial forked from it, ends.

As the interpreter would, in all that a script can see (threads joined, `atexit`, what it holds let go,
buffers flushed), but by `os._exit`: the teardown of a process that has imported torch takes 0.5 s.

What was made before the fork is shared with every sibling, and to take it apart copies each page of it: 0.2 s
of every trial for a list of a million rows. So what has a `__del__` is finalized where it is, as the garbage
collector would, which leaves the globals that a `__del__` looks at; and nothing is taken apart that is shared.

The interpreter itself ends the process (1 s with torch) where nothing less would do: where a library
holds a file open for writing, or where there is a `__del__` beside a daemon thread, which has to be stopped first.
"""

from __future__ import annotations

import _signal as signal  # type: ignore[import-not-found]
import gc
import os
import sys

from annotate_runtime import trial

TYPE_CHECKING = False
if TYPE_CHECKING:
    import threading
    import weakref
    from typing import NoReturn

SPARED_FINALIZERS = ("torch.library",)
"""Modules whose `weakref.finalize` only unregister what ends with the process: 0.04 to 0.1 s with torch."""

HARMLESS_THREADS = ("MainThread", "QueueFeederThread", "TMonitor")
"""By name or type: of a `multiprocessing.Queue`, such as every worker of a torch `DataLoader` has, and of `tqdm`."""

_shared: set[int] = set()
"""The ids of what the script's names stood for before the fork."""
_libraries: list[object] = []
"""What has a `__del__` and was there before the script began."""
_begun_with: list[weakref.ref[object]] = []
"""What has a `__del__` and was there before the fork, which hides it from the garbage collector."""
_unfindable: list[type] = []
"""The types of what there is of that which cannot be referred to weakly."""


def watch() -> None:
    """Before the script begins: what there is of a `__del__` is none of its own."""
    _libraries.extend(_with_del())


def spare_the_prefix() -> None:
    """Before the fork: arrange that a child does not take apart what is shared.

    Cyclic garbage is collected only where that would do something: it takes 0.2 s with torch.
    """
    from _weakref import ref

    weakref = sys.modules.get("weakref")
    for finalizer in list(getattr(getattr(weakref, "finalize", None), "_registry", ())):
        alive = finalizer.peek()
        if alive is not None and getattr(alive[1], "__module__", None) in SPARED_FINALIZERS:
            finalizer.atexit = False
    if _of_the_script():
        gc.collect()
    for thing in _of_the_script():
        try:
            _begun_with.append(ref(thing))
        except TypeError:
            _unfindable.append(type(thing))
    _shared.update(map(id, vars(sys.modules["__main__"]).values()))


def leave(code: int) -> NoReturn:
    """What `Py_FinalizeEx` does that a script can see, without the rest; a signal's number, negative, ends it so."""
    import atexit

    from annotate_runtime import forksafety

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
    finalized = [thing for thing in [known() for known in _begun_with] if thing is not None]
    finalized += _of_the_script()
    alone = threading is None or not any(map(_is_own_thread, threading.enumerate()))
    written = forksafety.written_files(trial.trial.descriptors())
    if _unfindable or (finalized and not alone) or not written <= _python_files(written):
        _leave_in_full(code)
    if written:
        _flush_files()
    _finalize(finalized)
    if alone:
        _let_go()
    if written:
        _flush_files()
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


def _is_own_thread(thread: threading.Thread) -> bool:
    return not {thread.name, type(thread).__name__} & set(HARMLESS_THREADS)


def _leave_in_full(code: int) -> NoReturn:
    """Have the interpreter take everything apart."""
    gc.unfreeze()
    if code < 0:
        sys.excepthook = lambda *_: None  # it has been shown
        raise KeyboardInterrupt
    raise SystemExit(code)


def _python_files(written: set[int]) -> set[int]:
    """Which of these descriptors are of Python's own files; only its owner knows how to close another."""
    import io

    found = set()
    for thing in gc.get_objects() if written else ():
        if issubclass(type(thing), io.FileIO) and not thing.closed:
            found.add(thing.fileno())
    return found


def _finalize(things: list[object]) -> None:
    """Call each `__del__`, once and for all, in the order of the garbage collector.

    A script without a function or class goes without it, by its names: then what has one of these is first.
    """
    if not things:
        return
    import ctypes

    call = ctypes.pythonapi.PyObject_CallFinalizer
    call.argtypes, call.restype = [ctypes.py_object], None
    values = list(vars(sys.modules["__main__"]).values())
    places = {id(value): place for place, value in enumerate(values)}
    if not any(issubclass(type(value), (type, type(_finalize))) for value in values):
        things = sorted(things, key=lambda thing: places.get(id(thing), len(values)))
    for thing in things:
        call(thing)


def _let_go() -> None:
    """Drop the data that only this trial's names hold: what is written in C may do something then."""
    names = vars(sys.modules["__main__"])
    tools = (type, type(sys), type(_let_go))
    for name in [name for name in names if name[:2] != "__"]:
        if id(names[name]) not in _shared and not issubclass(type(names[name]), tools):
            names[name] = None


def _of_the_script() -> list[object]:
    """What has a `__del__`, but for what a library's module holds."""
    found = _with_del()
    if not found:
        return []
    elsewhere = set(map(id, _libraries))
    namespace, script = type(sys), sys.modules["__main__"]
    for module in list(sys.modules.values()):
        if isinstance(module, namespace) and module is not script and not _is_own(module):
            elsewhere.update(map(id, vars(module).values()))
    return [thing for thing in found if id(thing) not in elsewhere]


def _is_own(module: object) -> bool:
    """Whether it is one of the script's own, beside it or below."""
    path = str(getattr(module, "__file__", None) or "")
    return path.startswith(sys.path[0] + os.sep) and "-packages" + os.sep not in path


def _with_del() -> list[object]:
    """Those of a type with a `__del__`; Python's own files do not count, they are flushed."""
    import io

    plain = {io.FileIO, io.BufferedReader, io.BufferedWriter, io.BufferedRandom, io.TextIOWrapper}
    things = gc.get_objects()
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
