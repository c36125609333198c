"""Where a script takes its seed from: an option of its command line, or whole numbers in its source.

>>> seed_option([b'parser.add_argument("--seed", type=int, default=0)'])
'--seed'
>>> reseeded(b"SEED = 0\\ntorch.manual_seed(SEED)\\nsplit(x, random_state=42)\\n", "train.py", 7)
b'SEED = 7\\ntorch.manual_seed(SEED)\\nsplit(x, random_state=7)\\n'

A seed is known by its name: what is assigned to it, passed or defaulted as it, stands behind it in a
dict, or is the first argument of a call that seeds (`manual_seed(0)`, `default_rng(0)`). Only a literal
whole number is ever replaced; a script that sets no seed has fresh ones in each run.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from annotate.instrument.source import Source, Unreadable, read_source

_OPTION = re.compile(r"-{0,2}(?:\w+[-_])?(?:seed|random[-_]state)$")
_DECLARES = frozenset({"add_argument", "option", "Option", "Argument", "DEFINE_integer"})
_GENERATORS = frozenset({"default_rng", "RandomState", "SeedSequence", "PRNGKey", "Random"})
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


@dataclass(frozen=True)
class SeedLiteral:
    """A seed written into the source, `text` as it stands there; offsets are of characters."""

    start: int
    end: int
    line: int
    text: str


def is_seed(name: str) -> bool:
    """Whether a name is that of a seed: seed, SEED, cfg.randomSeed, random_state; not n_seeds."""
    words = [word.lower() for word in _WORD.findall(name)]
    return words[-1:] == ["seed"] or words[-2:] == ["random", "state"]


def seed_option(files: Iterable[bytes]) -> str | None:
    """The option by which the script takes its seed, None where it declares none; the script is the first of its files.

    What another file declares only when it is run itself is no option of the script's.
    """
    for number, data in enumerate(files):
        for call in _walked(_tree(data), as_script=number == 0):
            if isinstance(call, ast.Call) and _last_name(call.func) in _DECLARES:
                named = [
                    a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)
                ]
                for word in sorted(named, key=len, reverse=True):
                    if _OPTION.match(word) and (
                        word.startswith("-") or _last_name(call.func) == "DEFINE_integer"
                    ):
                        return word if word.startswith("-") else f"--{word}"
    return None


def seed_literals(data: bytes, path: str) -> list[SeedLiteral]:
    """The seeds in a file, in order; none in one that is no Python."""
    try:
        source = read_source(data, path)
    except Unreadable:
        return []
    return [_literal(source, node) for node in _seeds(_tree(source.text))]


def reseeded(data: bytes, path: str, seed: int) -> bytes:
    """The file with `seed` in every one of these places, otherwise the same to the byte."""
    literals = seed_literals(data, path)
    if not literals:
        return data
    source = read_source(data, path)
    text, at = [], 0
    for literal in literals:
        text += [source.text[at : literal.start], str(seed)]
        at = literal.end
    return source.encode("".join([*text, source.text[at:]]))


def _tree(text: str | bytes) -> ast.AST:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an invalid escape in somebody's source is not our affair
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return ast.Module([], [])


def _walked(tree: ast.AST, *, as_script: bool) -> Iterator[ast.AST]:
    """Every node, but for those below `if __name__ == "__main__"` in a file that is imported."""
    left = deque([tree])
    while left:
        node = left.popleft()
        yield node
        if as_script or not _when_run(node):
            left += ast.iter_child_nodes(node)


def _when_run(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and any(
        isinstance(each, ast.Name) and each.id == "__name__" for each in ast.walk(node.test)
    )


def _seeds(tree: ast.AST) -> list[ast.Constant]:
    found = {
        (node.lineno, node.col_offset): node
        for parent in ast.walk(tree)
        for node in _below(parent)
        if isinstance(node, ast.Constant) and type(node.value) is int
    }
    return [found[place] for place in sorted(found)]


def _below(node: ast.AST) -> Iterator[ast.expr | None]:
    """What a node says a seed is."""
    match node:
        case ast.Assign(targets=targets, value=value):
            if any(_names_seed(target) for target in targets):
                yield value
        case ast.AnnAssign(target=target, value=value) | ast.NamedExpr(target=target, value=value):
            if _names_seed(target):
                yield value
        case ast.Dict(keys=keys, values=values):
            for key, value in zip(keys, values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str) and is_seed(key.value):
                    yield value
        case ast.arguments():
            plain = [*node.posonlyargs, *node.args]
            defaulted = plain[len(plain) - len(node.defaults) :]
            pairs = [
                *zip(defaulted, node.defaults, strict=True),
                *zip(node.kwonlyargs, node.kw_defaults, strict=True),
            ]
            yield from (default for argument, default in pairs if is_seed(argument.arg))
        case ast.Call(func=function, args=args, keywords=keywords):
            yield from (k.value for k in keywords if k.arg is not None and is_seed(k.arg))
            name = _last_name(function)
            if name in _DECLARES:
                said = [a.value for a in args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
                if any(_OPTION.match(word) for word in said):
                    yield from (k.value for k in keywords if k.arg == "default")
                    yield from args[1:2]
            elif args and (name in _GENERATORS or _sets_seed(name)):
                yield args[0]
        case _:
            pass


def _sets_seed(function: str) -> bool:
    """seed, manual_seed, manual_seed_all, seed_everything, set_random_seed."""
    words = [word.lower() for word in _WORD.findall(function)]
    return "seed" in words and {*words} <= {
        "seed",
        "manual",
        "all",
        "everything",
        "set",
        "random",
        "fix",
        "init",
        "global",
    }


def _names_seed(target: ast.expr) -> bool:
    match target:
        case (
            ast.Name(id=name) | ast.Attribute(attr=name) | ast.Subscript(slice=ast.Constant(value=str(name)))
        ):
            return is_seed(name)
        case _:
            return False


def _last_name(function: ast.expr) -> str:
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _literal(source: Source, node: ast.Constant) -> SeedLiteral:
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    start, end = (
        source.offset(line, len(source.line(line).encode()[:column].decode()))
        for line, column in ((node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset))
    )
    return SeedLiteral(start, end, node.lineno, source.text[start:end])
