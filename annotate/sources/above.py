"""Where a script looks for modules beyond its own directory.

    sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
    ROOT = Path(__file__).resolve().parent.parent
    sys.path.append(str(ROOT / "lib"))
    sys.path.append(".")

What is relative begins in the working directory, or where the script goes by `os.chdir`. Besides: PYTHONPATH,
and the project that the script lies in, which may be installed editable (`pip install -e .`), and its `src`.
Reading only; entries of sys.path that are put together in other ways are not followed, and modules found by them
run as they are.
"""

from __future__ import annotations

import ast
import os
import warnings
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

MARKS = ("pyproject.toml", "setup.py", "setup.cfg", ".project-root", ".git")
"""What tells the directory of a project, as for `rootutils.setup_root`."""
_SAME = frozenset(
    {
        "abspath",
        "realpath",
        "normpath",
        "str",
        "Path",
        "resolve",
        "absolute",
        "expanduser",
        "as_posix",
        "fspath",
    }
)
_NAMED = {"pardir": "..", "curdir": "."}


def places(script: Path, source: bytes) -> list[Path]:
    """The directories besides its own in which a script may find what it imports, in the order of sys.path."""
    cwd = Path(os.path.abspath("."))  # noqa: PTH100 - a symbolic link keeps the user's own name
    return list(dict.fromkeys([*looked_in(source, script, cwd), *importable(script, cwd)]))


def importable(start: Path, cwd: Path) -> Iterator[Path]:
    """PYTHONPATH, as far as it is of one project with a file or directory, and that project."""
    for entry in filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep)):
        path = _joined(cwd, entry)
        if start.is_relative_to(path) or path.is_relative_to(cwd):
            yield path
    for above in (start, *start.parents):
        if any((above / mark).exists() for mark in MARKS):
            yield from (above / "src", above)
            return


def looked_in(source: bytes, script: Path, cwd: Path) -> tuple[Path, ...]:
    """What a source puts into sys.path when it is run from `cwd`.

    >>> source = b"here = os.path.dirname(__file__); sys.path.append(os.path.join(here, '../lib'))"
    >>> looked_in(source, Path("/home/me/scripts/train.py"), Path("/"))
    (PosixPath('/home/me/lib'),)
    """
    if b"sys.path" not in source:
        return ()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    found: dict[Path, None] = {}
    gone = [cwd]
    for here in gone:
        known = {"__file__": script}
        for node in ast.walk(tree):
            match node:
                case ast.Assign(targets, value) if (path := _path(value, known, here)) is not None:
                    known |= {target.id: path for target in targets if isinstance(target, ast.Name)}
                case ast.Call(ast.Attribute(ast.Name("os"), "chdir"), [value]) if here is cwd:
                    gone += filter(None, [_path(value, known, here)])
        for value in _entries(tree):
            path = _path(value, known, here)
            if path is not None:
                found[path] = None
    return tuple(found)


def _entries(tree: ast.AST) -> Iterator[ast.expr]:
    """The expressions of what is put into `sys.path`."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                ast.Attribute(ast.Attribute(ast.Name("sys"), "path"), "append" | "insert"), [*_, entry]
            ):
                yield entry
            case ast.Call(
                ast.Attribute(ast.Attribute(ast.Name("sys"), "path"), "extend"),
                [ast.List(entries) | ast.Tuple(entries)],
            ):
                yield from entries
            case ast.AugAssign(ast.Attribute(ast.Name("sys"), "path"), ast.Add(), ast.List(entries)):
                yield from entries


def _path(node: ast.expr, known: Mapping[str, Path], cwd: Path) -> Path | None:
    """A path that is put together from that of the file or the working directory; None for any other expression."""
    match node:
        case ast.Constant(str(text)):
            return _joined(cwd, text)
        case ast.Name(name):
            return known.get(name)
        case ast.Attribute(value, "parent"):
            return _beyond(value, [".."], known, cwd)
        case ast.Attribute(_, name) if name in _NAMED:
            return _joined(cwd, _NAMED[name])
        case ast.Subscript(ast.Attribute(value, "parents"), ast.Constant(int(index))):
            return _beyond(value, [".."] * (index + 1), known, cwd)
        case ast.BinOp(value, ast.Div(), ast.Constant(str(part))):
            return _beyond(value, [part], known, cwd)
        case ast.BinOp(value, ast.Add(), ast.Constant(str(part))) if part.startswith("/"):
            return _beyond(value, [part[1:]], known, cwd)
        case ast.JoinedStr([ast.FormattedValue(value), ast.Constant(str(part))]) if part.startswith("/"):
            return _beyond(value, [part[1:]], known, cwd)
        case ast.Call(ast.Attribute(_, "dirname") | ast.Name("dirname"), [value]):
            return _beyond(value, [".."], known, cwd)
        case ast.Call(ast.Attribute(ast.Attribute(_, "path"), "join") | ast.Name("join"), [value, *parts]):
            return _beyond(value, _texts(parts), known, cwd)
        case ast.Call(ast.Attribute(value, "joinpath"), parts):
            return _beyond(value, _texts(parts), known, cwd)
        case ast.Call(ast.Attribute(_, "getcwd" | "cwd") | ast.Name("getcwd"), []):
            return cwd
        case ast.Call(ast.Attribute(_, name) | ast.Name(name), [value, *_]) if name in _SAME:
            return _path(value, known, cwd)
        case ast.Call(ast.Attribute(value, name), []) if name in _SAME:
            return _path(value, known, cwd)
        case _:
            return None


def _texts(nodes: Iterable[ast.expr]) -> list[str] | None:
    """Parts of a path that are written out, None where one is not."""
    texts: list[str] = []
    for node in nodes:
        match node:
            case ast.Constant(str(text)):
                texts.append(text)
            case ast.Attribute(_, name) if name in _NAMED:
                texts.append(_NAMED[name])
            case _:
                return None
    return texts


def _beyond(node: ast.expr, parts: list[str] | None, known: Mapping[str, Path], cwd: Path) -> Path | None:
    path = _path(node, known, cwd)
    return None if path is None or parts is None else _joined(path, *parts)


def _joined(path: Path, *parts: str) -> Path:
    return Path(os.path.normpath(path.joinpath(*parts)))
