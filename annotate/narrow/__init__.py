"""Ranges drawn in around what did well in a study, in the user's own source."""

from annotate.narrow.narrowing import FEWEST, Evidence, Narrowed, Narrowing, narrowing
from annotate.narrow.writing import Changed, Narrower, narrower

__all__ = ["FEWEST", "Changed", "Evidence", "Narrowed", "Narrower", "Narrowing", "narrower", "narrowing"]
