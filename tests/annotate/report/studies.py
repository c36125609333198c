"""Studies to report on, small ones and odd ones."""

import dataclasses
import math
import random

from annotate.report import Subject
from annotate.storage import StudyMeta
from annotate.trial import (
    FailureReason,
    Measurement,
    Objective,
    Trial,
    TrialState,
    cancel,
    fail,
    start,
    stop_early,
    succeed,
)

LR, WIDTH = "train/lr/loguniform", "train/width/choice"
BEGAN = 1_795_000_000.0
EVIL = "</script><script>alert(1)//<!--<b onclick='x'>&amp;\"\u2028"

META = StudyMeta(
    study="2026-11-21-0423-train", script="/home/ada/train.py", code_dir="/home/ada", cwd="/home/ada",
    command=["python", "train.py"], created=BEGAN, tuner="tpe", direction="maximize", seed=7, metric="acc",
    space={
        LR: {"_type": "loguniform", "_value": [1e-4, 1e-1]},
        WIDTH: {"_type": "choice", "_value": [16, "16", [32, 64]]},
    },
    defaults={LR: 0.1, WIDTH: 16}, names={LR: "lr", WIDTH: "width"}, options={"trials": 20, "jobs": 2},
    python="/usr/bin/python3", version="1.2.3",
)  # fmt: skip


def point(dice):
    return {
        LR: math.exp(dice.uniform(math.log(1e-4), math.log(1e-1))),
        WIDTH: dice.choice([16, "16", [32, 64]]),
    }


def trials(count, seed=0):
    """One after another: the baseline, then of ten trials seven succeed, one each is stopped, fails and is cancelled."""
    dice = random.Random(seed)
    made = []
    for number in range(count):
        params = point(dice) if number else {}
        trial = start(Trial(number, params, baseline=number == 0), at=BEGAN + 10 * number)
        at, value = BEGAN + 10 * number + 9, 0.9 - abs(math.log10(params.get(LR, 0.1)) + 2) / 5
        match number % 10:
            case 7:
                made.append(stop_early(trial, at=at, value=value / 2, message="worse than the median"))
            case 8:
                made.append(
                    fail(
                        trial,
                        at=at,
                        reason=FailureReason.EXCEPTION,
                        message=f"Traceback ...\nValueError: bad {number}",
                    )
                )
            case 9:
                made.append(cancel(trial, at=at, message="killed by you"))
            case _:
                made.append(succeed(trial, at=at, value=value))
    return made


def curve(count, value=0.5):
    return tuple(
        Measurement(step, BEGAN + step, {"default": value * (step + 1) / count}) for step in range(count)
    )


def subject(listed=(), **facts):
    """A study of these trials; the succeeded ones have curves."""
    given = {
        "curves": {t.number: curve(5) for t in listed if t.state is TrialState.SUCCEEDED},
        "seconds": 600.0,
        **facts,
    }
    return Subject(
        **{"meta": META, "trials": tuple(listed), "now": BEGAN + 10_000, "machines": ("gpu-box",), **given}
    )


def only_failures():
    return [
        fail(start(Trial(n, {}, baseline=n == 0), at=BEGAN + n), at=BEGAN + n + 1, reason=FailureReason.NAN, message="its result is nan")
        for n in range(3)
    ]  # fmt: skip


def still_running():
    first, *rest = trials(3)
    return [
        first,
        *(start(Trial(t.number, t.params), at=BEGAN + 20, gpus=("0",)) for t in rest),
        Trial(3, rest[0].params),
    ]


def evil():
    """A study in which every text is an attempt to become markup."""
    key = f"train/{EVIL}/choice"
    meta = dataclasses.replace(
        META, script=f"/x/{EVIL}.py", metric=EVIL, command=["python", EVIL], direction_from=EVIL, python=EVIL, git_commit=EVIL, version=EVIL,
        space={key: {"_type": "choice", "_value": [EVIL, "\ud800"]}}, names={key: EVIL}, defaults={key: EVIL}, study=EVIL, tuner_args={EVIL: EVIL},
        metrics=(Objective("default", "maximize", EVIL), Objective("b", "minimize", EVIL + "2")),
    )  # fmt: skip
    listed = [
        dataclasses.replace(succeed(start(Trial(n, {key: EVIL if n % 2 else "\ud800"}), at=BEGAN, gpus=(EVIL,)), at=BEGAN + 1, value=n / 10), further=(1.0 - n / 10,))
        for n in range(6)
    ]  # fmt: skip
    listed.append(
        fail(
            start(Trial(6, {key: EVIL}), at=BEGAN), at=BEGAN + 1, reason=FailureReason.EXCEPTION, message=EVIL
        )
    )
    return Subject(
        meta=meta, trials=tuple(listed), now=BEGAN + 5, machines=(EVIL,), logs={6: EVIL}, diff=f"--- {EVIL}\n+{EVIL}\n", elsewhere=(EVIL,),
        curves={0: (Measurement(0, BEGAN, {"default": math.nan, EVIL: math.inf}), Measurement(1, BEGAN, {"default": 1.0, EVIL: 2.0}))},
    )  # fmt: skip


def metrics(values):
    """A study of two metrics, of which the second is to be small."""
    meta = dataclasses.replace(
        META, metrics=(Objective("default", "maximize", "acc"), Objective("ms", "minimize", "ms"))
    )
    listed = [
        dataclasses.replace(succeed(start(Trial(n, {LR: 0.01, WIDTH: 16}), at=BEGAN + n), at=BEGAN + n + 1, value=a), further=(b,))
        for n, (a, b) in enumerate(values)
    ]  # fmt: skip
    return Subject(meta=meta, trials=tuple(listed), now=BEGAN + 100)
