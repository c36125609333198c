"""What the tuner is told of trials, running and finished: the same whether told live or from the database.

A trial that was killed or lost says nothing of its parameters and is forgotten. A parameter that a
finished trial never asked for was not active in it. Of one that was stopped early or failed, the tuner gets
its curve too, at most `LONGEST` points of it; of a study's earlier sessions, those of the latest trials.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from annotate.study.failures import OnFailure
from annotate.study.values import baseline_point, choices_of, typed
from annotate.trial import FailureReason, Json, Params, Taken, Trial, TrialState
from annotate_tuners.space import SearchSpace
from annotate_tuners.tuner import Observation, Tuner

CURVED = (TrialState.EARLY_STOPPED, TrialState.FAILED)
LONGEST = 100  # points of a curve that a tuner is told
_SAYS_NOTHING = frozenset({FailureReason.KILLED, FailureReason.LOST})


class History:
    """Tells a tuner, through `post`, in the order of its calls."""

    def __init__(
        self,
        space: SearchSpace,
        defaults: Mapping[str, Json],
        baseline_defaults: Mapping[str, Json],
        post: Callable[[Callable[[Tuner], None]], None],
    ) -> None:
        self._baseline = baseline_point(space, baseline_defaults)
        self._defaults = defaults
        self._choices = choices_of(space)
        self._keys = frozenset(space)
        self._post = post

    def learned(self, number: int, taken: Taken) -> None:
        """What a trial of another study found out; `number` is below zero."""
        observation = Observation(
            number=number,
            params=taken.params,
            value=taken.value,
            inactive=taken.inactive,
            values=(taken.value, *taken.further),
        )
        self._post(lambda tuner: tuner.observe(observation))

    def params(self, suggested: Params) -> dict[str, Json]:
        """What a trial gets of what the tuner suggested."""
        return typed(suggested, self._defaults, choices=self._choices)

    def pending(self, trial: Trial) -> None:
        """A trial runs that the tuner did not suggest."""
        params = self._point(trial)
        if params is not None:
            self._post(lambda tuner: tuner.pending(trial.number, params))

    def ended(self, trial: Trial, *, policy: OnFailure, curve: Sequence[float] = ()) -> None:
        """A trial is in its last state; `curve` is what it reported of the first metric on its way."""
        number, params = trial.number, self._point(trial)
        if params is None:
            return
        if trial.state is TrialState.CANCELLED or trial.reason in _SAYS_NOTHING:
            self._post(lambda tuner: tuner.forget(number))
            return
        value = policy.value if trial.state is TrialState.FAILED else trial.value
        inactive = trial.unread & self._keys  # what the tuner added, such as a budget, is its own to read
        observation = Observation(
            number=number,
            params={key: value for key, value in params.items() if key not in inactive},
            value=value,
            inactive=tuple(sorted(inactive)),
            curve=_shortened(curve) if trial.state in CURVED else (),
            values=() if trial.state is TrialState.FAILED else trial.values,
            given=params,
        )
        self._post(lambda tuner: tuner.observe(observation))

    def _point(self, trial: Trial) -> Params | None:
        return self._baseline if trial.baseline else trial.params


def _shortened(curve: Sequence[float]) -> tuple[float, ...]:
    """Evenly spaced points of a long curve, the last one among them."""
    count = min(LONGEST, len(curve))
    return tuple(curve[(index + 1) * len(curve) // count - 1] for index in range(count))
