"""The small parts that sections are made of, as HTML: the place of a chart, a row of buttons, a box to tick."""

from __future__ import annotations

from html import escape


def chart(name: str, label: str, height: int) -> str:
    """The place of a chart, as high as it will be."""
    return f'<div class="chart" id="{name}" role="img" aria-label="{escape(label)}" style="height:{height}px"></div>'


def switch(name: str, legend: str, options: dict[str, str], checked: str) -> str:
    """A row of radio buttons."""
    buttons = "".join(
        f'<label><input type="radio" name="{name}" value="{value}"{" checked" if value == checked else ""}>'
        f"<span>{escape(word)}</span></label>"
        for value, word in options.items()
    )
    return f'<fieldset class="switch"><legend>{escape(legend)}</legend>{buttons}</fieldset>'


def tick(name: str, word: str) -> str:
    """One box to tick."""
    return f'<label class="tick"><input type="checkbox" name="{name}"> {escape(word)}</label>'
