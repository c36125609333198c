"""A page taken apart: its elements, its document, its scripts run in V8 without a browser."""

import json
from html.parser import HTMLParser
from pathlib import Path

from py_mini_racer import MiniRacer

from annotate.report import Refused, page

VOID = {"meta", "input", "wbr", "br", "link", "img"}
LIBRARY = "var Plotly = window.Plotly;"
BROWSER = (Path(__file__).parent / "browser.js").read_text(encoding="utf-8")


class Page(HTMLParser):
    """Every element in order, the text of each kind, and whether tags are balanced."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.elements, self.open, self.texts, self.balanced = [], [], {}, True
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.balanced = False

    def handle_data(self, data):
        where = self.open[-1] if self.open else ""
        self.texts.setdefault(where, []).append(data)

    def all(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]

    @property
    def ids(self):
        return [attrs["id"] for _, attrs in self.elements if attrs.get("id")]

    @property
    def text(self):
        """What a person reads."""
        return " ".join(
            "".join(t for k, ts in self.texts.items() if k not in ("script", "style") for t in ts).split()
        )

    @property
    def document(self):
        return json.loads(self.texts["script"][0], parse_constant=lambda name: pytest_fail(name))


def pytest_fail(name):
    raise AssertionError(f"{name} is no JSON")


def written(subject, outcome=None, library=LIBRARY):
    return page(subject, library=library, outcome=outcome or Refused("Too few trials."))


class Running:
    """The page's scripts at work, as after everything has been drawn."""

    def __init__(self, subject, outcome=None, *, address="", **controls):
        self.page = Page(written(subject, outcome))
        data, _, script = self.page.texts["script"]
        self.v8 = MiniRacer()
        self.v8.eval(BROWSER)
        checked = {
            a["name"]: a["value"]
            for a in self.page.all("input")
            if a.get("type") == "radio" and "checked" in a
        }
        ticks = {a["name"]: False for a in self.page.all("input") if a.get("type") == "checkbox"}
        self.v8.eval(
            f"for (const id of {json.dumps(self.page.ids)}) {{ elements[id] = new Element('div'); elements[id].id = id; elements[id].value = ''; }}"
            f"elements['study'].textContent = {json.dumps(data)}; location.hash = {json.dumps(address)};"
            f"Object.assign(controls, {json.dumps({**checked, **ticks, **controls})});"
            "if (elements['curves-metric']) elements['curves-metric'].value = Object.keys(JSON.parse(elements['study'].textContent).curves)[0];"
            "if (elements['pareto-x']) { elements['pareto-x'].value = 0; elements['pareto-y'].value = 1; }"
        )
        self.v8.eval(script)
        self.v8.eval("while (later.length) later.shift()();")

    def __call__(self, expression):
        return json.loads(self.v8.eval(f"JSON.stringify({expression} ?? null)"))
