"""A function that is read as source, and not only run, shows the trial's values in place of our calls.

`torch.jit.script` and `triton.jit` compile what `inspect.getsourcelines` gives them, and cannot compile
`_annotate_trial[...]`. In a trial they, and whoever else asks for the source of a function or a class, see

    k = (0.25)        for        k = (_annotate_trial["train/k/uniform"] if "train/k/uniform" in ... else 2.0)

on the same lines. Only what is asked for is looked at, and only its keys count as read; the source of a
whole module stays as it is. A source without an annotation costs a look at its lines.

`joblib.Memory` keeps results on disk under a function's name, and reads its file to see whether it has changed:
there a function with annotations has another name for other values. numba's machine code has the values of a whole
module in it, and is thrown away when the file is edited: of the user's own functions none is kept on disk in a trial.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator, Sequence
    from types import ModuleType
    from typing import Any

    from annotate_runtime.redirect import Mirror

NAME = "_annotate_trial"
MODULE = "annotate_runtime.trial"


def read_own_source(inspect: ModuleType, mirror: Mirror) -> None:
    """What to do to the `inspect` module when it has been imported."""
    original, source_file = inspect.getsourcelines, inspect.getsourcefile

    def getsourcefile(object: Any) -> str | None:  # noqa: A002 - Python's own name for it
        file: str | None = source_file(object)
        return file and (mirror.to_mirror(file) or file)  # a class and a module are known by `__file__`

    def getsourcelines(object: Any) -> tuple[list[str], int]:  # noqa: A002 - Python's own name for it
        lines, number = original(object)
        if number == 0 or not any(NAME in line or MODULE in line for line in lines):
            return lines, number
        file = inspect.getsourcefile(inspect.unwrap(object))
        if file is None or mirror.to_user(file) is None:
            return lines, number
        import linecache

        whole = linecache.getlines(file)
        if whole[number - 1 : number - 1 + len(lines)] != lines:
            return lines, number
        return with_values(whole, number - 1, number - 1 + len(lines)), number

    getsourcelines.__doc__, getsourcefile.__doc__ = original.__doc__, source_file.__doc__
    inspect.getsourcelines, inspect.getsourcefile = getsourcelines, getsourcefile  # type: ignore[attr-defined]


def name_by_values(func_inspect: ModuleType, mirror: Mirror) -> None:
    """What to do to the `joblib.func_inspect` module when it has been imported."""
    original = func_inspect.get_func_name

    def get_func_name(func: Any, *options: Any, **named: Any) -> tuple[list[str], str]:
        module, name = original(func, *options, **named)
        file = getattr(getattr(func, "__code__", None), "co_filename", "")
        if mirror.to_user(file) is None:
            return module, name
        import hashlib
        import inspect
        import linecache

        try:
            lines, number = inspect.getsourcelines(func)
        except (OSError, TypeError):
            return module, name
        if linecache.getlines(file)[number - 1 : number - 1 + len(lines)] != lines:
            name += "-" + hashlib.sha256("".join(lines).encode()).hexdigest()[:16]
        return module, name

    func_inspect.get_func_name = get_func_name  # type: ignore[attr-defined]


def compile_anew(caching: ModuleType, mirror: Mirror) -> None:
    """What to do to the `numba.core.caching` module when it has been imported."""
    original = caching.Cache.__init__

    def begin(self: Any, py_func: Any) -> None:
        original(self, py_func)
        if mirror.to_user(py_func.__code__.co_filename) is not None:
            self.disable()

    caching.Cache.__init__ = begin


def with_values(whole: Sequence[str], first: int, until: int) -> list[str]:
    """Lines [first, until) of a module, 0-based, with the trial's values; as many lines."""
    import ast

    lines = [line.encode() for line in whole]
    found = [
        node
        for node in _conditionals(ast.parse("".join(whole)))
        if first < node.lineno <= until and (node.end_lineno or 0) <= until
    ]
    for node in sorted(found, key=lambda each: (each.lineno, each.col_offset), reverse=True):
        start, end = node.lineno - 1, (node.end_lineno or 0) - 1
        old = _text(lines, node)
        new = _value(lines, node)
        new += b"\n" * (old.count(b"\n") - new.count(b"\n"))
        joined = lines[start][: node.col_offset] + new + lines[end][node.end_col_offset :]
        lines[start : end + 1] = joined.splitlines(keepends=True)
    return [line.decode() for line in lines[first:until]]


def _conditionals(node: ast.AST) -> Iterator[ast.IfExp]:
    """Every conditional expression that a trial decides, the outermost of a chain."""
    import ast

    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.IfExp) and _key(child) is not None:
            yield child
        else:
            yield from _conditionals(child)


def _key(node: ast.expr) -> str | None:
    """The key that decides a conditional expression, None where it is the user's own."""
    import ast

    if not isinstance(node, ast.IfExp):
        return None
    test = node.test
    if isinstance(test, ast.Compare) and _is_trial(test.comparators[0]):
        key = test.left
    elif isinstance(test, ast.Call) and isinstance(test.func, ast.Attribute) and _is_trial(test.func.value):
        key = test.args[0]
    else:
        return None
    return key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else None


def _is_trial(node: ast.expr) -> bool:
    import ast

    text = ast.unparse(node)
    return text == NAME or (text.startswith("__import__(") and MODULE in text)


def _value(lines: Sequence[bytes], node: ast.IfExp) -> bytes:
    """The literal, the chosen option or the original, as source."""
    import ast

    from annotate_runtime.trial import trial

    key = _key(node)
    last: ast.expr = node
    while isinstance(last, ast.IfExp) and _key(last) == key is not None:
        if isinstance(last.test, ast.Compare):
            if key in trial:
                return repr(trial[key]).encode()
        elif trial.chose(key, ast.literal_eval(last.test.args[1])):  # type: ignore[attr-defined]
            return _text(lines, last.body)
        last = last.orelse
    return _text(lines, last)


def _text(lines: Sequence[bytes], node: ast.expr) -> bytes:
    """A node as written; its columns count bytes."""
    start, end = node.lineno - 1, (node.end_lineno or 0) - 1
    if start == end:
        return lines[start][node.col_offset : node.end_col_offset]
    return b"".join(
        [lines[start][node.col_offset :], *lines[start + 1 : end], lines[end][: node.end_col_offset]]
    )
