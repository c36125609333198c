"""When a trial is stopped early, and when it is left alone."""

from __future__ import annotations

import math

import pytest

from annotate_tuners import make_pruner, pruner_names
from annotate_tuners.errors import InvalidArguments, UnknownName
from annotate_tuners.pruner import Continue, Curve, Stop

ARGUMENTS = {"curvefitting": {"epoch_num": 20}, "threshold": {"upper": 1e9}}


def completed(*curves):
    return [Curve(number, tuple(curve), completed=True) for number, curve in enumerate(curves)]


def decide(name, others, values, *, direction="maximize", **class_args):
    pruner = make_pruner(name, direction=direction, **class_args)
    return pruner.decide(others, Curve(99, tuple(values)))


@pytest.mark.parametrize("name", pruner_names())
class TestEvery:
    def test_a_first_trial_is_left_alone(self, name):
        for length in (1, 5, 9):
            verdict = decide(name, [], [0.1 * n for n in range(1, length + 1)], **ARGUMENTS.get(name, {}))
            assert verdict == Continue()

    def test_the_best_trial_is_left_alone(self, name):
        others = completed(*([0.1 + 0.01 * n * k for n in range(12)] for k in range(6)))
        for length in range(1, 12):
            values = [0.5 + 0.03 * n for n in range(length)]
            assert decide(name, others, values, **ARGUMENTS.get(name, {})) == Continue()

    def test_the_verdict_is_mirrored_when_the_direction_is(self, name):
        if name == "threshold":
            return
        others = [[1 - 0.9**n * (1 + k) / 9 for n in range(12)] for k in range(6)]
        for length in range(1, 12):
            values = [0.3 + 0.01 * n for n in range(length)]
            up = decide(name, completed(*others), values, **ARGUMENTS.get(name, {}))
            down = decide(
                name,
                completed(*([-v for v in curve] for curve in others)),
                [-v for v in values],
                direction="minimize",
                **ARGUMENTS.get(name, {}),
            )
            assert type(up) is type(down)

    def test_curves_of_others_that_are_shorter_or_not_finite_are_borne(self, name):
        others = [Curve(1, ()), Curve(2, (math.nan,)), *completed([], [math.inf, 0.1], [0.5, math.nan, 0.2])]
        pruner = make_pruner(name, direction="maximize", **ARGUMENTS.get(name, {}))
        for length in range(1, 9):
            assert isinstance(pruner.decide(others, Curve(9, (0.2,) * length)), (Continue, Stop))


class TestMedian:
    OTHERS = completed([0.2, 0.8], [0.4, 0.8], [0.6, 0.8], [0.8, 0.8])

    def test_it_stops_what_is_below_the_median_of_running_averages(self):
        assert isinstance(decide("medianstop", self.OTHERS, [0.49]), Stop)
        assert decide("medianstop", self.OTHERS, [0.51]) == Continue()

    def test_the_averages_and_not_the_latest_results_are_compared(self):
        assert decide("median", self.OTHERS, [0.1, 0.66]) == Continue()
        assert isinstance(decide("median", self.OTHERS, [0.1, 0.64]), Stop)

    def test_it_counts_a_trials_best_result_and_not_its_latest(self):
        assert decide("median", self.OTHERS, [0.7, 0.1]) == Continue()

    def test_only_completed_trials_count(self):
        running = [Curve(number, (0.9,)) for number in range(9)]
        assert decide("median", running, [0.1]) == Continue()

    def test_nothing_is_stopped_before_the_start_step_or_with_few_trials(self):
        assert decide("median", self.OTHERS, [0.1], start_step=1) == Continue()
        assert decide("median", self.OTHERS[:3], [0.1]) == Continue()
        assert isinstance(decide("median", self.OTHERS[:3], [0.1], startup_trials=1), Stop)

    def test_the_reason_names_both_values(self):
        assert decide("median", self.OTHERS, [0.3]) == Stop(
            "its best so far, 0.3, is worse than the median 0.5 of 4 trials at step 1"
        )


class TestPercentile:
    OTHERS = completed(*([v] for v in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)))

    def test_it_keeps_the_best_share(self):
        assert decide("percentile", self.OTHERS, [0.7], percentile=25) == Continue()
        assert isinstance(decide("percentile", self.OTHERS, [0.69], percentile=25), Stop)

    def test_a_share_outside_0_to_100_is_refused(self):
        with pytest.raises(InvalidArguments, match="between 0 and 100"):
            make_pruner("percentile", direction="maximize", percentile=100)


class TestAsha:
    def test_it_decides_at_rungs_only(self):
        others = completed(*([0.9] * 9 for _ in range(8)))
        stopped = [r for r in range(1, 10) if isinstance(decide("asha", others, [0.1] * r), Stop)]
        assert stopped == [1, 3, 9]

    def test_the_best_third_goes_on(self):
        others = completed(*([v / 10] for v in range(8)))
        assert decide("asha", others, [0.55]) == Continue()
        assert isinstance(decide("asha", others, [0.45]), Stop)

    def test_the_first_at_a_rung_go_on(self):
        assert decide("asha", completed([0.9]), [0.1]) == Continue()
        assert isinstance(decide("asha", completed([0.9], [0.8]), [0.1]), Stop)

    def test_of_equals_nobody_is_stopped(self):
        assert decide("asha", completed(*([0.5],) * 8), [0.5]) == Continue()


class TestThreshold:
    def test_a_result_outside_the_bounds_stops(self):
        assert decide("threshold", [], [0.1, 5.0], upper=4) == Stop("5 is above the threshold 4")
        assert decide("threshold", [], [0.1], lower=0.2) == Stop("0.1 is below the threshold 0.2")
        assert decide("threshold", [], [0.3], lower=0.2, upper=4) == Continue()
        assert isinstance(decide("threshold", [], [math.nan], upper=4), Stop)

    def test_without_bounds_it_is_refused(self):
        with pytest.raises(InvalidArguments, match="lower, upper or both"):
            make_pruner("threshold", direction="maximize")


class TestPlateau:
    def test_it_stops_when_nothing_got_better_for_long_enough(self):
        assert decide("plateau", [], [0.5, 0.4, 0.5], patience=2) == Stop(
            "its last 2 results are no better than 0.5"
        )
        assert decide("plateau", [], [0.5, 0.4, 0.51], patience=2) == Continue()
        assert decide("plateau", [], [0.5, 0.4], patience=2) == Continue()

    def test_a_gain_of_no_more_than_min_delta_is_none(self):
        assert isinstance(decide("plateau", [], [0.5, 0.52, 0.52], patience=2, min_delta=0.05), Stop)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_nan_stops_at_what_is_no_number(value):
    assert isinstance(decide("nan", [], [0.1, value]), Stop)
    assert decide("nan", [], [value, 0.1]) == Continue()


class TestCurveFitting:
    def curve(self, end, length):
        return [end * (1 - 0.8 * 0.7**n) for n in range(length)]

    def test_a_curve_that_leads_below_the_best_is_stopped_and_one_that_leads_above_is_not(self):
        others = completed(self.curve(0.9, 30))
        assert isinstance(decide("Curvefitting", others, self.curve(0.6, 10), epoch_num=30), Stop)
        assert decide("Curvefitting", others, self.curve(0.95, 10), epoch_num=30) == Continue()

    def test_it_waits_for_its_step_and_its_gap(self):
        others = completed(self.curve(0.9, 30))
        stopped = [
            n - 1
            for n in range(1, 14)
            if isinstance(decide("curvefitting", others, self.curve(0.5, n), epoch_num=30, gap=3), Stop)
        ]
        assert stopped == [6, 9, 12]

    def test_a_flat_curve_is_its_own_prediction(self):
        assert isinstance(decide("curvefitting", completed([0.9] * 20), [0.1] * 9, epoch_num=20), Stop)


class TestNames:
    def test_case_does_not_matter(self):
        assert make_pruner("MedianStop", direction="maximize") == make_pruner("median", direction="maximize")

    def test_an_unknown_name_is_told_the_nearest(self):
        with pytest.raises(UnknownName, match="did you mean 'median'"):
            make_pruner("medain", direction="maximize")

    def test_an_unknown_argument_is_named(self):
        with pytest.raises(InvalidArguments, match="epochs"):
            make_pruner("curvefitting", direction="maximize", epoch_num=3, epochs=3)
