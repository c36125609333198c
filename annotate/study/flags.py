"""Parameters that reach a script as options of its command line: `--lr 0.003`.

>>> arguments({"lr": 0.003, "name": "-x"}, {"lr": "--lr", "name": "--name"})
['--lr', '0.003', '--name=-x']

A trial that has no value for an option, as the baseline, is not given it.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping

from annotate.study.around import Around
from annotate.study.launching import Launcher, LaunchPlan
from annotate.study.ports import Lease, News, Process
from annotate.trial import Json, Params, Trial
from annotate_runtime.executors import Executor


class Flagged:
    """A `Launch` whose trials each have a command of their own."""

    def __init__(self, executor: Executor, plan: LaunchPlan, flags: Mapping[str, str]) -> None:
        self._executor = executor
        self._plan = plan
        self._flags = flags

    async def __call__(self, trial: Trial, lease: Lease) -> Process:
        """Start a trial. Raises LaunchError."""
        command = (*self._plan.command, *arguments(trial.params, self._flags))
        launch = Launcher(self._executor, dataclasses.replace(self._plan, command=command))
        return Given(await launch(trial, lease), tuple(self._flags))


def arguments(params: Params, flags: Mapping[str, str]) -> list[str]:
    """The words that carry these parameters; True, False and None as Python writes them."""
    words: list[str] = []
    for key, flag in flags.items():
        if key in params:
            value = params[key]
            text = str(value) if value is None or isinstance(value, bool) else as_word(value)
            words += [f"{flag}={text}"] if text.startswith("-") and flag.startswith("--") else [flag, text]
    return words


class Given(Around):
    """A trial that was given some parameters outright: these count as read."""

    def __init__(self, process: Process, keys: tuple[str, ...]) -> None:
        super().__init__(process)
        self._keys = keys

    def news(self) -> News:
        """What was reported, and once the keys."""
        news = self._process.news()
        keys, self._keys = self._keys, ()
        return dataclasses.replace(news, reads=[*keys, *news.reads]) if keys else news


def as_word(value: Json) -> str:
    """A value as `--init` takes it: a text as it is, all else in JSON."""
    return value if isinstance(value, str) else json.dumps(value)
