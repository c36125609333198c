"""`nni.utils.merge_parameter`: put a trial's parameters over a script's own."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def merge_parameter(base_params: Any, override_params: Mapping[str, Any] | None) -> Any:
    """Set what `override_params` names in a namespace or dictionary, in place, and return it.

    An unknown key or a changed type is a ValueError that names the key; an int may become a float.
    """
    values = base_params if isinstance(base_params, dict) else vars(base_params)
    for key, value in (override_params or {}).items():
        if key not in values:
            raise ValueError(f"Key '{key}' not found in base parameters.")
        old = values[key]
        if old is not None and type(old) is not type(value) and {type(old), type(value)} != {int, float}:
            raise ValueError(
                f"Expected '{key}' in override parameters to have type '{type(old).__name__}', "
                f"but found '{type(value).__name__}'."
            )
        values[key] = float(value) if type(old) is float else value
    return base_params
