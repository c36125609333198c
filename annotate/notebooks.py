"""A Jupyter notebook as one Python script: its code cells in order, and the way back to cell and line.

Magics (`%matplotlib inline`, `!pip install`, `%%bash`, `model?`) are commented out, each with a note; a cell
magic that runs Python (`%%time`) loses only its own line. A notebook in another language or of a format
before 4 is refused. Nothing is run.

    # %% cell 2                        the cell's number counts all cells, from 1, as ruff does
    lr = 0.1  # @nni.uniform(0, 1)     a diagnostic here is at train.ipynb:cell 2, line 1
"""

from __future__ import annotations

import ast
import bisect
import dataclasses
import json
import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from annotate.annotations.diagnostics import Diagnostic, Span
from annotate.errors import UsageError
from annotate_runtime.as_written import CELL, SCRIPT

SUFFIX: Final = ".ipynb"

_MAGIC = re.compile(r"[ \t]*(?:[%!?]|[\w.]+[\w., ]*=[ \t]*(?:!|%[A-Za-z])|[\w.]+\?{1,2}[ \t]*$)")
_INDENT = re.compile(r"[ \t]*")
_PYTHON_CELLS = frozenset({"time", "timeit", "capture", "prun", "py", "python", "python3"})
_TOKEN = re.compile(
    r"""'''(?:\\.|[^\\])*?'''|\"\"\"(?:\\.|[^\\])*?\"\"\"|(?P<unclosed>'''|\"\"\")
      |'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|\#[^\n]*|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<continued>\\\n\Z)""",
    re.DOTALL | re.VERBOSE,
)


def python_name(path: str) -> str:
    """The path of a script as the trials run it: that of a notebook with .py for .ipynb, else as it is."""
    return f"{path.removesuffix(SUFFIX)}.py" if path.endswith(SUFFIX) else path


@dataclass(frozen=True)
class Cell:
    """A code cell: its number in the notebook, and the line of the script behind which its lines begin."""

    number: int
    offset: int
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Notebook:
    """`code` is the script; `magics` are its lines (1-based) that hold a magic, commented out."""

    path: str
    code: str
    cells: tuple[Cell, ...]
    magics: tuple[int, ...]

    def span(self, span: Span) -> Span:
        """A stretch of the script as a stretch of its cell, in the user's own words."""
        at = bisect.bisect_left(self.cells, span.line, key=lambda cell: cell.offset) - 1
        if span.path != self.path or at < 0:
            return span
        cell = self.cells[at]
        line = span.line - cell.offset
        text = cell.lines[line - 1] if line <= len(cell.lines) else span.source_line
        return dataclasses.replace(span, path=f"{self.path}:cell {cell.number}", line=line, source_line=text)

    def located(self, diagnostics: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
        """The diagnostics of the script as those of its cells, and a note for each magic."""
        for each in diagnostics:
            related = None if each.related is None else self.span(each.related)
            yield dataclasses.replace(each, span=self.span(each.span), related=related)
        for line in self.magics:
            where = self.span(Span(self.path, line, 0, 1, ""))
            text = where.source_line
            column = len(text) - len(text.lstrip())
            where = dataclasses.replace(where, column=column, width=max(1, len(text.strip())))
            yield Diagnostic("N502", where, "a magic is IPython's, and is left out of the trials")


def read_notebook(data: bytes, path: str) -> Notebook:
    """The script of a notebook's JSON. Raises UsageError for what is no Python notebook of format 4."""
    document = _document(data, path)
    lines = [f"{SCRIPT} {path.rpartition('/')[2]}, in order."]
    sources = [
        (number, _source(cell))
        for number, cell in enumerate(document["cells"], start=1)
        if isinstance(cell, dict) and cell.get("cell_type") == "code"
    ]
    lines += _without_ipython("\n".join(source for _, source in sources))
    cells: list[Cell] = []
    magics: list[int] = []
    for number, source in sources:
        lines.append(f"{CELL}{number}")
        cells.append(Cell(number, len(lines), tuple(source.split("\n"))))
        plain, at = without_magics(source)
        magics += [len(lines) + each for each in at]
        lines += plain.split("\n")
    return Notebook(path, "\n".join(lines) + "\n", tuple(cells), tuple(magics))


def without_magics(source: str) -> tuple[str, tuple[int, ...]]:
    """A cell with its magics commented out, line by line, and the lines (1-based) that begin one."""
    lines = source.split("\n")
    first = next((number for number, line in enumerate(lines) if line.strip()), None)
    if first is not None and lines[first].startswith("%%"):
        name = re.match(r"%%(\w*)", lines[first])
        if name is None or name[1] not in _PYTHON_CELLS:
            return "\n".join(f"# {line}" if line.strip() else line for line in lines), (first + 1,)
        rest, at = without_magics("\n".join(["", *lines[first + 1 :]]))
        kept = [*lines[:first], f"# {lines[first]}", *rest.split("\n")[1:]]
        return "\n".join(kept), (first + 1, *(each + first for each in at))
    if _is_python(source):
        return source, ()
    found: list[int] = []
    statement = ""
    number = 0
    while number < len(lines):
        line = lines[number]
        if statement or not _MAGIC.match(line):
            statement = _still_open(f"{statement}{line}\n")
            number += 1
            continue
        found.append(number + 1)
        indent = _INDENT.match(line)
        assert indent is not None
        lines[number] = f"{indent[0]}pass  # {line[indent.end() :]}"
        while line.endswith("\\") and number + 1 < len(lines):
            number += 1
            line = lines[number]
            lines[number] = f"# {line}"
        number += 1
    return "\n".join(lines), tuple(found)


def _document(data: bytes, path: str) -> dict[str, Any]:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is no Jupyter notebook: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("cells"), list):
        raise UsageError(
            f"{path} is no Jupyter notebook of format 4", remedy=f"jupyter nbconvert --to notebook {path}"
        )
    metadata = document.get("metadata")
    info = metadata.get("language_info") if isinstance(metadata, dict) else None
    language = info.get("name") if isinstance(info, dict) else None
    if language not in (None, "python", "ipython"):
        raise UsageError(f"{path} is written in {language}", remedy="only Python can be tuned")
    return document


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source", "")
    text = "".join(map(str, source)) if isinstance(source, list) else str(source)
    return re.sub(r"\r\n?", "\n", text).removesuffix("\n")


def _without_ipython(code: str) -> list[str]:
    """What a notebook gets from IPython, where it uses it: figures go nowhere, `display` prints."""
    if "from __future__" in code:
        return []
    lines = []
    if "matplotlib" in code or "seaborn" in code:
        lines.append('__import__("os").environ.setdefault("MPLBACKEND", "Agg")')
    if re.search(r"\bdisplay\(", code):
        lines.append("display = print")
    return lines


def _is_python(source: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True


def _still_open(statement: str) -> str:
    """The statement where a bracket, a string or a backslash leaves it open, "" where it has ended."""
    depth = 0
    for token in _TOKEN.finditer(statement):
        if token["unclosed"] or token["continued"]:
            return statement
        depth += 1 if token["open"] else -1 if token["close"] else 0
    return statement if depth > 0 else ""
