"""Annotations that a plain script might carry: proposed for values that are known by their names."""

from annotate.suggest.suggesting import Suggested, Suggestion, suggest

__all__ = ["Suggested", "Suggestion", "suggest"]
