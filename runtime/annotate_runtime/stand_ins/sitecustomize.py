"""First thing in every Python process of a trial: redirect to the mirror, then do what the user's own does.

A `sitecustomize` of the user's or of the system, further down the path, runs as if ours were not there.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

_lib = os.path.dirname(os.path.abspath(__file__))


NNI = (
    "nni.platform.local",
    "nni.runtime.platform.local",
    "nni.runtime.trial_command_channel.local_legacy",
    "nni.runtime.log",
)
"""Where an installed NNI speaks to its manager, in its versions 1, 2 and 3, and where it takes over stdout."""


def _connect_nni(module: ModuleType) -> None:
    from annotate_runtime.real_nni import connect

    connect(module)


def _begin() -> None:
    from annotate_runtime.own_source import source_reader
    from annotate_runtime.redirect import Finder, Mirror, redirect_main
    from annotate_runtime.tracebacks import excepthook, frame_mapper, warning_mapper

    mirror = Mirror.read(_lib)
    redirect_main(mirror)
    sys.excepthook = excepthook(_lib)
    if "ANNOTATE_PDB" in os.environ:
        from annotate_runtime.postmortem import PostMortem

        PostMortem(_lib, mirror).install()
    hooks = {
        "traceback": frame_mapper(mirror),
        "warnings": warning_mapper(mirror),
        "inspect": source_reader(mirror),
        **dict.fromkeys(NNI, _connect_nni),
    }
    for name in [name for name in hooks if name in sys.modules]:
        hooks.pop(name)(sys.modules[name])
    sys.meta_path.insert(0, Finder(mirror, hooks))


def _chain() -> None:
    from _frozen_importlib_external import PathFinder  # importlib.machinery brings warnings, 0.4 ms

    elsewhere = [entry for entry in sys.path if os.path.abspath(entry) != _lib]
    spec = PathFinder.find_spec("sitecustomize", elsewhere)
    if spec is not None and spec.loader is not None:
        from importlib.util import module_from_spec  # 8 ms, where there is one at all

        module = module_from_spec(spec)
        sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)


if "ANNOTATE_TRIAL_DIR" in os.environ or "ANNOTATE_FORK_SERVER" in os.environ:
    _begin()
_chain()
