"""What a study is, apart from its trials: all that is needed to run it on, as JSON can carry it.

>>> StudyMeta.from_json(dataclasses.asdict(meta)) == meta
True
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field

from annotate.trial import PLAIN_NUMBER, Direction, Json, Objective


@dataclass(frozen=True)
class StudyMeta:
    """The facts of a study. Paths are absolute; `created` is seconds since the epoch.

    `command` is the argv of a trial as the user gave it, `script` the user's own file. `space` is NNI's
    `search_space.json`, `defaults` the literals that stand in the source. `options` are the study's
    `StudyOptions`, `slots` its `SlotOptions`. `flags` maps a key to the option that carries it to the script,
    `metric_pattern` finds the metric in what a trial prints, `start` is how trials are started,
    `nni` whose `import nni` gets in a trial, "ours" or "real".
    `baseline_defaults` are those that the baseline ran with, where the source has changed since; None where
    they are `defaults`. `direction_from` tells why the direction is what it is, in words for the user.
    `metrics` are the objectives that the user named; `metric` and `direction` are those of the first one.
    """

    study: str
    script: str
    code_dir: str
    cwd: str
    command: list[str]
    created: float
    space: Mapping[str, Json]
    tuner: str
    direction: Direction
    seed: int
    metric: str = "default"
    direction_from: str = ""
    defaults: Mapping[str, Json] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    tuner_args: Mapping[str, Json] = field(default_factory=dict)
    pruner: str | None = None
    pruner_args: Mapping[str, Json] = field(default_factory=dict)
    options: Mapping[str, Json] = field(default_factory=dict)
    slots: Mapping[str, Json] = field(default_factory=dict)
    flags: Mapping[str, str] = field(default_factory=dict)
    metric_pattern: str | None = None
    start: str = "auto"
    nni: str = "ours"
    source_hash: str = ""
    git_commit: str | None = None
    python: str = ""
    baseline_defaults: Mapping[str, Json] | None = None
    version: str = ""
    metrics: tuple[Objective, ...] = ()

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """What the study is to make good, the first one before all; mostly there is one."""
        return self.metrics or (Objective(PLAIN_NUMBER, self.direction, self.metric),)

    @classmethod
    def from_json(cls, document: Mapping[str, Json]) -> StudyMeta:
        """Read what `dataclasses.asdict` wrote; facts that a later version added are left out."""
        known = {f.name for f in dataclasses.fields(cls)}
        facts = {name: value for name, value in document.items() if name in known}
        metrics = tuple(Objective(**each) for each in facts.pop("metrics", ()))
        return cls(**facts, metrics=metrics)
