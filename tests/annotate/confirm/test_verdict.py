"""What may be said of a trial that was run again beside the defaults."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_rel

from annotate.confirm.verdict import Outcome, Verdict, mean_and_error, plus_minus, verdicts

DEFAULTS = {1: 0.70, 2: 0.72, 3: 0.71, 4: 0.69, 5: 0.70}


def one(trial, defaults=DEFAULTS, direction="maximize"):
    [verdict] = verdicts(defaults, {7: trial}, direction=direction)
    return verdict


def shifted(by, noise=0.001):
    return {seed: value + by + noise * (-1) ** seed for seed, value in DEFAULTS.items()}


@pytest.mark.parametrize(
    ("by", "direction", "outcome"),
    [
        (0.05, "maximize", Outcome.BETTER),
        (0.05, "minimize", Outcome.WORSE),
        (-0.05, "maximize", Outcome.WORSE),
        (-0.05, "minimize", Outcome.BETTER),
        (0.0001, "maximize", Outcome.NO_EVIDENCE),
    ],
)
def test_the_direction_decides_what_is_better(by, direction, outcome):
    """A clear difference is better or worse by the direction; one within the noise is neither."""
    verdict = one(shifted(by), direction=direction)
    assert verdict.outcome is outcome
    assert verdict.pairs == 5


def test_p_is_that_of_the_paired_t_test():
    """For one trial p is scipy's, and the difference is the mean over pairs."""
    trial = {1: 0.73, 2: 0.72, 3: 0.75, 4: 0.70, 5: 0.74}
    verdict = one(trial)
    expected = ttest_rel(list(trial.values()), list(DEFAULTS.values()))
    assert verdict.p == pytest.approx(expected.pvalue)
    assert verdict.difference == pytest.approx(0.024)


def test_holm_makes_the_same_trial_harder_to_believe_among_others():
    """Of three comparisons the smallest p counts three times, and none is smaller than one before it."""
    trials = {1: shifted(0.004, 0.003), 2: shifted(0.003, 0.003), 3: shifted(0.002, 0.003)}
    alone = {n: one(values).p for n, values in trials.items()}
    judged = verdicts(DEFAULTS, trials, direction="maximize")
    assert judged[0].p == pytest.approx(3 * alone[1])
    assert judged[1].p == pytest.approx(max(3 * alone[1], 2 * alone[2]))
    assert [v.trial for v in judged] == [1, 2, 3]


def test_only_pairs_count():
    """A seed that one of the two did not finish with is left out, and two pairs are no test."""
    trial = shifted(0.05)
    del trial[1], trial[2]
    assert one(trial).pairs == 3
    del trial[3]
    assert one(trial).outcome is Outcome.TOO_FEW
    assert one({}).sentence == "0 of the 3 pairs that a test needs"


def test_a_script_that_seeds_do_not_touch_is_not_judged():
    """Where no seed changes anything five runs are one, however large the difference."""
    verdict = one(dict.fromkeys(DEFAULTS, 0.9), dict.fromkeys(DEFAULTS, 0.7))
    assert verdict.outcome is Outcome.NO_SPREAD
    assert verdict.sentence == "better by 0.2 with every seed: nothing to test"


def test_each_trial_needs_a_spread_of_its_own():
    """Another trial whose results vary makes nothing of runs that no seed touches."""
    flat = dict.fromkeys(DEFAULTS, 0.7)
    found = verdicts(flat, {1: dict.fromkeys(DEFAULTS, 0.9), 2: shifted(0.05)}, direction="maximize")
    assert [each.outcome for each in found] == [Outcome.NO_SPREAD, Outcome.BETTER]
    assert found[1].p == one(shifted(0.05), flat).p


def test_p_is_told_on_which_side_of_the_level_it_lies():
    """0.048 and 0.052 are not both rounded to 0.05."""
    near = [Verdict(1, Outcome.BETTER, 5, 0.1, 0.01, p).sentence for p in (0.048, 0.052)]
    assert near == ["better by 0.100 ± 0.010 (p = 0.048)", "better by 0.100 ± 0.010 (p = 0.052)"]


def test_a_difference_that_is_the_same_with_every_seed_is_sure():
    """Results that vary from seed to seed while the difference does not leave nothing to chance."""
    verdict = one({seed: value + 0.25 for seed, value in DEFAULTS.items()})
    assert (verdict.outcome, verdict.p) == (Outcome.BETTER, pytest.approx(0, abs=1e-12))
    assert verdict.sentence == "better by 0.25 (p < 0.001)"


def test_equal_results_are_the_same():
    """No difference at all is no evidence, and said so."""
    assert one(dict(DEFAULTS)).sentence == "no evidence that it is better: the same (p = 1.00)"


@pytest.mark.parametrize(
    ("mean", "error", "text"),
    [
        (0.01183, 0.00421, "0.0118 ± 0.0042"),
        (12.4, 3.6, "12.4 ± 3.6"),
        (1234.5, 210.0, "1234 ± 210"),
        (0.5, math.nan, "0.5"),
        (0.5, 0.0, "0.5"),
        (0.17, 3e-17, "0.17"),
    ],
)
def test_a_figure_carries_the_digits_that_its_error_leaves(mean, error, text):
    """Two digits of the error decide; where there is no spread the mean stands alone."""
    assert plus_minus(mean, error) == text


@given(st.integers(0, 2**32), st.integers(3, 8))
def test_noise_alone_is_rarely_called_better(seed, pairs):
    """Whatever is judged, its sentence can be written, its p is a probability, and its outcome follows from it."""
    rng = random.Random(seed)
    defaults, trial = ({n: rng.gauss(0, 1) for n in range(pairs)} for _ in range(2))
    [verdict] = verdicts(defaults, {1: trial}, direction="maximize")
    assert 0 <= verdict.p <= 1
    assert (verdict.p < 0.05) == (verdict.outcome is not Outcome.NO_EVIDENCE)
    assert verdict.sentence


def test_false_alarms_are_as_rare_as_the_level_says():
    """Of 400 studies of nothing but noise with three trials each, no more than one in ten finds something."""
    rng = random.Random(0)
    alarms = 0
    for _ in range(400):
        values = [{n: rng.gauss(0, 1) for n in range(5)} for _ in range(4)]
        judged = verdicts(values[0], dict(enumerate(values[1:])), direction="maximize")
        alarms += any(v.outcome is not Outcome.NO_EVIDENCE for v in judged)
    assert 4 <= alarms <= 40


def test_the_error_of_one_value_is_unknown():
    """A standard error needs two values."""
    mean, error = mean_and_error([0.5])
    assert mean == 0.5
    assert math.isnan(error)
