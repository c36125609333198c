"""What to try next, and when to stop early. Knows no process, file or screen.

>>> from annotate_tuners.space import SearchSpace
>>> space = SearchSpace.from_json({"act": {"_type": "choice", "_value": ["relu"]}})
>>> make("random", space, direction="maximize", seed=0).suggest(0)
{'act': 'relu'}
"""

from __future__ import annotations

from annotate_tuners.pruner_registry import known_pruner, make_pruner, pruner_names
from annotate_tuners.registry import besides, extent, known, make, names, notice, try_out

__all__ = [
    "besides",
    "extent",
    "known",
    "known_pruner",
    "make",
    "make_pruner",
    "names",
    "notice",
    "pruner_names",
    "try_out",
]
