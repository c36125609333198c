"""A study that holds every kind of parameter, trial and number that an export may meet."""

import dataclasses
import math

import pytest

from annotate.export import StudyRecord
from annotate.storage import StudyMeta
from annotate.trial import (
    FailureReason,
    Measurement,
    Objective,
    Trial,
    cancel,
    fail,
    start,
    stop_early,
    succeed,
)

BEGAN = 1_763_700_000.25
SPACE = {
    "train/lr/loguniform": {"_type": "loguniform", "_value": [1e-4, 1e-1]},
    "train/batch/quniform": {"_type": "quniform", "_value": [32, 256, 32]},
    "train/odd/quniform": {"_type": "quniform", "_value": [2, 10, 5]},
    "train/depth/randint": {"_type": "randint", "_value": [1, 5]},
    "train/noise/normal": {"_type": "normal", "_value": [0, 1]},
    "train/scale/lognormal": {"_type": "lognormal", "_value": [0, 1]},
    "train/größe/choice": {"_type": "choice", "_value": ["小", "groß", None, [32, 64]]},
    "train/mixed/choice": {"_type": "choice", "_value": [1, True, "1", 1.0]},
    "train/layer/choice": {
        "_type": "choice",
        "_value": [
            {"_name": "conv", "size": {"_type": "choice", "_value": [3, 5]}},
            {"_name": "dense", "units": {"_type": "randint", "_value": [8, 64]}},
        ],
    },
    "train/value/choice": {"_type": "choice", "_value": ["", "NaN", 'a,b\n"c"']},
}  # fmt: skip
POINT = {
    "train/lr/loguniform": 0.01, "train/batch/quniform": 96, "train/odd/quniform": 10.0, "train/depth/randint": 2,
    "train/noise/normal": -5.5, "train/scale/lognormal": 0.5, "train/größe/choice": "小", "train/mixed/choice": 1,
    "train/layer/choice": {"_name": "conv", "size": 3}, "train/value/choice": "",
}  # fmt: skip
OTHER = {
    **POINT, "train/lr/loguniform": 0.002, "train/batch/quniform": 32, "train/größe/choice": [32, 64],
    "train/mixed/choice": True, "train/layer/choice": {"_name": "dense", "units": 9}, "train/value/choice": "NaN",
}  # fmt: skip
DEFAULTS = {**POINT, "train/lr/loguniform": 0.5, "train/größe/choice": None, "train/depth/randint": "auto"}


def curve(*values, final=None, **more):
    reports = [Measurement(n, BEGAN + n, {"default": v, **more}) for n, v in enumerate(values)]
    if final is not None:
        reports.append(Measurement(len(values), BEGAN + len(values), {"default": final, **more}, final=True))
    return tuple(reports)


def with_curve(trial, *values, **more):
    return dataclasses.replace(trial, measurements=curve(*values, **more))


def made(direction="maximize", metrics=()):
    """Seven trials: baseline, two that succeeded, stopped early, failed with NaN, running, queued."""
    meta = StudyMeta(
        study="2026-11-21-0423-train", script="/home/me/train.py", code_dir="/home/me", cwd="/home/me",
        command=["/usr/bin/python3", "/home/me/train.py", "--epochs", "3"], created=BEGAN, space=SPACE, tuner="tpe",
        direction=direction, seed=7, metric="acc", defaults=DEFAULTS, metrics=metrics,
        names={key: key.split("/")[1] for key in SPACE},
    )  # fmt: skip
    running = [
        start(Trial(n, POINT if n else {}, baseline=n == 0), at=BEGAN + n, gpus=("0",)) for n in range(6)
    ]
    more = (2.5,) if metrics else ()
    trials = [
        succeed(with_curve(running[0], 0.1, 0.2, final=0.3, loss=2.0), at=BEGAN + 10, value=0.3),
        succeed(with_curve(running[1], 0.5, math.nan, math.inf, final=0.75), at=BEGAN + 11.5, value=0.75),
        stop_early(with_curve(running[2], 0.125), at=BEGAN + 12, value=0.125, message="worse than the median"),
        fail(with_curve(running[3], final=math.nan, loss=-math.inf), at=BEGAN + 13, reason=FailureReason.NAN,
             message='its result is "nan",\nsays 小', exit_code=1),
        cancel(running[4], at=BEGAN + 14, message="killed by you"),
        with_curve(running[5], 0.4, 0.45),
        Trial(6, OTHER),
    ]  # fmt: skip
    changes = [{"further": more} if t.value is not None and more else {} for t in trials]
    trials = [t if not c else t.__class__(**{**vars(t), **c}) for t, c in zip(trials, changes, strict=True)]
    trials.append(succeed(start(Trial(7, OTHER, further=more), at=BEGAN + 7), at=BEGAN + 15, value=0.5))
    return StudyRecord(meta, tuple(trials))


@pytest.fixture
def record():
    return made()


@pytest.fixture
def two_metrics():
    return made(metrics=(Objective("default", "maximize", "acc"), Objective("loss", "minimize", "größe")))


@pytest.fixture
def base():
    """What every trial but the last two has as parameters."""
    return POINT
