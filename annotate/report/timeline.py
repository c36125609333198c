"""Which trial ran where and when: one lane for each GPU, or for each place where trials ran side by side.

Where trials share a GPU it has as many lanes as it ran trials at once. A trial on several GPUs stands in a lane
of each.

>>> [bar.lane for bar in timeline(trials, now)]
['GPU 0', 'GPU 1', 'GPU 0']
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from annotate.trial import Trial

SLACK = 0.05  # seconds by which a trial may seem to begin before the one that made room for it ended
MOST = 2000  # bars that a page can carry


@dataclass(frozen=True)
class Bar:
    """One trial in one lane, in seconds since the epoch; `trial` is its place in the study's list."""

    trial: int
    lane: str
    start: float
    end: float


def timeline(trials: Sequence[Trial], now: float) -> list[Bar]:
    """The bars of all trials that ran, in order of their start."""
    free: dict[str, list[float]] = defaultdict(list)
    placed: list[tuple[int, str, int, float, float]] = []
    ran = [(trial.started, i, trial) for i, trial in enumerate(trials) if trial.started is not None]
    for started, index, trial in sorted(ran, key=lambda entry: entry[:2]):
        ended = max(started, trial.ended if trial.ended is not None else now)
        for place in trial.gpus or ("",):
            lanes = free[place]
            lane = next((i for i, until in enumerate(lanes) if until <= started + SLACK), len(lanes))
            if lane == len(lanes):
                lanes.append(ended)
            lanes[lane] = ended
            placed.append((index, place, lane, started, ended))
    return [
        Bar(index, _label(place, lane, shared=len(free[place]) > 1), start, end)
        for index, place, lane, start, end in placed
    ]


def lanes(bars: Sequence[Bar]) -> list[str]:
    """The lanes' labels from top to bottom."""
    return sorted({bar.lane for bar in bars}, key=_in_order)


def busy(bars: Sequence[Bar], seconds: float) -> float | None:
    """The share of the time in which a lane had a trial; `seconds` is how long hosts ran the study, 0 if unknown."""
    if not bars:
        return None
    whole = max(bar.end for bar in bars) - min(bar.start for bar in bars)
    total = min(whole, seconds or whole) * len({bar.lane for bar in bars})
    return min(1.0, sum(bar.end - bar.start for bar in bars) / total) if total > 0 else None


def _label(place: str, lane: int, *, shared: bool) -> str:
    if not place:
        return f"slot {lane + 1}"
    name = f"GPU {place}" if place.isdecimal() else place if len(place) <= 14 else f"{place[:14]}…"
    return f"{name} · {lane + 1}" if shared else name


def _in_order(label: str) -> tuple[object, ...]:
    return tuple((0, int(word), "") if word.isdecimal() else (1, 0, word) for word in label.split())
