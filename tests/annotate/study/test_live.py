"""What a running trial has reported: of the metrics that count, and what its result lacks."""

from annotate.study.live import Live
from annotate.study.ports import Lease
from annotate.trial import Measurement, Trial


def live(*keys):
    return Live(Trial(0, {}), Lease(key=0), began=0.0, keys=keys)


def report(running, final=False, **values):
    running.add(Measurement(0, 1.0, values, final=final))


def test_the_metric_that_counts_makes_the_curve_and_the_result():
    running = live("acc")
    report(running, acc=0.5, default=7.0)
    report(running, final=True, acc=0.75)
    assert (list(running.curve), running.last, running.final, running.lacking) == ([0.5], 0.5, 0.75, "")


def test_a_result_has_every_metric_or_says_which_it_lacks():
    running = live("acc", "ms", "mb")
    report(running, acc=0.5, ms=3.0, mb=9.0)
    report(running, final=True, acc=0.75, loss=1.0)
    assert (running.last, running.last_further) == (0.5, (3.0, 9.0))
    assert (running.final, running.final_further) == (None, ())
    assert running.lacking == "its final result has no ms and no mb; it has acc, loss"


def test_a_number_where_a_dictionary_was_expected_and_the_other_way_round():
    plain, named = live("default"), live("acc")
    report(plain, final=True, acc=0.5)
    report(named, final=True, default=0.5)
    assert plain.lacking == "its final result has no default; it has acc: --metric names the one that counts"
    assert named.lacking == "its final result has no acc; it has default"


def test_reports_on_the_way_may_be_partial_and_the_last_whole_one_counts():
    """A trial that reports its loss between its results has a last result all the same."""
    running = live("acc", "ms")
    report(running, acc=0.25)
    assert running.lacking == "its last result has no ms; it has acc"
    assert (running.last, running.last_further) == (0.25, ())
    report(running, acc=0.5, ms=3.0)
    report(running, loss=0.1)
    report(running, acc=0.75)
    assert (running.last, running.last_further, running.lacking) == (0.5, (3.0,), "")
    assert list(running.curve) == [0.25, 0.5, 0.75]
