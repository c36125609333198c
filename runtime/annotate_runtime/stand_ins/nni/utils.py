"""`nni.utils.merge_parameter`: put a trial's parameters over a script's own."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def merge_parameter(base_params: Any, override_params: Mapping[str, Any] | None) -> Any:
    """Set what `override_params` names in a dictionary, or as attributes of anything else, in place, and return it.

    An unknown key or a changed type is a ValueError that names the key; a number may become of the other type where
    nothing is lost.
    """
    for key, value in (override_params or {}).items():
        if isinstance(base_params, dict):
            if key not in base_params:
                raise _unknown(key)
            base_params[key] = _fitting(key, base_params[key], value)
        else:
            if not hasattr(base_params, key):
                raise _unknown(key)
            setattr(base_params, key, _fitting(key, getattr(base_params, key), value))
    return base_params


def _fitting(key: str, old: Any, value: Any) -> Any:
    if old is None or isinstance(value, type(old)):
        return value
    if type(old) is float and type(value) is int:
        return float(value)
    if type(old) is int and type(value) is float and value.is_integer():
        return int(value)
    raise ValueError(
        f"Expected '{key}' in override parameters to have type '{type(old).__name__}', "
        f"but found '{type(value).__name__}'."
    )


def _unknown(key: str) -> ValueError:
    return ValueError(f"Key '{key}' not found in base parameters.")
