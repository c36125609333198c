"""Inside a trial, whatever runs or imports a mirrored file by the user's path gets the mirror instead.

`torchrun train.py`, `python -m pkg.train`, `bash run.sh`, `subprocess.run([python, __file__])`, a path that
the script has put on `sys.path`: all end here, through `sitecustomize`. Files that are not mirrored are
left alone, and so is a process outside a trial. Nothing is imported that start-up has not imported.

`sys.argv[0]` of a mirrored script is what the user would see; `__file__` is the mirror's path.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType


class Mirror:
    """The map between the user's files and their copies, both ways, for the copied files only."""

    def __init__(self, code_dir: str, mirror: str, files: Sequence[str]) -> None:
        self.code_dir = code_dir
        self.root = mirror
        self._files = frozenset(files)
        self._names = frozenset(name.rpartition("/")[2] for name in files)

    @classmethod
    def read(cls, lib: str) -> Mirror:
        """The map that `install_lib` wrote, an empty one where there is none."""
        try:
            with open(f"{lib}/redirects", "rb") as file:
                code_dir, mirror, *files = map(os.fsdecode, file.read().split(b"\0"))
        except (FileNotFoundError, NotADirectoryError):
            return cls("", "", ())
        return cls(code_dir, mirror, files)

    def to_mirror(self, path: str) -> str | None:
        """The copy of the user's file at `path`, None when it is not mirrored."""
        if os.path.basename(path) not in self._names:
            return None
        for known in (os.path.abspath(path), os.path.realpath(path)):
            for root in (self.code_dir, os.path.realpath(self.code_dir)):
                if known.startswith(root + "/") and known[len(root) + 1 :] in self._files:
                    return f"{self.root}/{known[len(root) + 1 :]}"
        return None

    def to_user(self, path: str) -> str | None:
        """The user's file of which `path` is the copy or the link, None when it is outside the mirror."""
        if not self.root or not path.startswith(self.root + "/"):
            return None
        return self.code_dir + path[len(self.root) :]

    def kept(self, path: str) -> str:
        """The user's file of which `path` is the copy, as the study keeps it: as it was when it was copied."""
        study, _, code = self.root.rpartition("/")
        return f"{study}/source{code[len('code') :]}{path[len(self.root) :]}"

    def module(self, path: str) -> str | None:
        """The dotted name that a key of the search space begins with, for a file of the mirror."""
        user = self.to_user(os.path.abspath(path))
        if user is None:
            return None
        return user[len(self.code_dir) + 1 :].rpartition(".py")[0].replace("/", ".")


class Finder:
    """First on `sys.meta_path`: lets all others find, then replaces what is mirrored."""

    def __init__(self, mirror: Mirror, hooks: dict[str, Callable[[ModuleType], None]]) -> None:
        self._mirror = mirror
        self.hooks = hooks

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """As `importlib.abc.MetaPathFinder.find_spec`."""
        for finder in sys.meta_path:
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                return self._replaced(spec)
        return None

    def _replaced(self, spec: ModuleSpec) -> ModuleSpec:
        if spec.origin is not None and spec.has_location and spec.origin.endswith(".py"):
            copy = self._mirror.to_mirror(spec.origin)
            if copy is not None:
                from importlib.util import spec_from_file_location

                return spec_from_file_location(spec.name, copy) or spec
        if spec.name in self.hooks and spec.loader is not None:
            spec.loader = _Hooked(spec.loader, self.hooks.pop(spec.name))  # type: ignore[assignment]
        return spec


class _Hooked:
    """A loader that calls a hook on the module once it has been executed."""

    def __init__(self, loader: object, hook: Callable[[ModuleType], None]) -> None:
        self._loader = loader
        self._hook = hook

    def __getattr__(self, name: str) -> object:
        return getattr(self._loader, name)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)  # type: ignore[attr-defined]
        module.__loader__ = self._loader  # type: ignore[assignment]
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader  # type: ignore[assignment]
        self._hook(module)


def after_import(name: str, hook: Callable[[ModuleType], None]) -> None:
    """Call the hook on that module, after any earlier one, when it has been imported; now, if it has been."""
    if name in sys.modules:
        hook(sys.modules[name])
    else:
        finder: Finder = sys.meta_path[0]  # type: ignore[assignment]
        earlier = finder.hooks.get(name)

        def hooks(module: ModuleType) -> None:
            if earlier is not None:
                earlier(module)
            hook(module)

        finder.hooks[name] = hooks


def redirect_main(mirror: Mirror) -> None:
    """Before the main script is opened: run the mirror's by replacing this process, or name it as the user does."""
    argv = getattr(sys, "argv", None)
    if not argv or argv[0] in ("", "-c"):
        return
    if argv[0] == "-m":
        argv[1:] = [mirror.to_mirror(argument) or argument for argument in argv[1:]]
        return
    copy = mirror.to_mirror(argv[0])
    if copy is not None:
        options = _original_argv()[: -len(argv)]
        if sys.stdout is not None:
            sys.stdout.flush()
        os.execv(sys.executable, [*options, copy, *argv[1:]])  # noqa: S606 - no shell is the point
    user = mirror.to_user(os.path.abspath(argv[0]))
    if user is not None:
        here = os.getcwd() + "/"
        argv[0] = user.removeprefix(here)


def _original_argv() -> list[str]:
    """The interpreter's own command line, its options included (3.9 has no `sys.orig_argv`)."""
    known: list[str] | None = getattr(sys, "orig_argv", None)
    if known is not None:
        return known
    with open("/proc/self/cmdline", "rb") as file:
        return [os.fsdecode(argument) for argument in file.read().split(b"\0")[:-1]]
