"""The script that records the README's session: what a terminal shows becomes frames, and frames one SVG."""

import importlib.util
import sys
import xml.etree.ElementTree as ET

import pytest

from .conftest import ROOT


@pytest.fixture(scope="module")
def session():
    spec = importlib.util.spec_from_file_location("session_picture", ROOT / "scripts" / "session.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look there
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def shown(frame):
    return "\n".join("".join(cell.data for cell in row).rstrip() for row in frame.rows).rstrip()


def test_the_alternate_screen_gives_back_what_was_before_it(session):
    """And a wait is cut short."""
    heard = [
        (0.0, "$ run"),
        (1.0, f"{session.ENTER}\x1b[2J\x1b[Hlive"),
        (90.0, session.LEAVE),
        (91.0, "\r\ndone"),
    ]
    frames = list(session.frames(heard, 20, 3))
    assert [shown(frame) for frame in frames] == ["$ run", "live", "$ run", "$ run\ndone"]
    assert max(frame.seconds for frame in frames[:-1]) <= session.PATIENCE


def test_the_svg_is_well_formed_and_names_no_place_on_the_network(session):
    """Whatever stands on the screen; a row that comes again is drawn once."""
    heard = [(float(n), f'\x1b[H<&"{n % 2}\x1b[2mfaint\x1b[0m\r\nsame') for n in range(6)]
    text = session.svg(list(session.frames(heard, 20, 3)), 20, 3)
    tree = ET.fromstring(text)
    assert tree.tag.endswith("svg")
    assert text.count(">same<") == 1
    assert "http" not in text.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert session.FAINT in text
