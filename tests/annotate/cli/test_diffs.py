"""Diffs of the user's files, as git takes them."""

from __future__ import annotations

import subprocess

import pytest

from annotate.cli.diffs import unified

PAIRS = {
    "a line": (b"a\nb\nc\n", b"a\nB\nc\n"),
    "no final newline": (b"a\nb", b"a\nB"),
    "a final newline more": (b"a\nb", b"a\nb\n"),
    "CRLF": (b"a\r\nb\r\n", b"a\r\nB\r\n"),
    "lone carriage returns and form feeds": (b"a\rb\x0c\x0bc\x85\n", b"a\rB\x0c\x0bc\x85\n"),
    "bytes that are no UTF-8": (b"a\xe9\nb\n", b"a\xe9\nB\n"),
    "from nothing": (b"", b"a\n"),
}


@pytest.mark.parametrize(("before", "after"), PAIRS.values(), ids=PAIRS)
def test_git_applies_what_is_shown(tmp_path, before, after):
    """To the byte."""
    file = tmp_path / "f.py"
    file.write_bytes(before)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    patch = b"".join(unified(before, after, "f.py"))
    subprocess.run(["git", "apply", "--whitespace=nowarn", "-"], cwd=tmp_path, input=patch, check=True)
    assert file.read_bytes() == after


def test_nothing_is_shown_of_a_file_that_stays_the_same():
    """Not even its name."""
    assert list(unified(b"a\n", b"a\n", "f.py")) == []
