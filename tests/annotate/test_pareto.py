"""The best trials of a study: of one metric or several, and only such as have a whole result."""

from annotate.pareto import best, front, ranked
from annotate.trial import FailureReason, Objective, Trial, fail, start, succeed

ACC, MS = Objective("acc", "maximize", "acc"), Objective("ms", "minimize", "ms")


def ran(number, value, *further):
    return succeed(start(Trial(number, {}), at=1.0), at=2.0, value=value, further=further)


def test_of_nothing_nothing_is_best():
    assert front([], [ACC]) == []
    assert best([], [ACC]) is None


def test_the_front_holds_what_none_beats_and_begins_with_the_best_in_the_first_metric():
    trials = [ran(0, 0.9, 10.0), ran(1, 0.95, 30.0), ran(2, 0.9, 12.0), ran(3, 0.5, 1.0), ran(4, 0.9, 10.0)]
    assert [t.number for t in front(trials, [ACC, MS])] == [1, 0, 4, 3]
    assert [t.number for t in ranked(trials, [ACC, MS])] == [1, 0, 4, 3, 2]


def test_the_best_of_a_front_is_nearest_to_the_best_of_each():
    trials = [ran(0, 0.9, 10.0), ran(1, 0.95, 30.0), ran(2, 0.5, 1.0)]
    assert best(trials, [ACC, MS]).number == 0


def test_with_one_metric_the_front_is_the_best_value_and_the_earlier_comes_first():
    trials = [ran(0, 0.5), ran(1, 0.9), ran(2, 0.9)]
    assert [t.number for t in front(trials, [ACC])] == [1, 2]
    assert best(trials, [ACC]).number == 1
    assert [t.number for t in ranked(trials, [MS])] == [0, 1, 2]


def test_only_whole_results_of_trials_that_succeeded_count():
    failed = fail(start(Trial(1, {}), at=1.0), at=2.0, reason=FailureReason.NAN, value=0.99)
    assert [t.number for t in front([ran(0, 0.5, 3.0), failed, ran(2, 0.9)], [ACC, MS])] == [0]
