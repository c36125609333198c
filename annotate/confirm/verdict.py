"""The verdict on trials that were run again beside the defaults: better, worse, or no evidence of either.

Runs with the same seed are a pair. Each trial's differences to the defaults are put to a two-sided paired
t-test; the p-values of several trials are corrected by Holm's method (Holm 1979, "A simple sequentially
rejective multiple test procedure", Scand. J. Statist. 6), since the best of many is better by chance more
often than one is. What the trials scored in the study takes no part: they were chosen for it.

Refuses to judge on fewer than `FEWEST` pairs, and where another seed changes nothing, so that there is no
spread to hold a difference against.

>>> defaults = {1: 0.70, 2: 0.72, 3: 0.71, 4: 0.69, 5: 0.70}
>>> [better] = verdicts(defaults, {7: {seed: value + 0.05 + seed / 1000 for seed, value in defaults.items()}},
...                     direction="maximize")
>>> better.outcome.value, round(better.difference, 4)
('better', 0.053)
"""

from __future__ import annotations

import enum
import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass

from scipy.stats import t

from annotate.trial import Direction

LEVEL = 0.05
FEWEST = 3  # pairs; two differences tell next to nothing of their spread


class Outcome(str, enum.Enum):
    """What may be said of a trial against the defaults."""

    BETTER = "better"
    WORSE = "worse"
    NO_EVIDENCE = "no-evidence"
    TOO_FEW = "too-few"
    NO_SPREAD = "no-spread"


@dataclass(frozen=True)
class Verdict:
    """One trial against the defaults.

    `difference` is the mean of the differences over the seeds that both finished (`pairs`), positive where
    the trial is better, whatever the direction; `error` its standard error. `p` is Holm's. They are None
    where nothing could be computed.
    """

    trial: int
    outcome: Outcome
    pairs: int
    difference: float | None = None
    error: float | None = None
    p: float | None = None

    @property
    def sentence(self) -> str:
        """`better by 0.012 ± 0.004 (p = 0.03)`."""
        match self.outcome:
            case Outcome.TOO_FEW:
                return f"{self.pairs} of the {FEWEST} pairs that a test needs"
            case Outcome.NO_SPREAD:
                return f"{self._by} with every seed: nothing to test"
            case Outcome.NO_EVIDENCE:
                return f"no evidence that it is better: {self._by} ({self._p})"
            case Outcome.BETTER | Outcome.WORSE:
                return f"{self._by} ({self._p})"

    @property
    def _by(self) -> str:
        assert self.difference is not None
        assert self.error is not None
        if self.difference == 0 == self.error:
            return "the same"
        word = "better" if self.difference >= 0 else "worse"
        return f"{word} by {plus_minus(abs(self.difference), self.error)}"

    @property
    def _p(self) -> str:
        assert self.p is not None
        if self.p < 0.001:
            return "p < 0.001"
        return f"p = {self.p:.2g}" if self.p < 0.1 else f"p = {self.p:.2f}"


def verdicts(
    defaults: Mapping[int, float], trials: Mapping[int, Mapping[int, float]], *, direction: Direction
) -> list[Verdict]:
    """A verdict for each trial, in their order; values are by seed, and only finite ones are given."""
    sign = 1.0 if direction == "maximize" else -1.0
    differences = {
        number: [sign * (values[seed] - defaults[seed]) for seed in sorted(values.keys() & defaults.keys())]
        for number, values in trials.items()
    }
    tested = {
        number: _p_value(each)
        for number, each in differences.items()
        if len(each) >= FEWEST and (_differ(defaults) or _differ(trials[number]))
    }
    corrected = _holm(tested)
    return [_verdict(number, each, corrected.get(number)) for number, each in differences.items()]


def plus_minus(mean: float, error: float) -> str:
    """A mean with its standard error to two significant digits: `0.0118 ± 0.0042`."""
    if not error > 1e-9 * abs(mean):  # NaN of a single value, zero, or what rounding leaves of zero
        return f"{mean:.4g}"
    decimals = max(0, 1 - math.floor(math.log10(error)))
    return f"{mean:.{decimals}f} ± {error:.{decimals}f}"


def mean_and_error(values: list[float]) -> tuple[float, float]:
    """The mean and its standard error, NaN for a single value."""
    mean = statistics.fmean(values)
    if len(values) < 2:
        return mean, math.nan
    return mean, statistics.stdev(values) / math.sqrt(len(values))


def _differ(values: Mapping[int, float]) -> bool:
    """Whether another seed changes anything."""
    return len(set(values.values())) > 1


def _verdict(number: int, differences: list[float], p: float | None) -> Verdict:
    pairs = len(differences)
    if pairs < FEWEST:
        return Verdict(number, Outcome.TOO_FEW, pairs)
    mean, error = mean_and_error(differences)
    if p is None:
        return Verdict(number, Outcome.NO_SPREAD, pairs, mean, error)
    outcome = Outcome.NO_EVIDENCE if p >= LEVEL else Outcome.BETTER if mean > 0 else Outcome.WORSE
    return Verdict(number, outcome, pairs, mean, error, p)


def _p_value(differences: list[float]) -> float:
    """Two-sided, paired t; 0 in the limit of differences that are all the same."""
    mean, error = mean_and_error(differences)
    if mean == 0:
        return 1.0
    return float(2 * t.sf(abs(mean) / error, df=len(differences) - 1)) if error > 0 else 0.0


def _holm(p_values: Mapping[int, float]) -> dict[int, float]:
    corrected: dict[int, float] = {}
    largest = 0.0
    for rank, number in enumerate(sorted(p_values, key=lambda each: p_values[each])):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[number]))
        corrected[number] = largest
    return corrected
