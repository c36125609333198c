"""Curve fitting: stop a trial whose curve, drawn out to its end, stays behind the best.

Four families of saturating curves are fitted to the results so far by least squares; their
predictions at the last epoch are averaged with weights that fall with the error of the fit. After
Domhan et al., Speeding up Automatic Hyperparameter Optimization of Deep Neural Networks by
Extrapolation of Learning Curves, IJCAI 2015, and NNI's Curvefitting assessor. scipy is imported with
the first fit.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from annotate_tuners.errors import InvalidArguments
from annotate_tuners.pruner import Continue, Curve, Stop, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annotate_tuners.tuner import Direction


@dataclass(frozen=True)
class CurveFitting:
    """`epoch_num` is how many results a whole trial gives.

    From step `start_step` on, and then every `gap` steps, a trial is stopped when the prediction of its
    last result is worse than the best completed trial's by more than `1 - threshold` of that.
    """

    direction: Direction
    epoch_num: int
    start_step: int = 6
    threshold: float = 0.95
    gap: int = 1

    def __post_init__(self) -> None:
        if self.epoch_num < 1 or self.gap < 1 or not 0 < self.threshold <= 1:
            raise InvalidArguments("curvefitting needs epoch_num >= 1, gap >= 1 and 0 < threshold <= 1")

    def decide(self, others: Sequence[Curve], curve: Curve) -> Verdict:
        finals = [losses[-1] for o in others if o.completed and (losses := o.losses(self.direction))]
        losses = curve.losses(self.direction)
        due = curve.step >= self.start_step and (curve.step - self.start_step) % self.gap == 0
        if not due or not finals or len(losses) >= self.epoch_num or not all(map(math.isfinite, losses)):
            return Continue()
        predicted, best = extrapolated(losses, self.epoch_num), min(finals)
        if predicted is None or predicted <= best + (1 - self.threshold) * abs(best):
            return Continue()
        sign = -1 if self.direction == "maximize" else 1
        return Stop(
            f"its curve leads to {sign * predicted:.4g} after {self.epoch_num} results, "
            f"behind the best trial's {sign * best:.4g}"
        )


def extrapolated(losses: Sequence[float], last: int) -> float | None:
    """What a falling curve of losses comes to at result number `last`; None where nothing fits."""
    import numpy as np  # noqa: PLC0415 - paid by those who fit curves
    from scipy.optimize import OptimizeWarning, curve_fit  # noqa: PLC0415

    steps, known = np.arange(1, len(losses) + 1, dtype=float), np.asarray(losses, dtype=float)
    low, spread = known.min(), np.ptp(known)
    if not spread:
        return float(low)
    scaled = (known - low) / spread
    predictions, weights = [], []
    for family, start in _families(np):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", OptimizeWarning)
                warnings.simplefilter("ignore", RuntimeWarning)
                found, _ = curve_fit(family, steps, scaled, p0=start, maxfev=2000)
                error = float(np.mean((family(steps, *found) - scaled) ** 2))
                predicted = float(family(float(last), *found))
        except (RuntimeError, TypeError):  # did not converge; fewer results than parameters
            continue
        if math.isfinite(error) and math.isfinite(predicted):
            predictions.append(predicted)
            weights.append(1 / (error + 1e-6))
    if not predictions:
        return None
    return float(low + spread * np.average(predictions, weights=weights))


def _families(np: Any) -> list[tuple[Any, list[float]]]:
    return [
        (lambda x, c, a, b: c + a * x ** -abs(b), [0.0, 1.0, 1.0]),
        (lambda x, c, a, b: c + a * np.exp(-abs(b) * x), [0.0, 1.0, 0.3]),
        (lambda x, c, a: c + a / np.log(x + 1), [0.0, 0.7]),
        (lambda x, c, a, b: c + a / (1 + abs(b) * x), [0.0, 1.0, 0.3]),
    ]
