"""What Python prints of an exception that nobody caught: in the main thread, in another one, in a `__del__`.

Python writes these in C, with the file names of the code that runs. Here they go through the `traceback`
module, as `tracebacks` has it, and else come out as Python's own would: the same text, to the same stream,
the same exit code.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType, TracebackType
    from typing import Any


def excepthook(
    original: Callable[..., None],
    kind: type[BaseException],
    value: BaseException,
    trace: TracebackType | None,
) -> None:
    """In place of `sys.excepthook`, and of the `original`, which scripts put back or call."""
    if getattr(sys.stderr, "closed", False):  # where the script has put its own there, it may not know
        original(kind, value, trace)
        return
    text = _shown(kind, value, trace)
    if sys.version_info < (3, 12) and issubclass(kind, (NameError, AttributeError)):
        text = _with_suggestion(text, original, kind, value, trace)
    if sys.stdout is not None:
        sys.stdout.flush()
    if sys.stderr is not None:
        print(text, end="", file=sys.stderr, flush=True)
    if issubclass(kind, KeyboardInterrupt):
        _be_interrupted()


def hook_failed(fault: BaseException, error: BaseException) -> None:
    """What Python prints where `sys.excepthook` has failed itself."""
    if sys.stderr is not None:
        texts = [_shown(type(each), each, each.__traceback__) for each in (fault, error)]
        text = "\nOriginal exception was:\n".join(texts)
        print(f"Error in sys.excepthook:\n{text}", end="", file=sys.stderr, flush=True)


def watch_threads(threading: ModuleType) -> None:
    """What to do to the `threading` module when it has been imported."""

    def hook(args: Any) -> None:
        if args.exc_type is SystemExit:
            return
        stream = sys.stderr if sys.stderr is not None else getattr(args.thread, "_stderr", None)
        if stream is None:
            return
        name = args.thread.name if args.thread is not None else threading.get_ident()
        text = _shown(args.exc_type, args.exc_value, args.exc_traceback)
        print(f"Exception in thread {name}:\n{text}", end="", file=stream, flush=True)

    threading.__dict__.update(excepthook=hook, __excepthook__=hook)


def unraisablehook(args: Any) -> None:
    """In place of `sys.unraisablehook`."""
    if sys.stderr is None:
        sys.__unraisablehook__(args)
        return
    import traceback

    said = args.err_msg or "Exception ignored in"
    try:
        first = f"{said}: {args.object!r}" if args.object is not None else f"{said}:"
    except BaseException:  # noqa: BLE001 - Python's own does no less for a broken __repr__
        first = f"{said}: <object repr() failed>"
    shown: Any = traceback.TracebackException(
        args.exc_type, args.exc_value, args.exc_traceback, limit=_limit()
    )
    shown.__notes__ = None  # Python prints here neither notes nor what the exception came from
    for frame in shown.stack if sys.version_info >= (3, 13) else ():
        frame.colno = frame.end_colno = None
    print(f"{first}\n{''.join(shown.format(chain=False))}", end="", file=sys.stderr, flush=True)


def _shown(kind: type[BaseException], value: BaseException | None, trace: TracebackType | None) -> str:
    import traceback

    return "".join(traceback.format_exception(kind, value, trace, limit=_limit()))


def _limit() -> int | None:
    """The interpreter itself shows the last `sys.tracebacklimit` frames, where the `traceback` module takes the first."""
    limit = getattr(sys, "tracebacklimit", None)
    return -limit if isinstance(limit, int) and limit > 0 else None


def _with_suggestion(text: str, original: Callable[..., None], *exception: Any) -> str:
    """Before 3.12 only Python's own printing knows what a misspelt name was probably meant to be."""
    import io

    stream, sys.stderr = sys.stderr, io.StringIO()
    try:
        original(*exception)
        said = sys.stderr.getvalue().rstrip("\n")
    finally:
        sys.stderr = stream
    suggestion = said[said.rfind(". Did you mean: ") :]
    return f"{text[:-1]}{suggestion}\n" if suggestion.startswith(". Did") and "\n" not in suggestion else text


def _be_interrupted() -> None:
    """Have the process end of SIGINT, as it does after a KeyboardInterrupt; importing has made it forget."""
    try:
        exec("raise KeyboardInterrupt", {})  # noqa: S102 - the interpreter takes note of it here, and nowhere else
    except KeyboardInterrupt:
        pass
