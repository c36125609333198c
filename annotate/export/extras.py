"""Packages that only one kind of export needs: asked for when it is used, and what to install when they lack."""

from __future__ import annotations

import importlib.util

from annotate.errors import UsageError


def need(*modules: str, extra: str, purpose: str) -> None:
    """Refuse, with the command that installs them, where a module is not installed. Raises UsageError."""
    missing = [module for module in modules if importlib.util.find_spec(module) is None]
    if missing:
        raise UsageError(
            f"{purpose} needs {' and '.join(missing)}, not installed here",
            remedy=f"pip install 'annotate-trials[{extra}]'",
        )
