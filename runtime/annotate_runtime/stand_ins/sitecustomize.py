"""First thing in every Python process of a trial: redirect to the mirror, then do what the user's own does.

A `sitecustomize` of the user's or of the system, further down the path, runs as if ours were not there.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

    from annotate_runtime.redirect import Mirror

_lib = os.path.dirname(os.path.abspath(__file__))
_excepthook = sys.__excepthook__

NNI = (
    "nni.platform.local",
    "nni.runtime.platform.local",
    "nni.runtime.trial_command_channel.local_legacy",
    "nni.runtime.log",
)
"""Where an installed NNI speaks to its manager, in its versions 1, 2 and 3, and where it takes over stdout."""


def _begin() -> None:
    from annotate_runtime.redirect import Finder, Mirror, redirect_loaders, redirect_main

    mirror = Mirror.read(_lib)
    script = redirect_main(mirror)
    if script is not None:
        vars(sys.modules["__main__"]).update(__file__=script, __cached__=None)  # Python leaves what is there
    sys.excepthook = sys.__excepthook__ = _uncaught
    sys.unraisablehook = _unraisable
    if "ANNOTATE_PDB" in os.environ:
        from annotate_runtime.postmortem import PostMortem

        PostMortem(_lib, mirror).install()
    redirect_loaders(mirror)
    finder = Finder(mirror, script)
    hooks = finder.hooks = {**_hooks(mirror), **dict.fromkeys(NNI, _connect_nni)}
    for name in [name for name in hooks if name in sys.modules]:
        hooks.pop(name)(sys.modules[name])
    sys.meta_path.insert(0, finder)


def _hooks(mirror: Mirror) -> dict[str, Callable[[ModuleType], None]]:
    """What to do to modules once a script has imported them; until then nothing is loaded for it."""

    def traceback(module: ModuleType) -> None:
        from annotate_runtime.tracebacks import map_traceback

        map_traceback(module, mirror, _lib)

    def warnings(module: ModuleType) -> None:
        from annotate_runtime.tracebacks import map_warnings

        map_warnings(module, mirror, _lib)

    def logging(module: ModuleType) -> None:
        from annotate_runtime.tracebacks import map_logging

        map_logging(module, mirror)

    def inspect(module: ModuleType) -> None:
        from annotate_runtime.own_source import read_own_source
        from annotate_runtime.tracebacks import map_stack

        read_own_source(module, mirror)
        map_stack(module, mirror, _lib)

    def runpy(module: ModuleType) -> None:
        from annotate_runtime.redirect import redirect_paths

        redirect_paths(module, mirror)

    def joblib_memory(module: ModuleType) -> None:
        from annotate_runtime.own_source import name_by_values

        name_by_values(module, mirror)

    def numba_caching(module: ModuleType) -> None:
        from annotate_runtime.own_source import compile_anew

        compile_anew(module, mirror)

    def joblib_workers(module: ModuleType) -> None:
        from annotate_runtime.threads import share_among_workers

        share_among_workers(module)

    def torchrun(module: ModuleType) -> None:
        from annotate_runtime.threads import one_for_each_rank

        one_for_each_rank(module)

    def threading(module: ModuleType) -> None:
        from annotate_runtime.uncaught import watch_threads

        watch_threads(module)

    return {
        "traceback": traceback,
        "warnings": warnings,
        "logging": logging,
        "inspect": inspect,
        "runpy": runpy,
        "joblib.func_inspect": joblib_memory,
        "numba.core.caching": numba_caching,
        "joblib._parallel_backends": joblib_workers,
        "torch.distributed.launcher.api": torchrun,
        "threading": threading,
    }


def _uncaught(*exception: Any) -> None:
    from annotate_runtime.uncaught import excepthook

    excepthook(_excepthook, *exception)


def _unraisable(
    args: Any, is_finalizing: Callable[[], bool] = sys.is_finalizing, end: Any = sys.__unraisablehook__
) -> None:
    if is_finalizing():  # nothing can be imported any more, and this module may be empty
        end(args)
        return
    from annotate_runtime.uncaught import unraisablehook

    unraisablehook(args)


def _connect_nni(module: ModuleType) -> None:
    from annotate_runtime.real_nni import connect

    connect(module)


def _chain() -> None:
    from _frozen_importlib_external import PathFinder  # importlib.machinery brings warnings, 0.4 ms

    elsewhere = [entry for entry in sys.path if os.path.abspath(entry) != _lib]
    spec = PathFinder.find_spec("sitecustomize", elsewhere)
    if spec is not None and spec.loader is not None:
        from importlib.util import module_from_spec  # 8 ms, where there is one at all

        module = module_from_spec(spec)
        sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)


if not os.environ.keys().isdisjoint(("ANNOTATE_TRIAL_DIR", "ANNOTATE_FORK_SERVER", "ANNOTATE_PREFIX")):
    _begin()
_chain()
