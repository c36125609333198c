"""The page of every code shows a source that earns the code, and one that does not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import annotate
from annotate.annotations.pages import PAGES, Page
from annotate.instrument import instrument
from annotate.sources import SourceFile, assemble

ROOT = Path(annotate.__file__).parent
SHOWN = [page for page in PAGES.values() if page.wrong]


def codes(source: str) -> set[str]:
    path = Path("/nowhere/a.py")
    file = SourceFile(path, "a", source.encode(), instrument(source.encode(), "a", "a.py"))
    return {d.code for d in assemble(path, path.parent, (file,)).diagnostics}


@pytest.mark.parametrize("page", SHOWN, ids=lambda page: page.code)
def test_the_wrong_example_gives_the_code_and_the_right_one_gives_no_error(page: Page) -> None:
    assert page.code in codes(page.wrong)
    mended = codes(page.right)
    assert page.code not in mended
    assert not [code for code in mended if code.startswith("E")]


def test_every_code_that_is_ever_given_has_a_page_and_every_page_is_given() -> None:
    text = "".join(path.read_text() for path in ROOT.rglob("*.py") if path.name != "pages.py")
    assert set(re.findall(r'"([EWN]\d{3})"', text)) == set(PAGES)


def test_a_page_prints_as_text_with_its_examples() -> None:
    text = str(PAGES["E108"])
    assert text.startswith("E108: low is not below high\n\n")
    assert "Wrong:\n\n    lr = 0.1  # @nni.loguniform(1e-1, 1e-4)" in text
