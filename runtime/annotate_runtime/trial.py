"""What instrumented code calls: the parameters of this trial, and its reports.

    from annotate_runtime.trial import trial as _annotate_trial
    lr = (_annotate_trial["train/lr/loguniform"] if "train/lr/loguniform" in _annotate_trial else 0.1)
    _annotate_trial.report_final_result(accuracy)

Outside a trial the mapping is empty and reports vanish: the script does what it would without us.
A report is one append to the trial's `reports`, done when the call returns. Only one process of a
trial reports (see `reporter`); every one sees the same parameters.

Refuses to report what is no number (TypeError): silence there would cost the night it is found after.
Standard library only, Python 3.9, no thread, no logging, no import that a bare interpreter would feel.
"""

from __future__ import annotations

import os
import time

from annotate_runtime import encoding
from annotate_runtime.reporter import Reporter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

PREFIX = "ANNOTATE_PREFIX"
"""In the environment of what a script starts before the fork."""

before_first_use: Callable[[], None] | None = None
"""Set by the fork server: runs once, before the trial is asked or told anything."""


class Trial:
    """The one object of this module, `trial`. A read-only mapping of parameters by key."""

    def __init__(self) -> None:
        self._document: dict[str, Any] | None = None
        self._read: set[str] = set()
        self._reporter = Reporter()
        os.register_at_fork(after_in_child=self._reporter.forget)

    def __reduce__(self) -> tuple[Callable[..., Trial], tuple[dict[str, Any] | None]]:
        """A function that is sent to another process takes its parameters along, and not who may report."""
        return _received, (self._document,)

    @property
    def active(self) -> bool:
        """Whether this process belongs to a trial."""
        return bool(self._load()["parameters_known"])

    @property
    def document(self) -> Mapping[str, Any]:
        """`parameters.json`: parameters, study, trial, number. Empty ids outside a trial."""
        return self._load()

    def parameters(self) -> dict[str, Any]:
        """Every parameter, in a dictionary of the caller's own; all count as read."""
        found: dict[str, Any] = self._load()["parameters"]
        for key in found:
            self._note(key)
        return dict(found)

    def __contains__(self, key: str) -> bool:
        if key not in (self._document or self._load())["parameters"]:
            return False
        self._note(key)
        return True

    def __getitem__(self, key: str) -> Any:
        value = (self._document or self._load())["parameters"][key]
        self._note(key)
        return value

    def chose(self, key: str, option: Any) -> bool:
        """Whether the trial names `key` and its value is `option`, in exact JSON type and value."""
        return key in self and _same(self._load()["parameters"][key], option)

    def descriptors(self) -> set[int]:
        """What this object holds open."""
        return self._reporter.descriptors()

    def report_intermediate_result(self, metric: Any) -> None:
        """Report a number, a numpy or torch scalar, or a dictionary of them with `default`."""
        self._report("intermediate", metric)

    def report_final_result(self, metric: Any) -> None:
        """Report what the trial came to; the last one counts."""
        self._report("final", metric)

    def _report(self, kind: str, metric: Any) -> None:
        values = {"default": metric} if type(metric) is float else _values(metric)
        if self._document is None:
            self._load()
        step = self._reporter.step(kind, "default" if "default" in values else next(iter(values)))
        if step is not None:
            self._reporter.append(encoding.measurement(kind, time.time(), step, values))

    def _note(self, key: str) -> None:
        if key not in self._read:
            self._read.add(key)
            self._reporter.append(encoding.read(key))

    def _load(self) -> dict[str, Any]:
        if self._document is None:
            run_before_first_use()
            directory = os.environ.get("ANNOTATE_TRIAL_DIR")
            if directory is None and PREFIX in os.environ:
                from annotate_runtime.forkserver import give_up

                give_up(os.environ[PREFIX])
            if directory is None:
                self._document = {"parameters": {}, "study": "", "trial": "", "number": 0}
                self._document["parameters_known"] = False
            else:
                self._document = encoding.parsed(_read(f"{directory}/parameters.json").decode())
                self._document["parameters_known"] = True
                self._reporter.open(directory)
        return self._document


def _received(document: dict[str, Any] | None) -> Trial:
    """The trial of this process; where it has none, one that knows the parameters and tells nobody."""
    if document is None or trial.active:
        return trial
    copy = Trial()
    copy._document = document
    return copy


def _read(path: str) -> bytes:
    """A whole small file."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(descriptor, os.fstat(descriptor).st_size)
    finally:
        os.close(descriptor)


for _asked in (Trial.__contains__, Trial.__getitem__, Trial.chose):
    # `torch.compile` takes an answer as the constant that it is, where it would trace into reading a file;
    # the mark is that of `torch.compiler.assume_constant_result`, put on without importing torch
    _asked.__dict__["_dynamo_marked_constant"] = True


def run_before_first_use() -> None:
    """Do what the fork server has put in `before_first_use`, the first time."""
    global before_first_use
    hook, before_first_use = before_first_use, None
    if hook is not None:
        hook()


def _same(value: Any, option: Any) -> bool:
    """Equality in JSON's sense: 1 is not True, not 1.0 and not "1"; a tuple is a list."""
    if isinstance(option, tuple):
        option = list(option)
    if type(value) is not type(option):
        return False
    if isinstance(value, list):
        return len(value) == len(option) and all(map(_same, value, option))
    if isinstance(value, dict):
        return value.keys() == option.keys() and all(_same(value[key], option[key]) for key in value)
    return bool(value == option) or (value != value and option != option)  # noqa: PLR0124 - NaN is the option NaN


def _values(metric: Any) -> dict[str, float]:
    if not isinstance(metric, dict):
        return {"default": _number(metric)}
    values = {}
    for key, value in metric.items():
        try:
            values[str(key)] = _number(value)
        except Exception:  # beside `default` it is a remark, as for NNI, and costs no training
            if key == "default":
                raise
    if not values:
        raise TypeError(f"a result has at least one number, by preference 'default': {metric!r}")
    return values


def _number(value: Any) -> float:
    item = getattr(value, "item", None)
    if item is not None:
        value = item()
    if isinstance(value, (str, bytes)) or (
        not hasattr(value, "__float__") and not hasattr(value, "__index__")
    ):
        raise TypeError(
            f"a result is a number or a dictionary of numbers, not {type(value).__name__} {value!r:.80}"
        )
    return float(value)


trial = Trial()
