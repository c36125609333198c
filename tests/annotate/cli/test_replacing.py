"""Several files written, all or none."""

from __future__ import annotations

import os

import pytest

from annotate.cli.replacing import Replacement, replace_all
from annotate.errors import UsageError


def two(tmp_path):
    files = [Replacement(tmp_path / name, name.encode(), name.upper().encode()) for name in ("a.py", "b.py")]
    for file in files:
        file.path.write_bytes(file.before)
    return files


def test_files_are_replaced_with_their_modes_and_nothing_is_left_beside_them(tmp_path):
    """Each is a new file under the old name, as executable and as private as the old one was."""
    files = two(tmp_path)
    files[0].path.chmod(0o750)
    replace_all(files)
    assert [file.path.read_bytes() for file in files] == [b"A.PY", b"B.PY"]
    assert files[0].path.stat().st_mode & 0o777 == 0o750
    assert sorted(os.listdir(tmp_path)) == ["a.py", "b.py"]


def test_a_link_goes_on_to_be_one(tmp_path):
    """What it points to is written."""
    target = tmp_path / "real"
    target.write_bytes(b"a")
    link = tmp_path / "link.py"
    link.symlink_to("real")
    replace_all([Replacement(link, b"a", b"b")])
    assert link.is_symlink()
    assert target.read_bytes() == b"b"


@pytest.mark.parametrize("spoil", ["read-only", "changed", "gone", "a directory"])
def test_one_file_that_cannot_be_written_keeps_all_as_they_were(tmp_path, spoil):
    """It is looked at before anything is written."""
    files = two(tmp_path)
    path = files[1].path
    match spoil:
        case "read-only":
            path.chmod(0o444)
        case "changed":
            path.write_bytes(b"other")
        case "gone":
            path.unlink()
        case _:
            path.unlink()
            path.mkdir()
    with pytest.raises(UsageError, match="nothing was written"):
        replace_all(files)
    assert files[0].path.read_bytes() == b"a.py"
    assert {*os.listdir(tmp_path)} <= {"a.py", "b.py"}


@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), KeyboardInterrupt()])
def test_a_failure_midway_puts_back_what_was_written(tmp_path, monkeypatch, error):
    """Between the first and the second file, whatever it is."""
    files = two(tmp_path)
    replace = type(tmp_path).replace

    def failing(self, target):
        if target.name == "b.py":
            raise error
        return replace(self, target)

    monkeypatch.setattr(type(tmp_path), "replace", failing)
    with pytest.raises((UsageError, KeyboardInterrupt)):
        replace_all(files)
    assert [file.path.read_bytes() for file in files] == [b"a.py", b"b.py"]
    assert sorted(os.listdir(tmp_path)) == ["a.py", "b.py"]


def test_one_file_under_two_names_is_written_once(tmp_path):
    """Where both names get the same; else it is refused."""
    (tmp_path / "a.py").write_bytes(b"a")
    (tmp_path / "b.py").symlink_to("a.py")
    both = [Replacement(tmp_path / name, b"a", b"new") for name in ("a.py", "b.py")]
    with pytest.raises(UsageError, match="one file"):
        replace_all([both[0], Replacement(tmp_path / "b.py", b"a", b"other")])
    replace_all(both)
    assert (tmp_path / "a.py").read_bytes() == b"new"
