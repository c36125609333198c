"""Inside a trial, whatever runs or imports a mirrored file by the user's path gets the mirror instead.

`torchrun train.py`, `python -m pkg.train`, `bash run.sh`, `subprocess.run([python, __file__])`, a path that
the script has put on `sys.path`: all end here, through `sitecustomize`. Files that are not mirrored are
left alone, and so is a process outside a trial. Nothing is imported that start-up has not imported.

`sys.argv[0]`, `sys.path[0]` and `__file__` are what the user would see without us, so that what lies beside or
above her script is found there, and what is written there stays. Only code is the mirror's, and says so in its
`co_filename`.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any


UNTUNED = "untuned"
"""In the directory of a trial or, for what all have in common, of the study: annotated files that were loaded and are
not mirrored, one a line."""


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

    def directory(self, path: str) -> str | None:
        """The mirror's counterpart of the user's directory at `path`, None where there is none."""
        if not self.root:
            return None
        for known in (os.path.abspath(path), os.path.realpath(path)):
            for root in (self.code_dir, os.path.realpath(self.code_dir)):
                if (known + "/").startswith(root + "/"):
                    return self.root + known[len(root) :]
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
    """First on `sys.meta_path`: lets all others find, and calls hooks.

    `script` is the user's path of the script that runs, if it is a mirrored one: Python puts the directory of its
    copy on `sys.path` behind our back, before its first line.
    """

    def __init__(self, mirror: Mirror, script: str | None = None) -> None:
        self.hooks: dict[str, Callable[[ModuleType], None]] = {}
        self._mirror = mirror
        self._script = script

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """As `importlib.abc.MetaPathFinder.find_spec`."""
        if self._script is not None:
            self._put_in_place(self._script)
        for finder in sys.meta_path:
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                if spec.name in self.hooks and spec.loader is not None and not self._is_own(spec):
                    spec.loader = _Hooked(spec.loader, self.hooks.pop(spec.name))  # type: ignore[assignment]
                return spec
        return self._removed(name, sys.path if path is None else path)

    def _is_own(self, spec: ModuleSpec) -> bool:
        """Whether a module is the user's that has the name of Python's own: a `logging.py` beside her script."""
        return "." not in spec.name and self._mirror.to_mirror(spec.origin or "") is not None

    def _put_in_place(self, script: str) -> None:
        copy = self._mirror.to_mirror(script)
        if copy is not None and sys.path[:1] == [os.path.dirname(os.path.realpath(copy))]:
            sys.path[0] = os.path.dirname(os.path.realpath(script))
            self._script = None

    def _removed(self, name: str, path: Sequence[str]) -> ModuleSpec | None:
        """A module whose file the user has removed or renamed since the study began; the mirror has it."""
        from _frozen_importlib_external import PathFinder, SourceFileLoader, spec_from_file_location

        entries = (entry for entry in path if isinstance(entry, str))
        copies = [copy for copy in map(self._mirror.directory, entries) if copy is not None]
        spec: ModuleSpec | None = PathFinder.find_spec(name, copies) if copies else None
        user = None if spec is None or not spec.has_location else self._mirror.to_user(spec.origin or "")
        if spec is None or user is None:
            return spec
        inside = spec.submodule_search_locations and [os.path.dirname(user)]
        loader = SourceFileLoader(name, user)
        return spec_from_file_location(name, user, loader=loader, submodule_search_locations=inside)


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


def redirect_main(mirror: Mirror) -> str | None:
    """Before the main script is opened: run the mirror's by replacing this process, or name it as the user does.

    Returns the user's path of a script that is mirrored.
    """
    argv = getattr(sys, "argv", None)
    if not argv or argv[0] in ("", "-c"):
        return None
    if argv[0] == "-m":
        argv[1:] = [mirror.to_mirror(argument) or argument for argument in argv[1:]]
        return None
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
    return user


def redirect_paths(runpy: ModuleType, mirror: Mirror) -> None:
    """What to do to the `runpy` module when it has been imported: `run_path`, as of multiprocessing's children."""
    original = runpy._get_code_from_file

    def of_copy(*arguments: Any) -> Any:
        *name, path = arguments  # the name until 3.12, and then code and path are returned
        found = original(*name, mirror.to_mirror(os.fsdecode(path)) or path)
        return (found[0], path) if name else found

    runpy._get_code_from_file = of_copy  # type: ignore[attr-defined]


def redirect_loaders(mirror: Mirror) -> None:
    """Let every loader of a mirrored file, whoever has made it, run the copy; its `path` stays the user's."""
    from _frozen_importlib_external import SourceFileLoader

    original = SourceFileLoader.get_code

    def get_code(self: Any, fullname: str) -> Any:
        copy = mirror.to_mirror(self.path)
        if copy is None:
            _note_untuned(self.path, mirror)
            return original(self, fullname)
        loader = object.__new__(type(self))
        vars(loader).update(vars(self), path=copy)
        return original(loader, fullname)

    code = get_code.__code__  # a frame of the import system, which leaves its own out of tracebacks
    get_code.__code__ = code.replace(co_filename="<frozen importlib._bootstrap_external>")
    SourceFileLoader.get_code = get_code  # type: ignore[method-assign]


def _note_untuned(path: str, mirror: Mirror) -> None:
    """Write down a file that is not mirrored, where it is the user's and has annotations."""
    study = os.path.dirname(mirror.root)
    directory = os.environ.get("ANNOTATE_TRIAL_DIR", study)  # none of a trial's before the fork
    if not study or "-packages/" in path:
        return
    if path.startswith((study, sys.prefix, sys.base_prefix)):
        return
    try:
        with open(path, "rb") as file:
            source = file.read()
        if b"@nni." not in source or b"_annotate_trial" in source:  # a copy of a copy is tuned
            return
        with open(f"{directory}/{UNTUNED}", "ab") as notes:
            notes.write(os.fsencode(os.path.abspath(path)) + b"\n")
    except OSError:
        return


def _original_argv() -> list[str]:
    """The interpreter's own command line, its options included (3.9 has no `sys.orig_argv`)."""
    known: list[str] | None = getattr(sys, "orig_argv", None)
    if known is not None:
        return known
    with open("/proc/self/cmdline", "rb") as file:
        return [os.fsdecode(argument) for argument in file.read().split(b"\0")[:-1]]
