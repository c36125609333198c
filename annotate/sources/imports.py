"""Which modules a file imports, found by reading it: no syntax tree, nothing is run.

Strings and comments are skipped; everything else that follows the keyword `import` counts, wherever it
stands: in functions, behind semicolons, under `if` and `try`.

>>> imports("import a.b as c\\nfrom .d import (e,  # one\\n    f as g)")
[Import(level=0, module='a.b', names=()), Import(level=1, module='d', names=('e', 'f'))]
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Import:
    """`level` counts leading dots; `names` are those of a `from` import, which may be modules."""

    level: int
    module: str
    names: tuple[str, ...]


_SKIP = r"""(?s:'''(?:\\.|[^\\])*?'''|\"\"\"(?:\\.|[^\\])*?\"\"\")|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|\#[^\n]*"""
_GAP = r"(?:[ \t\f]|\\\r?\n)"
_SCAN = re.compile(
    rf"""{_SKIP}
    |\bfrom{_GAP}*(?P<source>[.\w \t]*?){_GAP}*\bimport\b{_GAP}*(?:\((?P<listed>[^)]*)\)|(?P<named>(?:[^\n;\#\\]|\\\r?\n)*))
    |\bimport\b{_GAP}+(?P<modules>(?:[^\n;\#\\]|\\\r?\n)*)""",
    re.VERBOSE,
)


def imports(text: str) -> list[Import]:
    """All imports of a source text, in order."""
    if "import" not in text:
        return []
    found: list[Import] = []
    for match in _SCAN.finditer(text):
        if match["source"] is not None:
            source = re.sub(r"\s", "", match["source"])
            module = source.lstrip(".")
            names = _names(match["listed"] if match["listed"] is not None else match["named"])
            found.append(Import(len(source) - len(module), module, tuple(names)))
        elif match["modules"] is not None:
            found += [Import(0, name, ()) for name in _names(match["modules"])]
    return found


def _names(text: str) -> list[str]:
    """`a.b as c, d` without comments, line breaks and aliases."""
    plain = re.sub(r"#[^\n]*|\\\r?\n", " ", text)
    parts = (part.split() for part in plain.split(","))
    return [part[0] for part in parts if part and re.fullmatch(r"[\w.]+|\*", part[0])]
