"""Random search."""

from __future__ import annotations

import random

from tests.tuners.conformance import MIXED, Conformance


class TestRandom(Conformance):
    name = "random"

    def test_the_numbers_follow_their_distributions(self):
        lrs = [MIXED.sample(random.Random(n))["lr"] for n in range(400)]
        assert 0.4 < sum(lr < 10**-2.5 for lr in lrs) / 400 < 0.6
