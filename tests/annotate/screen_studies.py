"""Studies to look at: realistic snapshots, and the frames of one study as it goes on."""

from __future__ import annotations

import dataclasses
import math
import random

from annotate.study.snapshot import GpuReading, Machine, StudySnapshot, TrialMemory
from annotate.trial import FailureReason, Measurement, Trial, TrialState

NAMES = {
    "train/lr/loguniform": "lr",
    "train/model/choice": "model",
    "train/batch_size/quniform": "batch_size",
    "train/momentum/uniform": "momentum",
    "train/optimizer/choice": "optimizer",
    "train/cutout/randint": "cutout",
}
DEFAULTS = {
    "train/lr/loguniform": 0.1,
    "train/model/choice": "resnet18",
    "train/batch_size/quniform": 128,
    "train/momentum/uniform": 0.9,
    "train/optimizer/choice": "SGD",
    "train/cutout/randint": 0,
}
START = 1_795_000_000.0
TRACE = """Traceback (most recent call last):
  File "/home/ada/cifar/train.py", line 118, in <module>
    main()
  File "/home/ada/cifar/train.py", line 96, in main
    loss.backward()
torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 1.24 GiB. GPU 1 has a total capacity of 23.69 GiB"""


def params(dice: random.Random) -> dict[str, object]:
    return {
        "train/lr/loguniform": math.exp(dice.uniform(math.log(1e-4), math.log(0.5))),
        "train/model/choice": dice.choice(["resnet18", "mobilenet_v2", "small_cnn", "vgg11"]),
        "train/batch_size/quniform": dice.choice([32, 64, 96, 128, 256]),
        "train/momentum/uniform": dice.uniform(0.5, 0.99),
        "train/optimizer/choice": dice.choice(["SGD", "Adam", "RMSprop"]),
        "train/cutout/randint": dice.randint(0, 16),
    }


def accuracy(point: dict[str, object], step: float) -> float:
    """A stand-in for training: best near lr 0.02, saturating with the epochs."""
    rate = math.log10(float(point.get("train/lr/loguniform", 0.1))) + 1.7
    top = 0.94 - 0.07 * rate * rate - 0.05 * abs(float(point.get("train/momentum/uniform", 0.9)) - 0.88)
    return max(0.1, top * (1 - 0.6 * math.exp(-0.35 * (step + 1))))


def measurements(point: dict[str, object], count: int, began: float, each: float) -> tuple[Measurement, ...]:
    return tuple(
        Measurement(step=step, time=began + (step + 1) * each, values={"default": accuracy(point, step)})
        for step in range(count)
    )


def history(total: int, seed: int = 0, jobs: int = 4, each: float = 7.0) -> list[Trial]:
    """Finished trials as `jobs` at a time would have ended; of ten, one fails and one is stopped."""
    dice = random.Random(seed)
    free = [START + 2.0] * jobs
    trials: list[Trial] = []
    for number in range(total):
        slot = min(range(jobs), key=free.__getitem__)
        began = free[slot]
        point = {} if number == 0 else params(dice)
        luck = dice.random() if number > 3 else 1.0
        trial = Trial(
            number=number,
            params=point,
            state=TrialState.SUCCEEDED,
            baseline=number == 0,
            started=began,
            gpus=(str(slot % 2),),
            pid=4000 + number,
            exit_code=0,
        )
        if luck < 0.08:
            ended = began + each * 1.4
            trial = dataclasses.replace(
                trial,
                state=TrialState.FAILED,
                ended=ended,
                reason=FailureReason.OOM,
                message=TRACE,
                exit_code=1,
            )
        elif luck < 0.25:
            ended = began + each * 3
            trial = dataclasses.replace(
                trial,
                state=TrialState.EARLY_STOPPED,
                ended=ended,
                value=accuracy(point, 2),
                measurements=measurements(point, 3, began, each),
            )
        else:
            ended = began + each * 10 * dice.uniform(0.9, 1.2)
            trial = dataclasses.replace(
                trial,
                ended=ended,
                value=accuracy(point, 9),
                measurements=measurements(point, 10, began, each),
            )
        free[slot] = ended
        trials.append(trial)
    return trials


def study(finished: int = 13, budget: int | None = 20, jobs: int = 4, waiting: int = 1) -> StudySnapshot:
    """A study in the middle: `finished` trials over, `jobs` running, some waiting."""
    trials = history(finished, jobs=max(1, jobs))
    now = max((t.ended or START for t in trials), default=START + 3)
    dice = random.Random(99)
    for slot in range(jobs):
        point = params(dice)
        count = 1 + slot * 2
        began = now - count * 7.0 - 3
        trials.append(
            Trial(
                number=len(trials),
                params=point,
                state=TrialState.RUNNING,
                started=began,
                gpus=(str(slot % 2),),
                pid=5000 + slot,
                measurements=measurements(point, count, began, 7.0),
            )
        )
    first = len(trials)
    trials += [Trial(number=first + i, params=params(dice)) for i in range(waiting)]
    gib = 2**30
    return StudySnapshot(
        study="2026-11-21-0423-train",
        script="train.py",
        tuner="tpe",
        direction="maximize",
        metric="accuracy",
        now=now,
        started=START,
        budget_trials=budget,
        jobs=jobs,
        trials=tuple(trials),
        names=NAMES,
        defaults=DEFAULTS,
        waiting={first: "GPU 1 is held by pid 4242 (python, 11.2 GiB)"} if waiting else {},
        notices=(
            "trials start as fresh processes: the script opened /dev/nvidia0 before its first parameter",
        ),
        machine=Machine(
            cpu=(0.93, 0.41, 0.77, 0.08, 0.55, 0.62, 0.2, 0.98),
            memory_used=21 * gib,
            memory_total=64 * gib,
            trials={
                trial.number: TrialMemory(
                    int(1.5 * gib) + trial.number * 2**24, 4 * gib + trial.number * 2**26
                )
                for trial in trials
                if trial.state is TrialState.RUNNING
            },
            gpus=(
                GpuReading(0, "NVIDIA RTX 4090", 9 * gib, 24 * gib, 0.91, "trials 13, 15"),
                GpuReading(1, "NVIDIA RTX 4090", 21 * gib, 24 * gib, 0.64, "pid 4242 (python)"),
            ),
        ),
    )
