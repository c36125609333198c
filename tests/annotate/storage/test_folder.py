"""Directories of studies: private, unique, found by any unambiguous part of their id."""

import errno
import os
import re
import stat
import time
from pathlib import Path

import pytest

from annotate.errors import StorageError
from annotate.storage import StudyFolder, StudyStore, find, find_to_read, studies
from annotate.storage.faults import told
from annotate.study.control import LONGEST

NOW = time.mktime((2026, 11, 21, 4, 23, 0, 0, 0, -1))


def create(cwd, script="train.py", now=NOW):
    folder = StudyFolder.create(cwd, script=script, now=now)
    folder.database.touch()
    return folder


def test_a_study_is_named_for_its_minute_and_script(tmp_path):
    assert create(tmp_path).id == "2026-11-21-0423-train"


def test_two_studies_of_a_minute_have_two_directories(tmp_path):
    assert [create(tmp_path).id for _ in range(3)][1:] == [
        "2026-11-21-0423-train-2",
        "2026-11-21-0423-train-3",
    ]


@pytest.mark.parametrize("script", ["my script.py", "ünï.py", "..py", "a" * 300 + ".py"])
def test_any_script_gives_a_plain_name(tmp_path, script):
    folders = [create(tmp_path, script) for _ in range(2)]
    assert {folder.path.parent for folder in folders} == {tmp_path / ".annotate"}
    assert max(len(str(folder.socket.relative_to(tmp_path))) for folder in folders) <= LONGEST - len("99")


def test_nobody_else_may_look_in_and_git_ignores_it(tmp_path):
    folder = create(tmp_path)
    for path in (folder.path, folder.path.parent, folder.path / "trials"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert (tmp_path / ".annotate/.gitignore").read_text() == "*\n"


def test_studies_are_listed_the_latest_last(tmp_path):
    ids = [create(tmp_path, now=NOW + 60 * k).id for k in (2, 0, 1)] + [
        create(tmp_path).id for _ in range(10)
    ]
    listed = [folder.id for folder in studies(tmp_path)]
    assert sorted(ids) == sorted(listed)
    assert listed[-1] == ids[0]
    assert listed[10] == "2026-11-21-0423-train-11"
    assert studies(tmp_path / "elsewhere") == []


def test_a_study_is_found_by_part_of_its_id_or_is_the_latest(tmp_path):
    early, late = create(tmp_path), create(tmp_path, "other.py", NOW + 60)
    assert find(tmp_path) == late
    assert find(tmp_path, early.id) == early
    assert find(tmp_path, "2026-11-21-0423") == early
    assert find(tmp_path, "other") == late


def test_an_id_that_is_the_beginning_of_another_means_itself(tmp_path):
    first, _ = create(tmp_path), create(tmp_path)
    assert find(tmp_path, first.id) == first


def test_a_study_is_found_by_its_directory_wherever_that_lies_but_only_to_be_read(tmp_path):
    """As one that was copied to another machine, without the others; `annotate rm .` deletes nothing."""
    (tmp_path / "there").mkdir()
    create(tmp_path / "there").path.rename(tmp_path / "copied")
    assert find_to_read(tmp_path, "copied").id == "copied"
    assert find_to_read(tmp_path / "copied", ".").path == tmp_path / "copied"
    with pytest.raises(StorageError, match="there is no study"):
        find(tmp_path / "copied", ".")


@pytest.mark.parametrize(
    ("name", "said"),
    [("2026", "may mean any"), ("nope", "no study 'nope'"), ("3", "3 is a trial's number, not a study")],
)
def test_an_unclear_name_is_refused(tmp_path, name, said):
    create(tmp_path)
    create(tmp_path)
    with pytest.raises(StorageError, match=said):
        find(tmp_path, name)


def test_no_study_at_all_is_told(tmp_path):
    with pytest.raises(StorageError, match="there is no study"):
        find(tmp_path)


def test_a_directory_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / ".annotate").write_text("a file")
    with pytest.raises(StorageError, match=r"\.annotate"):
        StudyFolder.create(tmp_path, script="train.py", now=NOW)


def test_what_belongs_to_somebody_else_is_said_to(tmp_path, monkeypatch):
    """With the name of its owner; where it is one's own, without."""
    refused = PermissionError(errno.EACCES, "Permission denied", str(tmp_path / "no/such"))
    with pytest.raises(StorageError, match=r"you may not read or write there$"), told(tmp_path):
        raise refused
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    owner = re.escape(tmp_path.owner())
    with (
        pytest.raises(StorageError, match=rf"you may not read or write there: it belongs to {owner}$"),
        told("x"),
    ):
        raise refused


def test_a_study_of_somebody_elses_hides_no_other(tmp_path, monkeypatch):
    """It is listed, and told when it is opened."""
    folders = [create(tmp_path, f"{name}.py") for name in ("mine", "theirs")]
    is_file = Path.is_file

    def forbidden(path):
        if "theirs" in str(path):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return is_file(path)

    monkeypatch.setattr(Path, "is_file", forbidden)
    assert {folder.id for folder in studies(tmp_path)} == {folder.id for folder in folders}
    with pytest.raises(StorageError, match="you may not read or write there"):
        StudyStore.open(folders[1].database)
