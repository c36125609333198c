"""Tracebacks and warnings of a trial name the user's own file and line, and none of our frames.

The code of the mirror keeps the mirror's path as its file name, so that `inspect.getsource` sees what
runs; only what is shown is mapped, wherever Python's `traceback` module shows it. The text of a line is
the user's; a line that carries an annotation is shown without carets, since its columns have moved.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType, TracebackType
    from typing import Any

    from annotate_runtime.redirect import Mirror


def frame_mapper(mirror: Mirror) -> Callable[[ModuleType], None]:
    """What to do to the `traceback` module when it has been imported."""

    def patch(traceback: ModuleType) -> None:
        from annotate_runtime.cells import in_cell

        summary = traceback.FrameSummary
        original = summary.__init__

        def mapped(self: Any, filename: str, lineno: int, name: str, **options: Any) -> None:
            user = mirror.to_user(filename)
            if user is not None and remember(mirror, filename, lineno):
                options["colno"] = options["end_colno"] = None
                if sys.version_info < (3, 11):
                    del options["colno"], options["end_colno"]
            if user is not None:
                user, lineno = in_cell(user, filename, lineno, mirror.kept(filename))
            original(self, user or filename, lineno, name, **options)

        summary.__init__ = mapped

    return patch


def warning_mapper(mirror: Mirror) -> Callable[[ModuleType], None]:
    """What to do to the `warnings` module when it has been imported."""

    def patch(warnings: ModuleType) -> None:
        from annotate_runtime.cells import in_cell

        message = warnings.WarningMessage
        original = message.__init__

        def mapped(
            self: Any,
            text: Any,
            category: type[Warning],
            filename: str,
            lineno: int,
            *others: Any,
            **named: Any,
        ) -> None:
            user = mirror.to_user(filename)
            if user is not None:
                remember(mirror, filename, lineno)
                user, lineno = in_cell(user, filename, lineno, mirror.kept(filename))
            original(self, text, category, user or filename, lineno, *others, **named)

        message.__init__ = mapped

    return patch


def remember(mirror: Mirror, copy: str, lineno: int | None) -> bool:
    """Give `linecache` the user's text under the user's name, as it was when it was copied.

    Returns whether this line's columns have moved.
    """
    import linecache

    lines = linecache.getlines(copy)
    user = mirror.to_user(copy)
    if user is not None and not _is_ours(linecache.cache.get(user)):
        theirs = linecache.getlines(mirror.kept(copy)) or linecache.getlines(user)
        shown = theirs if len(theirs) == len(lines) else lines
        linecache.cache[user] = (sum(map(len, shown)), None, shown, user)
    return lineno is not None and 0 < lineno <= len(lines) and _is_instrumented(lines[lineno - 1])


def _is_instrumented(line: str) -> bool:
    return "_annotate_trial" in line or "annotate_runtime.trial" in line


def excepthook(lib: str) -> Callable[..., None]:
    """A `sys.excepthook` that shows what Python's own shows, without frames of files under `lib`."""

    def show(kind: type[BaseException], value: BaseException, trace: TracebackType | None) -> None:
        import traceback

        summary = traceback.TracebackException(kind, value, trace)
        _leave_out(summary, lib + "/", set())
        sys.stdout.flush()
        print("".join(summary.format()), end="", file=sys.stderr, flush=True)

    return show


def _leave_out(summary: Any, lib: str, seen: set[int]) -> None:
    if summary is None or id(summary) in seen:
        return
    seen.add(id(summary))
    summary.stack[:] = [frame for frame in summary.stack if not frame.filename.startswith(lib)]
    for other in (summary.__cause__, summary.__context__, *(getattr(summary, "exceptions", None) or ())):
        _leave_out(other, lib, seen)


def _is_ours(entry: Any) -> bool:
    """Whether `linecache` has an entry that belongs to no file on disk, as we make them."""
    return entry is not None and len(entry) > 1 and entry[1] is None
