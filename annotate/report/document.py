"""A study as one HTML file that needs nothing else: no network, no server, no other file.

What a study says (a parameter's value, a message, a name) is text on the page, never markup: it is escaped in the
HTML, its `<` are written as `\\u003c` in the JSON, and the page may run only the scripts whose hashes its policy names.

>>> page(subject, library=plotly_js(), outcome=Refused("Too few trials.")).startswith("<!DOCTYPE html>")
True
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from html import escape
from importlib.resources import files

from annotate.report.axes import Axis, make_axes
from annotate.report.fanova import Outcome
from annotate.report.head import facts, header, headline
from annotate.report.payload import payload
from annotate.report.sections import Section, sections
from annotate.report.subject import Subject
from annotate.report.words import moment
from annotate.trial import Json
from annotate_tuners.space import SearchSpace

GENERATOR = '<meta name="generator" content="annotate report">'
"""Stands near the beginning of every page: a file that has it may be written over."""
_SCRIPTS = ("logic", "charts", "parallel", "table", "main")


def axes_of(subject: Subject) -> tuple[Axis, ...]:
    """The study's parameters as axes, with the places of its trials."""
    points = [subject.values(trial) for trial in subject.trials]
    return make_axes(SearchSpace.from_json(dict(subject.meta.space)), subject.meta.names, points)


def page(subject: Subject, *, library: str, outcome: Outcome) -> str:
    """The whole page; `library` is plotly.js, `outcome` the parameters' importance."""
    axes = axes_of(subject)
    listed = list(sections(subject, axes, outcome))
    script = _script()
    title = f"{subject.title} · {subject.meta.study}"
    text = "".join(
        [
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n',
            GENERATOR,
            f'\n<meta http-equiv="Content-Security-Policy" content="{_policy(library, script)}">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            '<meta name="color-scheme" content="light dark">\n',
            f"<title>{escape(title)}</title>\n<style>{_asset('style.css')}</style>\n</head>\n<body>\n",
            f"<header>{header(subject)}</header>\n{_navigation(listed)}\n<main>\n",
            f'<section id="best" aria-label="Best">{headline(subject)}{facts(subject)}</section>\n',
            *map(_section, listed),
            "</main>\n",
            f"<footer>Written by annotate {escape(subject.meta.version)} on {escape(moment(subject.now))}.</footer>\n",
            '<dialog id="trial" aria-labelledby="trial-title"></dialog>\n',
            '<p id="broken" role="alert" hidden></p>\n',
            "<noscript><p>The charts and the table need JavaScript.</p></noscript>\n",
            f'<script type="application/json" id="study">{as_json(payload(subject, axes, outcome))}</script>\n',
            f"<script>{library}</script>\n<script>{script}</script>\n</body>\n</html>\n",
        ]
    )
    return text.encode(errors="replace").decode()  # half a surrogate pair is no character


def as_json(document: Json) -> str:
    """JSON that can stand in a script element: nothing in it ends the element or begins a comment."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _policy(*scripts: str) -> str:
    """Nothing is loaded from anywhere, and no other script is run than these."""
    allowed = " ".join(f"'sha256-{_digest(script)}'" for script in scripts)
    return f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data: blob:"


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _navigation(listed: list[Section]) -> str:
    links = "".join(f'<a href="#{section.name}">{escape(section.title)}</a>' for section in listed)
    return f'<nav aria-label="Sections"><a href="#best">Best</a>{links}</nav>'


def _section(section: Section) -> str:
    name = section.name
    return (
        f'<section id="{name}" aria-labelledby="{name}-title"><h2 id="{name}-title">{escape(section.title)}</h2>'
        f"{section.body}</section>\n"
    )


@cache
def _script() -> str:
    parts = "\n".join(_asset(f"{name}.js") for name in _SCRIPTS)
    return f'(() => {{\n"use strict";\n{parts}\n}})();'


@cache
def _asset(name: str) -> str:
    return (files(__package__) / "assets" / name).read_text(encoding="utf-8")
