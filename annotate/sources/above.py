"""How far above its directory a script reaches, by its own path, which is the study's in a trial, or for modules.

    sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
    ROOT = Path(__file__).resolve().parent.parent
    sys.path.append("..")

reach one directory up, and so that one is the code directory: its copy is what they find. Reading only;
paths that are put together in other ways are not followed.
"""

from __future__ import annotations

import ast
import os
import warnings
from collections.abc import Mapping
from pathlib import Path

_SAME = frozenset({"abspath", "realpath", "normpath", "str", "Path", "resolve", "absolute", "expanduser"})


def code_dir_of(script: Path) -> Path:
    """The directory of a script, or the one above it that the script reaches; never one that holds a home directory."""
    script = Path(os.path.abspath(script))  # noqa: PTH100 - a symbolic link keeps the user's own name
    try:
        levels = levels_above(script.read_bytes())
    except OSError:  # told where the script is read
        levels = 0
    root = script.parents[min(levels, len(script.parents) - 1)]
    whole = Path(os.path.expanduser("~")).is_relative_to(root)  # noqa: PTH111 - which raises without a HOME
    return script.parent if whole or not os.access(root, os.R_OK | os.X_OK) else root


def levels_above(source: bytes) -> int:
    """How many directories above that of its file a source reaches.

    >>> levels_above(b"here = os.path.dirname(__file__); data = os.path.join(here, '../..', 'data')")
    2
    """
    if b"__file__" not in source and b"sys.path" not in source:
        return 0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return 0
    known = {"__file__": 0}
    highest = 0
    for node in ast.walk(tree):
        if isinstance(node, ast.expr):
            highest = max(highest, _height(node, known) or 0)
        elif isinstance(node, ast.Assign) and (height := _height(node.value, known)) is not None:
            known |= {target.id: height for target in node.targets if isinstance(target, ast.Name)}
    return max(0, highest - 1)


def _height(node: ast.expr, known: Mapping[str, int]) -> int | None:
    """How far above the file a path lies, its directory being 1; None for what is no such path."""
    match node:
        case ast.Name(name):
            return known.get(name)
        case ast.Attribute(value, "parent"):
            return _higher(value, 1, known)
        case ast.Subscript(ast.Attribute(value, "parents"), ast.Constant(int(index))):
            return _higher(value, index + 1, known)
        case ast.BinOp(value, ast.Div() | ast.Add(), ast.Constant(str(part))):
            return _higher(value, _ups(part), known)
        case ast.Call(ast.Attribute(_, "dirname") | ast.Name("dirname"), [value]):
            return _higher(value, 1, known)
        case ast.Call(ast.Attribute(ast.Attribute(ast.Name("sys"), "path")), [*_, ast.Constant(str(entry))]):
            return 1 + _ups(entry)
        case ast.Call(ast.Attribute(_, "join") | ast.Name("join"), [value, *parts]):
            return _higher(
                value, sum(_ups(each.value) for each in parts if isinstance(each, ast.Constant)), known
            )
        case ast.Call(ast.Attribute(_, name) | ast.Name(name), [value, *_]) if name in _SAME:
            return _height(value, known)
        case ast.Call(ast.Attribute(value, name), []) if name in _SAME:
            return _height(value, known)
        case _:
            return None


def _higher(node: ast.expr, by: int, known: Mapping[str, int]) -> int | None:
    height = _height(node, known)
    return None if height is None else height + by


def _ups(part: object) -> int:
    return part.split("/").count("..") if isinstance(part, str) else 0
