"""Changes of a notebook's script, carried back into the notebook: its JSON stays as it was written.

A cell's source is a list of lines (or one string). The lines that are as they were keep their very text, the others
are written in the notebook's own manner; nothing else of the file is looked at.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from annotate.instrument.source import Source
from annotate.notebooks import Cell, Notebook
from annotate.rewrite.splices import Splice, spliced

_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s\[\]{},:"]+')


@dataclass(frozen=True)
class _Written:
    """A cell's source in the JSON: [start, end), and each of its strings, [start, end) with the quotes."""

    start: int
    end: int
    strings: tuple[tuple[int, int], ...]


def in_cells(data: bytes, notebook: Notebook, source: Source, splices: Iterable[Splice]) -> bytes:
    """The notebook's bytes with splices of its script, each of which lies within one cell."""
    by_cell: dict[int, list[Splice]] = defaultdict(list)
    for splice in splices:
        index = _cell_at(notebook.cells, source.position(splice.start)[0])
        by_cell[index].append(_within(notebook.cells[index], source, splice))
    document = data.decode("utf-8-sig")
    found = _sources(document)
    changes = []
    for index, inside in by_cell.items():
        cell = notebook.cells[index]
        where = found[cell.number - 1]
        text = spliced("".join(f"{line}\n" for line in cell.lines), inside).removesuffix("\n")
        changes.append(Splice(where.start, where.end, _rewritten(document, where, text)))
    mark = data[: len(data) - len(document.encode())]
    return mark + spliced(document, changes).encode()


def _cell_at(cells: Sequence[Cell], line: int) -> int:
    return max(index for index, cell in enumerate(cells) if cell.offset < line)


def _within(cell: Cell, source: Source, splice: Splice) -> Splice:
    """A splice of the script as one of the cell's text; the line behind the cell's last one begins where it ends."""
    starts = [0]
    for line in cell.lines:
        starts.append(starts[-1] + len(line) + 1)

    def offset(at: int) -> int:
        line, column = source.position(at)
        index = line - cell.offset - 1
        return starts[-1] if index >= len(cell.lines) else starts[index] + column

    return Splice(offset(splice.start), offset(splice.end), splice.text)


def _rewritten(document: str, where: _Written, text: str) -> str:
    """The JSON of a cell's new text, in the manner of the old one."""
    raw = document[where.start : where.end]
    old = [json.loads(document[start:end], strict=False) for start, end in where.strings]
    joined = "".join(old)
    if "\r\n" in joined:
        text = text.replace("\n", "\r\n")
    if joined.endswith("\n"):
        text += "\n"
    ascii_only = raw.isascii() and "\\u" in raw
    if not raw.startswith("["):
        return json.dumps(text, ensure_ascii=ascii_only)
    lines = re.findall(r"[^\n]*\n|[^\n]+", text)
    kept = {value: document[start:end] for value, (start, end) in zip(old, where.strings, strict=True)}
    strings = [kept.get(line) or json.dumps(line, ensure_ascii=ascii_only) for line in lines]
    first, last = where.strings[0], where.strings[-1]
    between = document[first[1] : where.strings[1][0]] if len(where.strings) > 1 else ", "
    if len(where.strings) == 1:
        margin = document[where.start + 1 : first[0]]
        between = f",{margin}" if margin else ", "
    return document[where.start : first[0]] + between.join(strings) + document[last[1] : where.end]


def _sources(document: str) -> list[_Written]:
    """The `source` of every cell of a notebook that has been read as one."""
    tokens = list(_TOKEN.finditer(document))
    return list(_cells(tokens, *_member(tokens, 0, "cells")))


def _cells(tokens: Sequence[re.Match[str]], start: int, end: int) -> Iterator[_Written]:
    at = start + 1
    while at < end - 1:
        after = _skip(tokens, at)
        first, last = _member(tokens, at, "source") if tokens[at][0] == "{" else (at, at)
        strings = [each.span() for each in tokens[first:last] if each[0].startswith('"')]
        yield _Written(tokens[first].start(), tokens[max(first, last - 1)].end(), tuple(strings))
        at = after + 1


def _member(tokens: Sequence[re.Match[str]], at: int, name: str) -> tuple[int, int]:
    """The tokens [first, last) of the value of an object's member; none where there is no such member."""
    found = (at, at)
    end = _skip(tokens, at) - 1
    at += 1
    while at < end:
        key, value = tokens[at], at + 2
        after = _skip(tokens, value)
        if json.loads(key[0]) == name:
            found = (value, after)
        at = after + 1
    return found


def _skip(tokens: Sequence[re.Match[str]], at: int) -> int:
    """Behind the value that begins at a token."""
    depth = 0
    while True:
        depth += (tokens[at][0] in "[{") - (tokens[at][0] in "]}")
        at += 1
        if depth == 0:
            return at
