"""Where a script looks for modules beyond its own directory.

    sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
    ROOT = Path(__file__).resolve().parent.parent
    sys.path.append(str(ROOT / "lib"))

lead one directory up, and so that one is the code directory: what is imported from there is tuned. Reading only;
entries that are put together in other ways are not followed, and modules found by them run as they are.
"""

from __future__ import annotations

import ast
import os
import warnings
from collections.abc import Mapping
from pathlib import Path

_SAME = frozenset({"abspath", "realpath", "normpath", "str", "Path", "resolve", "absolute", "expanduser"})
_UP = ".."
Parts = tuple[str, ...]
"""A path from the script's directory, normal: `..` is at its beginning only."""


def code_dir_of(script: Path) -> Path:
    """The directory of a script, or the one above it where it looks for modules; never one that holds a home directory."""
    script = Path(os.path.abspath(script))  # noqa: PTH100 - a symbolic link keeps the user's own name
    try:
        found = looked_in(script.read_bytes())
    except OSError:  # told where the script is read
        found = ()
    levels = max((entry.count(_UP) for entry in found), default=0)
    root = script.parents[min(levels, len(script.parents) - 1)]
    whole = Path(os.path.expanduser("~")).is_relative_to(root)  # noqa: PTH111 - which raises without a HOME
    return script.parent if whole or not os.access(root, os.R_OK | os.X_OK) else root


def looked_in(source: bytes) -> tuple[Parts, ...]:
    """What a source puts into sys.path, from the script's directory.

    >>> looked_in(b"here = os.path.dirname(__file__); sys.path.append(os.path.join(here, '../lib'))")
    (('..', 'lib'),)
    """
    if b"sys.path" not in source:
        return ()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    known: dict[str, Parts] = {"__file__": ("",)}
    found: dict[Parts, None] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and (path := _path(node.value, known)) is not None:
            known |= {target.id: path for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.expr) and (entry := _entry(node, known)) is not None:
            found[entry] = None
    return tuple(found)


def _entry(node: ast.expr, known: Mapping[str, Parts]) -> Parts | None:
    """What `sys.path.append(...)` or `insert` puts into it."""
    match node:
        case ast.Call(
            ast.Attribute(ast.Attribute(ast.Name("sys"), "path"), "append" | "insert"), [*_, entry]
        ):
            if isinstance(entry, ast.Constant) and isinstance(entry.value, str):
                return None if os.path.isabs(entry.value) else _joined((), entry.value)  # noqa: PTH117
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
