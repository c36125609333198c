"""Where a script reaches by its own path, which in a trial is the study's, and where it looks for modules.

    sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
    ROOT = Path(__file__).resolve().parent.parent
    sys.path.append("../lib")

all reach one directory up, and so that one is the code directory: its copy is what they find. Reading only;
paths that are put together in other ways are not followed.
"""

from __future__ import annotations

import ast
import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_SAME = frozenset({"abspath", "realpath", "normpath", "str", "Path", "resolve", "absolute", "expanduser"})
_UP = ".."
Parts = tuple[str, ...]
"""A path from the script's directory, normal: `..` is at its beginning only."""


@dataclass(frozen=True)
class Reach:
    """`levels` above the script's directory; `looked_in` are what it puts into sys.path, from its directory."""

    levels: int = 0
    looked_in: tuple[Parts, ...] = ()


def code_dir_of(script: Path) -> Path:
    """The directory of a script, or the one above it that the script reaches; never one that holds a home directory."""
    script = Path(os.path.abspath(script))  # noqa: PTH100 - a symbolic link keeps the user's own name
    try:
        levels = reach(script.read_bytes()).levels
    except OSError:  # told where the script is read
        levels = 0
    root = script.parents[min(levels, len(script.parents) - 1)]
    whole = Path(os.path.expanduser("~")).is_relative_to(root)  # noqa: PTH111 - which raises without a HOME
    return script.parent if whole or not os.access(root, os.R_OK | os.X_OK) else root


def reach(source: bytes) -> Reach:
    """Where a source reaches.

    >>> reach(b"here = os.path.dirname(__file__); sys.path.append(os.path.join(here, '../lib'))")
    Reach(levels=1, looked_in=(('..', 'lib'),))
    """
    if b"__file__" not in source and b"sys.path" not in source:
        return Reach()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Reach()
    known: dict[str, Parts] = {"__file__": ("",)}
    reached: list[Parts] = []
    looked_in: dict[Parts, None] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and (path := _path(node.value, known)) is not None:
            known |= {target.id: path for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.expr):
            if (path := _path(node, known)) is not None:
                reached.append(path)
            if (entry := _entry(node, known)) is not None:
                looked_in[entry] = None
    return Reach(max((each.count(_UP) for each in [*reached, *looked_in]), default=0), tuple(looked_in))


def _entry(node: ast.expr, known: Mapping[str, Parts]) -> Parts | None:
    """What `sys.path.append(...)` or `insert` puts into it."""
    match node:
        case ast.Call(ast.Attribute(ast.Attribute(ast.Name("sys"), "path")), [*_, ast.Constant(str(entry))]):
            return None if os.path.isabs(entry) else _joined((), entry)  # noqa: PTH117
        case ast.Call(ast.Attribute(ast.Attribute(ast.Name("sys"), "path")), [*_, entry]):
            return _path(entry, known)
        case _:
            return None


def _path(node: ast.expr, known: Mapping[str, Parts]) -> Parts | None:
    """A path that is put together from that of the file; None for any other expression."""
    match node:
        case ast.Name(name):
            return known.get(name)
        case ast.Attribute(value, "parent"):
            return _beyond(value, [_UP], known)
        case ast.Subscript(ast.Attribute(value, "parents"), ast.Constant(int(index))):
            return _beyond(value, [_UP] * (index + 1), known)
        case ast.BinOp(value, ast.Div() | ast.Add(), ast.Constant(str(part))):
            return _beyond(value, [part], known)
        case ast.Call(ast.Attribute(_, "dirname") | ast.Name("dirname"), [value]):
            return _beyond(value, [_UP], known)
        case ast.Call(ast.Attribute(_, "join") | ast.Name("join"), [value, *parts]):
            names = [str(each.value) for each in parts if isinstance(each, ast.Constant)]
            return _beyond(value, names, known) if len(names) == len(parts) else None
        case ast.Call(ast.Attribute(_, name) | ast.Name(name), [value, *_]) if name in _SAME:
            return _path(value, known)
        case ast.Call(ast.Attribute(value, name), []) if name in _SAME:
            return _path(value, known)
        case _:
            return None


def _beyond(node: ast.expr, parts: list[str], known: Mapping[str, Parts]) -> Parts | None:
    path = _path(node, known)
    return None if path is None else _joined(path, *parts)


def _joined(path: Parts, *parts: str) -> Parts:
    for part in "/".join(parts).split("/"):
        if part == _UP and path and path[-1] != _UP:
            path = path[:-1]
        elif part not in ("", "."):
            path = (*path, part)
    return path
