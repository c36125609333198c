"""Tracebacks, warnings and log records of a trial name the user's own file and line, and none of our frames.

The code of the mirror keeps the mirror's path as its file name, so that `inspect.getsource` sees what
runs; only what is shown is mapped, wherever Python's `traceback` module shows it. The text of a line is
the user's; a line that carries an annotation is shown without carets, since its columns have moved.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType
    from typing import Any

    from annotate_runtime.redirect import Mirror


def map_traceback(traceback: ModuleType, mirror: Mirror, lib: str) -> None:
    """What to do to the `traceback` module when it has been imported; `lib` is where our own files are."""
    # now, not when a line is shown: nothing can be imported at the interpreter's end, when asyncio still logs
    from annotate_runtime.as_written import in_cell, remember

    summary, exception = traceback.FrameSummary, traceback.TracebackException
    frame, error = summary.__init__, exception.__init__

    def mapped(self: Any, filename: str, lineno: int, name: str, **options: Any) -> None:
        user = mirror.to_user(filename)
        if user is not None and remember(mirror, filename, lineno):
            options["colno"] = options["end_colno"] = None
            if sys.version_info < (3, 11):
                del options["colno"], options["end_colno"]
        if user is not None:
            user, lineno = in_cell(user, filename, lineno, mirror.kept(filename))
        frame(self, user or filename, lineno, name, **options)

    def mapped_error(self: Any, *arguments: Any, **options: Any) -> None:
        error(self, *arguments, **options)
        copy = getattr(self, "filename", None)  # of a SyntaxError
        user = mirror.to_user(copy) if isinstance(copy, str) else None
        if isinstance(copy, str) and user is not None:
            line = int(self.lineno or 0)
            if remember(mirror, copy, line):
                self.text, self.offset = traceback.linecache.getline(user, line), None
            self.filename, line = in_cell(user, copy, line, mirror.kept(copy))
            self.lineno = str(line)

    summary.__init__, exception.__init__ = mapped, mapped_error
    for name in ("walk_stack", "walk_tb", "_walk_tb_with_full_positions"):
        if hasattr(traceback, name):
            setattr(traceback, name, _without_ours(getattr(traceback, name), lib + "/"))


def map_warnings(warnings: ModuleType, mirror: Mirror, lib: str) -> None:
    """What to do to the `warnings` module when it has been imported. Above a script's own frames Python names `sys`."""
    nowhere = ("<sys>", 0) if sys.version_info >= (3, 13) else ("sys", 1)
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
            from annotate_runtime.as_written import in_cell, remember

            remember(mirror, filename, lineno)
            filename, lineno = in_cell(user, filename, lineno, mirror.kept(filename))
        elif filename.startswith(lib + "/"):
            filename, lineno = nowhere
        original(self, text, category, filename, lineno, *others, **named)

    message.__init__ = mapped


def map_stack(inspect: ModuleType, mirror: Mirror, lib: str) -> None:
    """What to do to the `inspect` module when it has been imported: Hydra looks for its `config_path` by it."""
    file_of, frame_info, outer_frames = inspect.getfile, inspect.getframeinfo, inspect.getouterframes

    def getfile(object: Any) -> str:  # noqa: A002 - Python's own name for it
        file: str = file_of(object)
        return mirror.to_user(file) or file

    def getframeinfo(frame: Any, context: int = 1) -> Any:
        info = frame_info(frame, context)
        user = mirror.to_user(info.filename)
        if user is None:
            return info
        named = {"positions": info.positions} if sys.version_info >= (3, 11) else {}
        return type(info)(user, *info[1:], **named)

    def getouterframes(frame: Any, context: int = 1) -> list[Any]:
        return [each for each in outer_frames(frame, context) if not each.filename.startswith(lib + "/")]

    for ours, original in (
        (getfile, file_of),
        (getframeinfo, frame_info),
        (getouterframes, outer_frames),
    ):
        ours.__doc__ = original.__doc__
        setattr(inspect, ours.__name__, ours)


def map_logging(logging: ModuleType, mirror: Mirror) -> None:
    """What to do to the `logging` module when it has been imported."""
    record = logging.LogRecord
    original = record.__init__

    def mapped(self: Any, name: str, level: int, pathname: str, *others: Any, **named: Any) -> None:
        original(self, name, level, mirror.to_user(pathname) or pathname, *others, **named)

    record.__init__ = mapped


def _without_ours(walk: Callable[[Any], Iterator[Any]], lib: str) -> Callable[[Any], Iterator[Any]]:
    """A walk over frames that passes over those of files under `lib`. None stands for the caller's own frame."""

    def walked(start: Any) -> Iterator[Any]:
        if start is None:
            return walk(start)
        return (each for each in walk(start) if not each[0].f_code.co_filename.startswith(lib))

    return walked
