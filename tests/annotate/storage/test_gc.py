"""Making room deletes what lesser trials left, and nothing else."""

import pytest

from annotate.errors import UsageError
from annotate.storage import StudyFolder, parse_keep, sweep
from annotate.trial import FailureReason, Objective, Trial, fail, start, succeed


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


@pytest.mark.parametrize("text", ["3", "top", "top:x", "best:3", "top:-1"])
def test_what_is_not_understood_is_refused(text):
    with pytest.raises(UsageError):
        parse_keep(text)
