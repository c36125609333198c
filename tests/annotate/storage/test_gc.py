"""Making room deletes what lesser trials left, and nothing else."""

import pytest

from annotate.errors import UsageError
from annotate.storage import StudyFolder, parse_keep, sweep
from annotate.storage.checkpoints import outdated
from annotate.trial import FailureReason, Objective, Trial, cancel, fail, start, succeed


def finished(number, value, **more):
    return succeed(start(Trial(number, {}, **more), at=0.0), at=1.0, value=value)


TRIALS = [
    finished(0, 0.1, baseline=True),
    finished(1, 0.9),
    finished(2, 0.5),
    fail(start(Trial(3, {}), at=0.0), at=1.0, reason=FailureReason.OOM),
    Trial(4, {}),
]


@pytest.mark.parametrize(
    ("keep", "direction", "kept"),
    [("top:1", "maximize", {0, 1, 4}), ("top:2", "minimize", {0, 2, 4}), ("top:0", "maximize", {0, 4})],
)
def test_the_best_the_baseline_and_what_may_still_run_are_kept(keep, direction, kept):
    assert parse_keep(keep).best_of(TRIALS, [Objective("default", direction, "acc")]) == kept


def test_of_several_metrics_the_whole_front_is_kept():
    """Trials 1 and 2 are the best of one metric each, trial 3 is beaten by the first."""
    ended = [(1, 0.9, 5.0), (2, 0.5, 1.0), (3, 0.8, 6.0)]
    trials = [succeed(start(Trial(n, {}), at=0.0), at=1.0, value=a, further=(b,)) for n, a, b in ended]
    both = [Objective("acc", "maximize", "acc"), Objective("ms", "minimize", "ms")]
    assert parse_keep("top:1").best_of(trials, both) == {1, 2}
    assert parse_keep("top:0").best_of(trials, both) == set()


def test_the_rest_is_deleted_and_its_size_told(tmp_path):
    folder = StudyFolder(tmp_path)
    for number in range(3):
        folder.trial(number).mkdir(parents=True)
        (folder.trial(number) / "log").write_bytes(b"x" * 100)
    (folder.trial(1) / "output").symlink_to(tmp_path.parent)
    freed = sweep(folder, {0})
    assert 200 <= freed < 1000
    assert [path.name for path in (tmp_path / "trials").iterdir()] == ["0"]
    assert tmp_path.parent.is_dir()


def test_a_checkpoint_goes_once_its_member_has_gone_on_from_it(tmp_path):
    """Not that of a kept trial, of a member's latest success, nor one that a trial was to load that may run again.

    There need be no trials' files any more.
    """

    def turn(number, member, at, taken=None):
        before = tmp_path / "checkpoints" / str(max(0, at - 1)) / str(member if taken is None else taken)
        after = tmp_path / "checkpoints" / str(at) / str(member)
        after.mkdir(parents=True)
        told = {"load_checkpoint_dir": str(before), "save_checkpoint_dir": str(after)}
        return start(Trial(number, told), at=0.0)

    trials = [
        succeed(turn(0, 0, 0), at=1.0, value=0.1),
        succeed(turn(1, 1, 0), at=1.0, value=0.2),
        succeed(turn(2, 0, 1), at=1.0, value=0.3),
        succeed(turn(3, 1, 1), at=1.0, value=0.4),
        succeed(turn(4, 0, 2), at=1.0, value=0.5),
        cancel(turn(5, 1, 2, taken=0), at=1.0, message="stopped"),
        fail(turn(6, 0, 3), at=1.0, reason=FailureReason.OOM),
    ]
    gone = outdated(trials, keep={1})
    assert [path.relative_to(tmp_path / "checkpoints").as_posix() for path in gone] == ["0/0"]
    elsewhere = tmp_path.parent / f"{tmp_path.name}-elsewhere"
    elsewhere.mkdir()
    sweep(StudyFolder(tmp_path), {1}, [*gone, elsewhere])
    assert not (tmp_path / "checkpoints/0/0").exists()
    assert (tmp_path / "checkpoints/1/0").exists()
    assert elsewhere.exists()


@pytest.mark.parametrize("text", ["3", "top", "top:x", "best:3", "top:-1"])
def test_what_is_not_understood_is_refused(text):
    with pytest.raises(UsageError):
        parse_keep(text)
