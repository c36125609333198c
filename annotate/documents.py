"""YAML as it is read everywhere: plain values, and its mistakes as ValueError, as JSON's are."""

from __future__ import annotations

from annotate.trial import Json


def from_yaml(text: str) -> Json:
    """The one document of a text. Raises ValueError, which names the line."""
    import yaml  # noqa: PLC0415 - 15 ms that few commands need

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from error
