"""The files that count: a script, and the modules of its code directory that it imports.

    read_closure(Path("train.py"), None).space

Imports are resolved as Python would from the script's directory, then from the other places where it looks
for modules (see `above`), then from the code directory; what lies outside the code directory is not the user's to tune. Reading only: nothing is run or written.
"""

from __future__ import annotations

import dataclasses
import functools
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from annotate.annotations.constraint import Constraint
from annotate.annotations.diagnostics import Diagnostic, has_errors, render_all
from annotate.annotations.names import short_names
from annotate.annotations.samplers import Json
from annotate.errors import SourceError, UsageError
from annotate.instrument import Instrumented, instrument
from annotate.notebooks import SUFFIX, python_name, read_notebook
from annotate.sources.above import places
from annotate.sources.checks import check_closure, unparsed
from annotate.sources.imports import Import, imports
from annotate.sources.ties import tie_constraints
from annotate_tuners.space import Distribution, SearchSpace

_SKIPPED = frozenset({".git", ".hg", ".annotate", "__pycache__", ".venv", "venv", "node_modules"})


@dataclass(frozen=True)
class SourceFile:
    """One file of the closure: the user's own path, and the module name that its keys begin with.

    `data` is what `instrumented` was made of; the user may be at work on the file.
    """

    path: Path
    module: str
    data: bytes
    instrumented: Instrumented

    @property
    def mirrored(self) -> Path:
        """Where the file would lie in the code directory as a Python file: a notebook is one line by line."""
        return Path(python_name(str(self.path)))


@dataclass(frozen=True)
class Closure:
    """A script with all that it imports of its code directory, the script first; paths are absolute."""

    script: Path
    code_dir: Path
    files: tuple[SourceFile, ...]
    space: SearchSpace
    defaults: Mapping[str, Json]
    constraints: tuple[Constraint, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def names(self) -> dict[str, str]:
        """The shortest unambiguous name of each key."""
        return short_names(self.space)

    def check(self) -> None:
        """Raise SourceError where a diagnostic is an error; its message is all errors as plain text."""
        errors = [d for d in self.diagnostics if has_errors([d])]
        if errors:
            raise SourceError(render_all(errors), remedy="`annotate explain CODE` tells more about a code")


def read_closure(script: Path, code_dir: Path | None, include: Sequence[str] = ()) -> Closure:
    """Read a script and what it imports.

    `code_dir` is the script's own directory unless given; `include` are glob patterns relative to it, for
    files that only a dynamic import reaches. Raises UsageError for a script that cannot be read, that
    lies outside the code directory, and for a pattern that matches nothing.
    """
    script = Path(os.path.abspath(script))  # noqa: PTH100 - a symbolic link keeps the user's own name
    root = Path(os.path.abspath(code_dir)) if code_dir is not None else script.parent  # noqa: PTH100
    if not script.is_file():
        raise UsageError(f"there is no script {script}", remedy="give the path of a Python file")
    if not script.is_relative_to(root):
        raise UsageError(
            f"{script} does not lie in the code directory {root}", remedy="name a directory above the script"
        )
    bases = [
        script.parent,
        *(each for each in places(script, python_of(script)) if each.is_relative_to(root)),
        root,
    ]
    files = tuple(_read(path, root) for path in reach(script, bases, root, include))
    closure = assemble(script, root, files)
    return _in_cells(closure) if script.suffix == SUFFIX else closure


def assemble(script: Path, code_dir: Path, files: tuple[SourceFile, ...]) -> Closure:
    """A closure of files that have been instrumented; the script is the first."""
    distributions: dict[str, Distribution] = {}
    defaults: dict[str, Json] = {}
    diagnostics = [d for file in files for d in file.instrumented.diagnostics]
    for file in files:
        distributions |= {k: d for k, d in file.instrumented.space.items() if k not in distributions}
        defaults |= file.instrumented.defaults
    constraints, faults = tie_constraints([file.instrumented for file in files], list(distributions))
    diagnostics += faults
    diagnostics += unparsed(files[0].instrumented, shown(script))
    diagnostics += check_closure([file.instrumented for file in files], constraints, defaults)
    return Closure(
        script, code_dir, files, SearchSpace(distributions), defaults, tuple(constraints), tuple(diagnostics)
    )


def _in_cells(closure: Closure) -> Closure:
    """The closure of a notebook, its diagnostics at cell and line."""
    if closure.files[0].mirrored in {file.path for file in closure.files}:
        raise UsageError(
            f"{closure.script.name} imports {closure.files[0].mirrored.name}, and both would be one module",
            remedy="rename one of the two",
        )
    notebook = read_notebook(closure.script.read_bytes(), shown(closure.script))
    return dataclasses.replace(closure, diagnostics=tuple(notebook.located(closure.diagnostics)))


def python_of(path: Path) -> bytes:
    """A file as Python: its bytes, or the script that a notebook amounts to. Raises UsageError."""
    return _python(path, _bytes(path))


def _python(path: Path, data: bytes) -> bytes:
    return read_notebook(data, shown(path)).code.encode() if path.suffix == SUFFIX else data


def module_name(path: Path, root: Path) -> str:
    """The dotted path of a file from the code directory."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)


def shown(path: Path) -> str:
    """A path as diagnostics show it: relative to the working directory where it lies in it."""
    try:
        return str(path.relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)


def _read(path: Path, root: Path) -> SourceFile:
    module, data = module_name(path, root), _bytes(path)
    try:
        module.encode()
    except UnicodeEncodeError as error:
        raise UsageError(
            f"the name of {shown(path)!a} cannot be read as text here",
            remedy="rename it, or set LC_ALL=C.UTF-8",
        ) from error
    return SourceFile(path, module, data, instrument(_python(path, data), module, shown(path)))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"cannot read {shown(path)}: {error.strerror}", remedy="check its permissions"
        ) from error


def reach(
    script: Path, bases: Sequence[Path], root: Path = Path("/"), include: Sequence[str] = ()
) -> list[Path]:
    """The script, what it imports of `bases`, and what is included, each once; in the order in which they are met."""
    waiting = [script, *_included(root, include)]
    reached: dict[Path, None] = {}
    absolute: dict[Import, list[Path]] = {}
    while waiting:
        path = waiting.pop(0)
        if path in reached:
            continue
        reached[path] = None
        status = path.stat()
        for each in _imports_in(path, status.st_mtime_ns, status.st_size):
            found = absolute.get(each)
            if found is None:
                found = list(_resolve(each, path, bases, root))
                if not each.level:
                    absolute[each] = found
            waiting += [file for file in found if file not in reached]
    return list(reached)


@functools.lru_cache(maxsize=1 << 16)
def _imports_in(path: Path, changed: int, size: int) -> tuple[Import, ...]:  # noqa: ARG001 - they tell a version
    """The imports of a file, which is read once where its directory and then its closure are looked for."""
    source = python_of(path)
    text = source.decode("latin-1")  # keywords and most names are ASCII
    return tuple(imports(text if text.isascii() else source.decode("utf-8", "replace")))


def _included(root: Path, include: Sequence[str]) -> list[Path]:
    found: list[Path] = []
    for pattern in include:
        from_here = os.path.relpath(pattern, root)
        try:
            matched = _matching(root, pattern) or _matching(root, from_here)
        except (ValueError, NotImplementedError) as error:
            raise UsageError(
                f"--include {pattern}: {error}", remedy="write a glob such as 'models/*.py'"
            ) from error
        if not matched:
            raise UsageError(
                f"--include {pattern} matches no Python file in {root}",
                remedy="patterns are relative to the code directory, or to this one; quote them from the shell",
            )
        found += matched
    return found


def _matching(root: Path, pattern: str) -> list[Path]:
    if os.path.isabs(pattern) or pattern.startswith(os.pardir):  # noqa: PTH117
        return []
    files = sorted(path for path in root.glob(pattern) if path.suffix == ".py" and path.is_file())
    return [path for path in files if not _SKIPPED & {*path.relative_to(root).parts}]


def _resolve(each: Import, importer: Path, absolute: Sequence[Path], root: Path) -> Iterator[Path]:
    """The files of the code directory that an import runs, packages before what is in them."""
    if each.level:
        base = importer.parent
        for _ in range(each.level - 1):
            base = base.parent
        bases = [base] if base.is_relative_to(root) else []
        parts = each.module.split(".") if each.module else []
        if bases and (base / "__init__.py").is_file():
            yield base / "__init__.py"
    else:
        parts = each.module.split(".")
        if parts[0] in sys.builtin_module_names:
            return
        bases = list(absolute)
    for base in bases:
        found = list(_walk(base, parts))
        if not found and parts:
            continue
        files = [path for path, _ in found]
        directory = found[-1][1] if found else base
        if directory is not None:
            files += [path for name in each.names for path, _ in _walk(directory, [name])]
        if any(files):  # else a mere directory, which a module of that name comes before
            yield from filter(None, files)
            return


def _walk(base: Path, parts: Sequence[str]) -> list[tuple[Path | None, Path | None]]:
    """(file, directory) of every part of a dotted name; empty where the first of them is not there."""
    found: list[tuple[Path | None, Path | None]] = []
    directory: Path | None = base
    for part in parts:
        if directory is None or not part:
            break
        package, module = directory / part, directory / f"{part}.py"
        if (package / "__init__.py").is_file():
            found.append((package / "__init__.py", package))
        elif module.is_file():
            found.append((module, None))
        elif package.is_dir():
            found.append((None, package))
        else:
            break
        directory = found[-1][1]
    return found
