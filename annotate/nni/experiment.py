"""An experiment as NNI's config.yml of version 2 has it, checked; all of it that means something here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from annotate.trial import Json


@dataclass(frozen=True)
class Algorithm:
    """A tuner, an assessor or an advisor: the name of a builtin one, or FILE.py:CLASS."""

    name: str
    class_args: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True)
class Experiment:
    """`directory` is where trials run. Durations are as they were written, "2h" or "90"; None is unsaid.

    `space` is a path or the space itself. `gpus_per_trial` is None where trials see all GPUs. `ignored` are the fields
    that mean nothing here, by their names in the file.
    """

    command: str
    directory: Path
    space: Path | Mapping[str, Json] | None = None
    jobs: int | None = None
    trials: int | None = None
    max_duration: str | None = None
    trial_duration: str | None = None
    tuner: Algorithm | None = None
    assessor: Algorithm | None = None
    gpus_per_trial: int | None = None
    gpus: str | None = None
    trials_per_gpu: int | None = None
    use_busy_gpus: bool = False
    ignored: tuple[str, ...] = ()
