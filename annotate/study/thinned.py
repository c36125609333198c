"""A long curve in little memory: every second point is dropped, again and again.

A million reports keep a few thousand; the database has them all.

>>> thinned = Thinned()
>>> for step in range(10_000):
...     thinned.add(Measurement(step, 0.0, {"default": 0.5}))
>>> len(thinned.kept)
1250
"""

from __future__ import annotations

from annotate.trial import Measurement

KEPT = 2000


class Thinned:
    """The measurements of one trial, `count` of which were added; at most `KEPT` are kept, final ones among them."""

    def __init__(self) -> None:
        self.kept: list[Measurement] = []
        self.count = 0
        self._stride = 1

    def add(self, measurement: Measurement) -> None:
        """Take in the next one."""
        if measurement.final or self.count % self._stride == 0:
            self.kept.append(measurement)
        self.count += 1
        if len(self.kept) > KEPT:
            self.kept = [m for i, m in enumerate(self.kept) if i % 2 == 0 or m.final]
            self._stride *= 2
