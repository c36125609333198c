"""What the person in front of the screen is looking at, as a frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

Sort: TypeAlias = Literal["latest", "best", "number", "longest"]

TITLES: Mapping[Sort, str] = {"latest": "latest", "best": "top", "number": "by number", "longest": "longest"}


@dataclass(frozen=True)
class View:
    """`selected` is the number of the trial under the cursor; `opened` shows it alone.

    `log` holds the last lines of the opened trial's log, which its owner reads; `question` is
    asked in the last line. Without a cursor and with nothing opened it is what one sees first.
    """

    sort: Sort = "latest"
    selected: int | None = None
    opened: bool = False
    help: bool = False
    question: str = ""
    keys: bool = False
    log: tuple[str, ...] = ()
