"""A trial's source, out of the study alone; its values that stand elsewhere; values with fewer digits."""

from __future__ import annotations

import os

import pytest

from annotate.errors import StorageError
from annotate.rewrite import of_trial, rounded, same_point
from annotate_tuners.space import SearchSpace
from tests.annotate.rewrite.studies import NOW, made

SOURCE = "lr = 0.1  # @nni.loguniform(1e-4, 1e-1)\nimport nni; print(nni.get_next_parameter())\n"


def test_it_follows_from_the_study_alone(tmp_path):
    """The user's own files may be gone."""
    study = made(tmp_path, {"train.py": SOURCE})
    (tmp_path / "train.py").unlink()
    (file,) = of_trial(study.folder, study.meta, study.trial(1, lr=0.01)).files
    assert (file.path, file.before.decode()) == (tmp_path / "train.py", SOURCE)
    assert file.after.decode() == SOURCE.replace("0.1 ", "0.01 ")
    assert file.changed


def test_the_baseline_is_the_source_as_it_was(tmp_path):
    """It ran the defaults; whatever its row holds changes nothing."""
    study = made(tmp_path, {"train.py": SOURCE})
    assert not any(file.changed for file in of_trial(study.folder, study.meta, study.trial(0, lr=0.01)).files)


def test_what_stands_elsewhere_is_told_apart(tmp_path):
    """Options of the command line, values that the script asks for, keys that new code has no longer, a tuner's budget."""
    space = {"b": {"_type": "uniform", "_value": [0, 1]}, "c": {"_type": "uniform", "_value": [0, 1]}}
    study = made(tmp_path, {"train.py": SOURCE})
    meta = study.meta
    meta = type(meta).from_json({**vars(meta), "space": {**meta.space, **space}, "flags": {"b": "--b"}})
    trial = study.trial(1, lr=0.01, b=0.5, c=0.25, TRIAL_BUDGET=3, **{"train/old/uniform": 1.0})
    found = of_trial(study.folder, meta, trial)
    assert found.arguments == ("--b", "0.5")
    assert found.asked == {"c": 0.25}
    assert list(found.left) == ["train/old/uniform"]


def test_a_parameter_that_was_not_read_keeps_its_default(tmp_path):
    """A trial that never asked for it says nothing of it."""
    import dataclasses

    study = made(tmp_path, {"train.py": SOURCE})
    trial = dataclasses.replace(study.trial(1, lr=0.01), unread=frozenset({"train/lr/loguniform"}))
    assert not any(file.changed for file in of_trial(study.folder, study.meta, trial).files)


def test_a_study_without_its_source_is_refused(tmp_path):
    """There is nothing to rewrite."""
    study = made(tmp_path, {"train.py": SOURCE})
    (study.folder.source / "train.py").unlink()
    with pytest.raises(StorageError, match="keeps no source"):
        of_trial(study.folder, study.meta, study.trial(1, lr=0.01))


SPACE = SearchSpace.from_json(
    {
        "lr": {"_type": "loguniform", "_value": [1e-4, 0.09996]},
        "q": {"_type": "quniform", "_value": [0, 1, 0.05]},
        "n": {"_type": "randint", "_value": [1, 99999]},
        "c": {"_type": "choice", "_value": [0.12345, "a"]},
        "m": {"_type": "normal", "_value": [0, 1]},
    }
)


@pytest.mark.parametrize(
    ("key", "value", "digits", "wanted"),
    [
        ("lr", 0.0123456, 3, 0.0123),
        ("lr", 0.000123456, 2, 0.00012),
        ("lr", 0.099955, 3, 0.0999),  # 0.1 would be out of the range
        ("lr", 0.000100049, 4, 0.0001),
        ("q", 0.15000000000000002, 3, 0.15),
        ("n", 12345, 2, 12345),
        ("c", 0.12345, 2, 0.12345),
        ("m", -1.23456, 2, -1.2),
        ("m", 0.0, 2, 0.0),
    ],
)
def test_a_float_is_rounded_within_its_range(key, value, digits, wanted):
    """An int, an option and what would leave its range stay what they are."""
    (found,) = rounded({key: value}, SPACE, digits).values()
    assert (found, type(found)) == (wanted, type(wanted))
    assert SPACE[key].contains(found)


def test_the_same_point_has_the_same_keys():
    """A trial with one parameter more or fewer is another."""
    assert same_point({"a": 1, "b": 2.0}, {"b": 2, "a": 1.0})
    assert not same_point({"a": 1}, {"a": 1, "b": 2})
    assert not same_point({"a": 1}, {"a": 1.5})


def renewed(study, text, *, at):
    """The study goes on with new code, as `resume --new-code` does it."""
    study.folder.source.rename(study.folder.source.with_name("source.1"))
    study.folder.source.mkdir()
    (study.folder.source / "train.py").write_text(text)
    for name, time in (("source.1", NOW), ("source", at)):
        os.utime(study.folder.path / name / "train.py", (time, time))


def test_a_trial_is_read_against_the_source_that_it_ran(tmp_path):
    """The one that was there when it started, of a study that went on with new code."""
    study = made(tmp_path, {"train.py": SOURCE})
    renewed(study, "# new\n" + SOURCE, at=NOW + 1.5)
    (old,) = of_trial(study.folder, study.meta, study.trial(1, lr=0.01)).files
    (new,) = of_trial(study.folder, study.meta, study.trial(2, lr=0.01)).files
    assert not old.after.startswith(b"# new")
    assert new.after.startswith(b"# new")


def test_a_source_without_the_trials_variables_is_not_the_one_that_it_ran(tmp_path):
    """Whatever the times say: those of a study that was copied say nothing."""
    study = made(tmp_path, {"train.py": SOURCE})
    renewed(study, SOURCE.replace("lr =", "rate ="), at=NOW - 5)
    (old,) = of_trial(study.folder, study.meta, study.trial(2, lr=0.01)).files
    assert b"lr = 0.01 " in old.after
    (new,) = of_trial(study.folder, study.meta, study.trial(2, **{"train/rate/loguniform": 0.01})).files
    assert b"rate = 0.01 " in new.after
