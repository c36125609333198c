"""`annotate replay --pdb`: Python's debugger at an exception that nobody caught, in the user's own file.

The debugger names the user's file and shows her text, as her study has it, and begins in the last frame that
is not ours. A script that puts a hook of its own into `sys.excepthook` gets the debugger at its exit instead.
Nothing of this is imported where ANNOTATE_PDB is not set.
"""

from __future__ import annotations

import atexit
import sys
from types import TracebackType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from annotate_runtime.redirect import Mirror


class PostMortem:
    """Follows another `excepthook` with the debugger, once."""

    def __init__(self, lib: str, mirror: Mirror) -> None:
        self._lib = lib + "/"
        self._mirror = mirror
        self._shown = sys.excepthook
        self._done = False

    def install(self) -> None:
        sys.excepthook = self._hook
        atexit.register(self._at_exit)

    def _hook(self, kind: type[BaseException], value: BaseException, trace: TracebackType | None) -> None:
        self._shown(kind, value, trace)
        self._debug(value, trace)

    def _at_exit(self) -> None:
        value = getattr(sys, "last_value", None)
        if not self._done and value is not None:
            self._debug(value, sys.last_traceback)

    def _debug(self, value: BaseException, trace: TracebackType | None) -> None:
        self._done = True
        trace = self._without_ours(trace)
        if trace is None:
            return
        self._show_users_text(trace)
        debugger = _debugger(self._mirror)
        debugger.reset()
        if sys.version_info >= (3, 13):
            debugger.interaction(None, value.with_traceback(trace))
        else:
            debugger.interaction(None, trace)

    def _without_ours(self, trace: TracebackType | None) -> TracebackType | None:
        if trace is None:
            return None
        rest = self._without_ours(trace.tb_next)
        if trace.tb_frame.f_code.co_filename.startswith(self._lib):
            return rest
        return TracebackType(rest, trace.tb_frame, trace.tb_lasti, trace.tb_lineno)

    def _show_users_text(self, trace: TracebackType | None) -> None:
        """Under the copy's name too, by which the debugger's `list` asks for it."""
        import linecache

        from annotate_runtime.as_written import remember

        while trace is not None:
            copy = trace.tb_frame.f_code.co_filename
            user = self._mirror.to_user(copy)
            if user is not None and copy in linecache.cache and linecache.cache[copy][1:2] == (None,):
                user = None
            if user is not None:
                remember(self._mirror, copy, trace.tb_lineno)
                linecache.cache[copy] = linecache.cache[user]
            trace = trace.tb_next


def _debugger(mirror: Mirror) -> Any:
    import pdb  # noqa: T100 - a debugger is what was asked for

    class Debugger(pdb.Pdb):
        def canonic(self, filename: str) -> str:
            return mirror.to_user(filename) or super().canonic(filename)

    return Debugger()
