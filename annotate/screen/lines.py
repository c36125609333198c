"""A study in lines, one an event: for CI, `nohup`, a pipe, a dumb terminal, or a machine (JSON lines).

As text a running trial's reports are shown at most once in ten seconds a trial, since a script may report a
thousand times a second; as JSON every one is there, and a number that is not finite is null. When
the reader has gone away the study goes on in silence: neither a closed pipe nor a full disk must cost
a night's results.

    04:23:09  study 2026-11-21-0423-train   train.py, tpe, maximize accuracy, 20 trials
    04:23:10  trial 7 started     lr=0.0123 model=resnet18 gpu=0
    04:24:22  trial 7 succeeded   accuracy 0.9213 in 1:12, best so far, +0.0330 (+3.7 %) better than the defaults

A JSON line has `time` (seconds since the epoch), `event`, and what belongs to that:

study-begun     study, script, tuner, metric, direction, metrics, names (of parameters, by key), trials, seconds, jobs
trial-waiting   number, why
trial-started   trial (number, params by key, state, baseline, value, started, ended, reason, message, exit_code, gpus, ...)
trial-reported  number, measurements (step, time, values, final)
trial-ended     trial, traceback; with several metrics values by name
trial-retried   trial, failed
notice          text
study-ended     how (finished, stopped, gave-up), why, traceback
"""

from __future__ import annotations

import dataclasses
import json
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Literal, TextIO

from annotate import pareto
from annotate.screen.gain import gains
from annotate.screen.words import clean, number, parameter, took
from annotate.study.events import (
    Notice,
    StudyEnded,
    StudyEvent,
    TrialEnded,
    TrialReported,
    TrialRetried,
    TrialStarted,
    TrialWaiting,
)
from annotate.study.snapshot import StudySnapshot
from annotate.trial import PLAIN_NUMBER, Direction, Json, Objective, Trial, TrialState
from annotate_tuners.fronts import Losses, dominates

QUIET = 10.0  # seconds between two shown reports of one trial


@dataclass
class LineLog:
    """Listens to a study and writes to `out`. `clock` gives seconds since the epoch."""

    out: TextIO
    metric: str
    direction: Direction
    names: Mapping[str, str]
    format: Literal["text", "json"] = "text"
    clock: Callable[[], float] = time.time
    metrics: tuple[Objective, ...] = ()
    _front: list[Losses] = field(default_factory=list)
    _baseline: Trial | None = None
    _reported: dict[int, float] = field(default_factory=dict)
    _gone: bool = False

    def recall(self, snapshot: StudySnapshot) -> None:
        """Know what a study that is run on has reached so far."""
        front, baseline = pareto.front(snapshot.trials, self._objectives), snapshot.baseline
        self._front = [pareto.losses_of(trial, self._objectives) for trial in front]
        if baseline is not None and baseline.state is TrialState.SUCCEEDED:
            self._baseline = baseline

    def begin(self, snapshot: StudySnapshot) -> None:
        """Say which study this is, by which other commands know it."""
        named = [(each.name, each.direction) for each in self._objectives]
        if self.format == "json":
            fields = {
                "study": snapshot.study, "script": snapshot.script, "tuner": snapshot.tuner,
                "metric": self.metric, "direction": self.direction,
                "metrics": [{"name": name, "direction": direction} for name, direction in named],
                "names": dict(self.names), "trials": snapshot.budget_trials,
                "seconds": snapshot.budget_seconds, "jobs": snapshot.jobs,
            }  # fmt: skip
            self._write(json.dumps({"time": self.clock(), "event": "study-begun", **fields}))
            return
        budget = [] if snapshot.budget_trials is None else [f"{snapshot.budget_trials} trials"]
        goal = [f"{direction} {name}" for name, direction in named]
        facts = [PurePath(snapshot.script).name, snapshot.tuner, *goal, *budget]
        for line in self._stamped(f"{f'study {snapshot.study}':<24}   {', '.join(facts)}"):
            self._write(line)

    @property
    def _objectives(self) -> tuple[Objective, ...]:
        return self.metrics or (Objective(PLAIN_NUMBER, self.direction, self.metric),)

    def __call__(self, event: StudyEvent) -> None:
        """Say what happened, at once."""
        lines = [self._document(event)] if self.format == "json" else self._sentences(event)
        for line in lines:
            self._write(line)

    def _write(self, line: str) -> None:
        if self._gone:
            return
        try:
            self.out.write(line + "\n")
            self.out.flush()
        except BrokenPipeError:
            self._gone = True
        except OSError:
            return  # a full disk, a terminal that hung up: this line is lost, the next is tried

    def _document(self, event: StudyEvent) -> str:
        kind = _KINDS[type(event)]
        fields = {f.name: _plain(getattr(event, f.name)) for f in dataclasses.fields(event)}
        if isinstance(event, TrialEnded) and self.metrics:
            named = zip(self.metrics, event.trial.values, strict=False)
            fields["values"] = {objective.name: _plain(value) for objective, value in named}
        return json.dumps({"time": self.clock(), "event": kind, **fields}, ensure_ascii=True)

    def _sentences(self, event: StudyEvent) -> Iterator[str]:
        return self._stamped(*self._said(event))

    def _stamped(self, *texts: str) -> Iterator[str]:
        at = time.strftime("%H:%M:%S", time.localtime(self.clock()))
        for text in texts:
            yield f"{at}  {clean(text)}"

    def _said(self, event: StudyEvent) -> Iterator[str]:
        match event:
            case TrialWaiting(number_waiting, why):
                yield f"{f'trial {number_waiting} waits':<24} {why}"
            case TrialStarted(trial):
                yield f"{_head(trial, 'started')}{self._params(trial)}"
            case TrialReported(trial_number, measurements):
                if measurements and self.clock() - self._reported.get(trial_number, -math.inf) >= QUIET:
                    self._reported[trial_number] = self.clock()
                    last = measurements[-1]
                    values = [last.values.get(each.key, math.nan) for each in self._objectives]
                    yield f"{f'trial {trial_number} step {last.step}':<24} {self._values(values)}"
            case TrialEnded(trial, traceback):
                self._reported.pop(trial.number, None)
                yield f"{_head(trial, trial.state.value)}{self._outcome(trial)}"
                yield from (f"    {line}" for line in traceback.splitlines())
            case TrialRetried(trial, failed):
                yield f"trial {trial.number} failed ({_why(failed)}) and is tried again"
            case Notice(text):
                yield f"note: {text}"
            case StudyEnded(how, why, traceback):
                yield f"study {how.replace('-', ' ')}: {why}"
                yield from (f"    {line}" for line in traceback.splitlines())

    def _params(self, trial: Trial) -> str:
        shown = [f"{self.names.get(key, key)}={parameter(value)}" for key, value in trial.params.items()]
        if trial.baseline:
            shown.append("the script's own defaults")
        return " ".join(shown + ([f"gpu={','.join(trial.gpus)}"] if trial.gpus else []))

    def _outcome(self, trial: Trial) -> str:
        spent = None if trial.duration is None else took(trial.duration)
        if trial.value is None or trial.state is TrialState.FAILED:
            told = [_why(trial), spent and f"(after {spent})"]
            return " ".join(each for each in told if each)
        span = f" in {spent}" if spent else ""
        text = f"{self._values(trial.values)}{span}"
        if trial.state is not TrialState.SUCCEEDED:
            return text
        if trial.baseline:
            self._baseline = trial
        losses = pareto.losses_of(trial, self._objectives)
        if any(other == losses or dominates(other, losses) for other in self._front):
            return text
        self._front = [*(other for other in self._front if not dominates(losses, other)), losses]
        text += ", best so far" if len(losses) == 1 else ", beaten by none so far"
        won = [] if trial.baseline else gains(self._objectives, trial, self._baseline)
        return f"{text}, {', '.join(each.text for each in won)} than the defaults" if won else text

    def _values(self, values: Sequence[float]) -> str:
        """`acc 0.9123, latency_ms 12.4`, as many as there are."""
        named = zip(self._objectives, values, strict=False)
        return ", ".join(f"{objective.name} {number(value)}" for objective, value in named)


_KINDS: Mapping[type, str] = {
    TrialWaiting: "trial-waiting",
    TrialStarted: "trial-started",
    TrialReported: "trial-reported",
    TrialEnded: "trial-ended",
    TrialRetried: "trial-retried",
    Notice: "notice",
    StudyEnded: "study-ended",
}


def _head(trial: Trial, state: str) -> str:
    return f"{f'trial {trial.number} {state}':<24} "


def _why(trial: Trial) -> str:
    said = [line.strip() for line in (trial.message or "").splitlines() if line.strip()]
    return ": ".join([*([trial.reason.value] if trial.reason else []), *said[-1:]])


def _plain(value: object) -> Json:
    """A value of an event as JSON; what a trial is queued or run with goes with it."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if dataclasses.is_dataclass(value):
        return {
            f.name: _plain(getattr(value, f.name))
            for f in dataclasses.fields(value)
            if f.name != "measurements"
        }
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
