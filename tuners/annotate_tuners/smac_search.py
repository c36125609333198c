"""SMAC3's search for the best of an acquisition function, in an order that the seed decides.

SMAC3 begins its local search from a set of configurations, whose order is another in every process.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from smac.acquisition.maximizer.local_and_random_search import LocalAndSortedRandomSearch
from smac.acquisition.maximizer.local_search import LocalSearch


class OrderedSearch(LocalAndSortedRandomSearch):
    """Local search from the `walks` best known and the best of `challengers` random configurations."""

    def __init__(
        self, space: Any, acquisition_function: Any, *, challengers: int, walks: int, seed: int
    ) -> None:
        super().__init__(
            space,
            acquisition_function,
            challengers=challengers,
            local_search_iterations=walks,
            seed=seed,
        )
        self._local_search = _OrderedStart(space, acquisition_function, seed=seed)

    def best(self, known: list[Any]) -> list[Any]:
        """Configurations, the best first."""
        return [configuration for _, configuration in self._maximize(known, self._challengers)]


class _OrderedStart(LocalSearch):
    def _get_initial_points(self, *given: Any, **more: Any) -> list[Any]:
        return sorted(super()._get_initial_points(*given, **more), key=_numbers)


def _numbers(configuration: Any) -> list[float]:
    numbers: list[float] = np.nan_to_num(configuration.get_array(), nan=-1.0).tolist()
    return numbers
