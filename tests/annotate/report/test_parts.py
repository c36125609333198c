"""What a page is made from: axes, lanes, groups of failures, importance."""

import math
import random
import sys

import pytest

from annotate.report.axes import Axis, make_axes
from annotate.report.failures import Group, groups, tail
from annotate.report.fanova import Importance, Refused, importance
from annotate.report.timeline import busy, lanes, timeline
from annotate.report.words import amount, number, parameter, span
from annotate.trial import FailureReason, Trial, fail, start, succeed
from annotate_tuners.space import SearchSpace


def axes(space, *points):
    return make_axes(SearchSpace.from_json(space), {}, points)


def test_an_axis_is_what_its_distribution_is():
    """Logarithmic for the log kinds, whole for integers, one place for each option."""
    space = {
        "lr": {"_type": "loguniform", "_value": [1e-4, 1e-1]},
        "n": {"_type": "randint", "_value": [3, 8]},
        "q": {"_type": "quniform", "_value": [0, 1, 0.25]},
        "c": {"_type": "choice", "_value": ["a", 1, "1", [1]]},
    }
    lr, n, q, c = axes(space, {"lr": 0.01, "n": 5, "q": 0.5, "c": "1"}, {"c": [1]})
    assert (lr.kind, lr.low, lr.high, lr.places) == ("log", 1e-4, 1e-1, (0.01, None))
    assert (n.kind, n.low, n.high, n.whole) == ("linear", 3, 7, True)
    assert (q.kind, q.places) == ("linear", (0.5, None))
    assert (c.kind, c.options, c.places) == ("choice", ("a", "1", '"1"', "[1]"), (2, 3))


def test_a_default_outside_the_range_widens_its_axis():
    """It is drawn where it is; a logarithmic axis that cannot hold it becomes a linear one; an option more stands last."""
    space = {
        "lr": {"_type": "loguniform", "_value": [1e-4, 1e-1]},
        "x": {"_type": "uniform", "_value": [0, 1]},
        "c": {"_type": "choice", "_value": ["a"]},
    }
    lr, x, c = axes(space, {"lr": 0.0, "x": 3.0, "c": "b"}, {"lr": 0.01, "x": 0.5, "c": "a"})
    assert (lr.kind, lr.low) == ("linear", 0.0)
    assert x.high == 3.0
    assert (c.options, c.places) == (("a", "b"), (1, 0))


def test_a_branch_has_axes_of_its_own():
    """A choice of NNI's _name form, and a block of layers; where another option was taken there is no place."""
    width = {"_type": "uniform", "_value": [0, 9]}
    net = [{"_name": "cnn", "k": {"_type": "choice", "_value": [3, 5]}}, {"_name": "mlp", "k": width}]
    layer = {"layer_choice": ["conv", "pool"], "optional_inputs": ["x", "y"], "optional_input_size": 1}
    space = {
        "net": {"_type": "choice", "_value": net},
        "block": {"_type": "mutable_layer", "_value": {"l1": layer}},
    }
    chosen = {"l1": {"chosen_layer": "pool", "chosen_inputs": ["y"]}}
    one, other = {"net": {"_name": "cnn", "k": 5}, "block": chosen}, {"net": {"_name": "mlp", "k": 3}}
    found = {axis.name: axis for axis in axes(space, one, other)}
    assert found["net"].places == (0, 1)
    assert found["net/cnn/k"].places == (1, None)
    assert found["net/mlp/k"].places == (None, 3)
    assert found["block/l1"].places == (1, None)
    assert found["block/l1 inputs"].options[found["block/l1 inputs"].places[0]] == '["y"]'


def test_a_bell_is_as_wide_as_its_middle_and_its_values():
    """95 % of it, and whatever was drawn beyond."""
    narrow, wide = (
        axes({"x": {"_type": "normal", "_value": [0, 1]}}),
        axes({"x": {"_type": "normal", "_value": [0, 1]}}, {"x": 9.0}),
    )
    assert (narrow[0].low, narrow[0].high) == (pytest.approx(-1.96, abs=0.01), pytest.approx(1.96, abs=0.01))
    assert wide[0].high == 9.0


def ran(number, begin, end, *gpus):
    trial = start(Trial(number, {}), at=begin, gpus=gpus)
    return trial if end is None else succeed(trial, at=end, value=1.0)


def test_trials_side_by_side_stand_in_lanes():
    """On cores as many lanes as ran at once; the lane that is free first is taken."""
    bars = timeline([ran(0, 0, 10), ran(1, 1, 3), ran(2, 3.01, 5), ran(3, 4, None)], now=20)
    assert [(bar.trial, bar.lane, bar.end) for bar in bars] == [
        (0, "slot 1", 10), (1, "slot 2", 3), (2, "slot 2", 5), (3, "slot 3", 20),
    ]  # fmt: skip
    assert lanes(bars) == ["slot 1", "slot 2", "slot 3"]


def test_a_gpu_is_a_lane_and_a_shared_one_several():
    """A trial on two GPUs stands in both; GPU 10 comes after GPU 9."""
    bars = timeline([ran(0, 0, 9, "0", "10"), ran(1, 1, 2, "9"), ran(2, 3, 4, "0")], now=9)
    assert lanes(bars) == ["GPU 0 · 1", "GPU 0 · 2", "GPU 9", "GPU 10"]
    assert [bar.trial for bar in bars] == [0, 0, 1, 2]
    assert lanes(timeline([ran(0, 0, 1, "MIG-0a1b2c3d-4e5f-6789")], now=1)) == ["MIG-0a1b2c3d-4…"]


def test_pauses_between_sessions_are_no_idleness():
    """What counts is the time that a host ran the study."""
    bars = timeline([ran(0, 0, 10), ran(1, 1000, 1010)], now=2000)
    assert busy(bars, 20.0) == pytest.approx(1.0)
    assert busy(bars, 0.0) == pytest.approx(20 / 1010)
    assert busy([], 5.0) is None


def failed(number, message, reason=FailureReason.EXCEPTION):
    return fail(start(Trial(number, {}), at=0), at=1, reason=reason, message=message)


def test_failures_that_differ_in_numbers_only_are_one_group():
    """By reason and last line, the most frequent first."""
    listed = [
        failed(1, "Traceback\nRuntimeError: Tried to allocate 1.24 GiB"),
        failed(2, "ValueError: no"),
        failed(3, "Traceback\nRuntimeError: Tried to allocate 20 GiB\n"),
        failed(4, None, FailureReason.LOST),
        succeed(start(Trial(5, {}), at=0), at=1, value=1.0),
    ]
    assert groups(listed) == [
        Group("exception", "RuntimeError: Tried to allocate 1.24 GiB", (1, 3)),
        Group("exception", "ValueError: no", (2,)),
        Group("lost", "", (4,)),
    ]


def test_of_a_log_its_last_traceback_is_shown():
    """Without escape codes and overwritten progress bars; the last lines where there is none."""
    log = b"one\nTraceback (most recent call last):\nA\nagain\n 1%\r 2%\r\x1b[31mTraceback (most recent call last):\x1b[0m\n  x\nB: \xff\n"
    assert tail(log) == "Traceback (most recent call last):\n  x\nB: \ufffd"
    assert tail(b"".join(b"%d\n" % n for n in range(30))).splitlines() == [str(n) for n in range(18, 30)]
    assert tail(b"") == ""


def drawn(count, seed=0):
    """Two axes and a choice; the first explains most, the choice some, the second nothing."""
    dice = random.Random(seed)
    x, y = ([dice.random() for _ in range(count)] for _ in range(2))
    c = [dice.choice([None, 0, 1]) for _ in range(count)]
    values = [3 * a + (0.7 if b == 1 else 0) + dice.gauss(0, 0.05) for a, b in zip(x, c, strict=True)]
    made = (
        Axis("x", "linear", 0, 1, tuple(x)),
        Axis("y", "linear", 0, 1, tuple(y)),
        Axis("c", "choice", 0, 1, tuple(c), ("a", "b")),
    )
    return made, values


def test_importance_finds_what_matters_and_what_does_not():
    """In order, with a spread; what plays no part is not above what chance gets; the same seed gives the same."""
    made, values = drawn(120)
    found = importance(made, values, seed=1)
    assert isinstance(found, Importance)
    assert [share.name for share in found.shares] == ["x", "c", "y"]
    assert found.shares[0].mean > 0.6
    assert found.shares[0].spread > 0
    assert found.shares[2].mean < found.chance.mean + 3 * found.chance.spread + 0.02
    assert (found.trials, found.filled) == (120, ("c",))
    assert importance(made, values, seed=1) == found


def test_only_trials_with_a_result_count():
    """A failed one has none."""
    made, values = drawn(60)
    found = importance(made, [None if n % 2 else v for n, v in enumerate(values)])
    assert isinstance(found, Importance)
    assert found.trials == 30


def test_importance_is_refused_where_it_would_mislead(monkeypatch):
    """Too few trials, none at all, all alike, no parameter, a package that is not there: each in a sentence."""
    made, values = drawn(30)
    reasons = [
        importance(made, [*values[:19], *[None] * 11]),
        importance(made, [None] * 30),
        importance(made, [1.0] * 30),
        importance((), values),
    ]
    assert [type(each) for each in reasons] == [Refused] * 4
    assert "19 succeeded trials are too few" in reasons[0].reason
    assert "same result" in reasons[2].reason
    monkeypatch.setitem(sys.modules, "optuna", None)
    missing = importance(made, values)
    assert isinstance(missing, Refused)
    assert "pip install 'annotate-trials[report]'" in missing.reason


def test_numbers_are_said_shortly():
    """And never lose what they are."""
    assert [number(v) for v in (0.123456789, 1e9, math.inf)] == ["0.12346", "1e+09", "inf"]
    assert [span(s) for s in (0.05, 5.24, 59.6, 725, 12_000, 190_000)] == [
        "50 ms",
        "5.2 s",
        "1 min 0 s",
        "12 min 5 s",
        "3 h 20 min",
        "2 d 4 h",
    ]
    assert amount(4.69, 59.23) == "+4.69 (+7.9 %)"
    assert amount(1.0, 0.0) == "+1"
    assert parameter("x" * 500).endswith("…")
    assert parameter({"a": [1, True]}) == '{"a": [1, true]}'
