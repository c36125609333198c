"""YAML as it is read everywhere: plain values, and its mistakes as ValueError, as JSON's are."""

from __future__ import annotations

import re

from annotate.trial import Json

_EXPONENT = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$")


def from_yaml(text: str) -> Json:
    """The one document of a text. Raises ValueError, which names the line."""
    import yaml  # noqa: PLC0415 - 15 ms that few commands need

    class Loader(yaml.SafeLoader):
        """To YAML 1.1, which PyYAML reads, 1e-5 is text; to 1.2 and to whoever writes it, a number."""

    Loader.add_implicit_resolver("tag:yaml.org,2002:float", _EXPONENT, list("-+.0123456789"))
    try:
        return yaml.load(text, Loader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from error
