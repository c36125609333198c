"""A line of a mirrored file as its user has written it: the file, the line and the text.

The host writes the script of a notebook `nb.ipynb` as `nb.py`, `# %% cell 3` above the lines of the third
cell. A line behind such a mark is shown as `nb.ipynb:cell 3` with the text that the notebook holds.
"""

from __future__ import annotations

import linecache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from annotate_runtime.redirect import Mirror

SCRIPT = "# The code cells of "  # how the first line of a notebook's script begins
CELL = "# %% cell "


def in_cell(user: str, copy: str, lineno: int, kept: str) -> tuple[str, int]:
    """A file and a line of it (1-based); of a notebook's script, the cell and the line in the cell.

    `copy` is what runs, and `kept` where the study keeps what the user wrote.
    """
    lines = linecache.getlines(copy)
    if not lines or not lines[0].startswith(SCRIPT) or not lineno:
        return user, lineno
    marks = [number for number, line in enumerate(lines[:lineno], start=1) if line.startswith(CELL)]
    if not marks:
        return user, lineno
    notebook = f"{user.rpartition('.py')[0]}.ipynb"
    number = int(lines[marks[-1] - 1][len(CELL) :])
    name = f"{notebook}:cell {number}"
    if name not in linecache.cache:
        shown = _source(f"{kept.rpartition('.py')[0]}.ipynb", number) or lines[marks[-1] :]
        linecache.cache[name] = (sum(map(len, shown)), None, shown, name)
    return name, lineno - marks[-1]


def _source(notebook: str, number: int) -> list[str]:
    """The lines of a cell, none where the notebook is no longer what it was."""
    import json

    try:
        with open(notebook, encoding="utf-8") as file:
            source = json.load(file)["cells"][number - 1]["source"]
    except (OSError, ValueError, LookupError, TypeError):
        return []
    text = source if isinstance(source, str) else "".join(map(str, source))
    return [f"{line}\n" for line in text.splitlines()]


def remember(mirror: Mirror, copy: str, lineno: int | None) -> bool:
    """Give `linecache` the user's text under the user's name, as it was when it was copied.

    Returns whether this line's columns have moved.
    """
    lines = linecache.getlines(copy)
    user = mirror.to_user(copy)
    if user is not None and not _is_ours(linecache.cache.get(user)):
        theirs = linecache.getlines(mirror.kept(copy)) or linecache.getlines(user)
        shown = theirs if len(theirs) == len(lines) else lines
        linecache.cache[user] = (sum(map(len, shown)), None, shown, user)
    return lineno is not None and 0 < lineno <= len(lines) and _is_instrumented(lines[lineno - 1])


def _is_instrumented(line: str) -> bool:
    return "_annotate_trial" in line or "annotate_runtime.trial" in line


def _is_ours(entry: Any) -> bool:
    """Whether `linecache` has an entry that belongs to no file on disk, as we make them."""
    return entry is not None and len(entry) > 1 and entry[1] is None
