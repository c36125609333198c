"""`nni.experiment.config`: fields under NNI's names in Python, and the config.yml that they amount to.

>>> document(ExperimentConfig("local", trial_command="python train.py", max_trial_number=10))
{'trainingService': {'platform': 'local'}, 'trialCommand': 'python train.py', 'maxTrialNumber': 10, ...}

Which of them NNI knows is not asked here, but where a config.yml is read.
"""

from __future__ import annotations

import os
from pathlib import PurePath

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_SECTIONS = ("tuner", "assessor", "advisor", "training_service")


class Fields:
    """Some fields; one that nobody has set is None, a section or `class_args` is made when it is asked for."""

    def __init__(self, **fields: Any) -> None:
        vars(self).update(fields)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name not in (*_SECTIONS, "class_args"):
            return None
        made: Any = {} if name == "class_args" else Fields()
        setattr(self, name, made)
        return made


class AlgorithmConfig(Fields):
    """A builtin tuner or assessor: `name`, `class_args`."""


class CustomAlgorithmConfig(Fields):
    """One of the user's: `class_name`, `code_directory`, `class_args`."""


class LocalConfig(Fields):
    """This machine."""

    def __init__(self, **fields: Any) -> None:
        super().__init__(**{"platform": "local", **fields})


class ExperimentConfig(Fields):
    """All of an experiment."""

    def __init__(self, training_service_platform: str | list[str] | None = None, **fields: Any) -> None:
        if training_service_platform is not None:
            several = isinstance(training_service_platform, list)
            services = [Fields(platform=each) for each in training_service_platform] if several else None
            fields["training_service"] = services or Fields(platform=training_service_platform)
        super().__init__(**fields)


def document(config: Fields) -> dict[str, Any]:
    """The config.yml; its paths are absolute, since in Python they are relative to the working directory."""
    fields: dict[str, Any] = _plain(config)
    for section, name in (("", "searchSpaceFile"), ("tuner", "codeDirectory"), ("assessor", "codeDirectory")):
        holder = fields.get(section, {}) if section else fields
        if name in holder:
            holder[name] = _absolute(holder[name])
    return {**fields, "trialCodeDirectory": _absolute(fields.get("trialCodeDirectory", "."))}


def _absolute(path: str) -> str:
    return os.path.abspath(os.path.expanduser(path))


def _plain(value: Any) -> Any:
    """Fields as a dictionary under NNI's names in YAML, without what is unset or empty; numpy's numbers as Python's."""
    if isinstance(value, Fields):
        plain = {_camel(name): _plain(each) for name, each in vars(value).items()}
        return {name: each for name, each in plain.items() if each is not None and each != {}}
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, PurePath):
        return str(value)
    return value.item() if hasattr(value, "item") else value


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
