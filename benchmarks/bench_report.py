"""How large a study's page is, how long it takes to write, and how long Chromium takes to open it.

    python benchmarks/bench_report.py [TRIALS ...] [--reports 20] [--keep DIR]

The study is made with StudyStore and read as `annotate report` reads it. Chromium runs without a window and tells
the page's own clock: `ready` when what is seen first is drawn, `complete` when every chart is. The median of five.
Where there is no Chromium, that is said and only the writing is measured.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
from annotate.cli.pages import Writer
from annotate.report import plotly_js
from annotate.storage import StudyFolder, StudyMeta, StudyStore
from annotate.trial import FailureReason, Measurement, Trial, fail, start, stop_early, succeed

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
TIMES = 5
SPACE = {
    "train/lr/loguniform": {"_type": "loguniform", "_value": [1e-5, 1e-1]},
    "train/momentum/uniform": {"_type": "uniform", "_value": [0.5, 0.99]},
    "train/batch_size/quniform": {"_type": "quniform", "_value": [16, 256, 16]},
    "train/width/choice": {"_type": "choice", "_value": [16, 32, 64, 128]},
    "train/optimizer/choice": {"_type": "choice", "_value": ["SGD", "Adam", "RMSprop"]},
    "train/nesterov/choice": {"_type": "choice", "_value": [True, False]},
    "train/cutout/randint": {"_type": "randint", "_value": [0, 17]},
    "train/dropout/uniform": {"_type": "uniform", "_value": [0, 0.7]},
}
DEFAULTS = {
    "train/lr/loguniform": 0.1, "train/momentum/uniform": 0.9, "train/batch_size/quniform": 128, "train/width/choice": 32,
    "train/optimizer/choice": "SGD", "train/nesterov/choice": False, "train/cutout/randint": 0, "train/dropout/uniform": 0.0,
}  # fmt: skip


def study(directory: Path, trials: int, reports: int, *, seed: int = 0) -> StudyFolder:
    """A study of `trials` trials on four GPUs: most succeed, some are stopped early, some fail, one loss diverges."""
    dice = random.Random(seed)
    now = time.time() - 30.0 * trials
    folder = StudyFolder.create(directory, script="train.py", now=now)
    meta = StudyMeta(
        study=folder.id, script=str(directory / "train.py"), code_dir=str(directory), cwd=str(directory),
        command=["python", "train.py", "--epochs", str(reports)], created=now, space=SPACE, tuner="tpe", direction="maximize",
        seed=0, metric="val_acc", direction_from="read off the metric's name, val_acc", defaults=DEFAULTS,
        names={key: key.split("/")[1] for key in SPACE}, options={"trials": trials, "jobs": 4}, python=sys.executable,
        git_commit="0123456789abcdef0123456789abcdef01234567", version="0.1.0",
    )  # fmt: skip
    free = [now + 2.0] * 4
    with StudyStore.create(folder.database, meta) as store, store.together():
        session = store.begin_session(host="gpu-box", pid=1, at=now)
        for number in range(trials):
            slot = min(range(4), key=free.__getitem__)
            point = _point(dice) if number else {}
            trial = start(
                Trial(number, point, baseline=number == 0),
                at=free[slot],
                pid=4000 + number,
                gpus=(str(slot),),
            )
            luck = dice.random() if number else 1.0
            count = reports if luck > 0.25 else max(1, reports // 4)
            curve = [_accuracy({**DEFAULTS, **point}, (step + 1) / reports, dice) for step in range(count)]
            ended = free[slot] + 2.0 * count * dice.uniform(0.8, 1.3) + 3
            if luck < 0.06:
                said = dice.choice(
                    [
                        "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate %.2f GiB",
                        "ValueError: loss is nan at step %.0f",
                    ]
                )
                over = fail(trial, at=ended, reason=FailureReason.OOM if "memory" in said else FailureReason.EXCEPTION,
                            message=said % dice.uniform(1, 9), exit_code=1)  # fmt: skip
            elif luck < 0.25:
                over = stop_early(trial, at=ended, value=curve[-1], message="worse than the median")
            else:
                over = succeed(trial, at=ended, value=curve[-1])
            store.save(over)
            store.record(
                number,
                [
                    Measurement(step, free[slot] + step, {"default": value, "loss": 2.3 - 2 * value})
                    for step, value in enumerate(curve)
                ],
            )
            free[slot] = ended + 0.2
        store.update_session(session, seconds=max(free) - now)
    return folder


def main(sizes: list[int], reports: int, keep: Path | None) -> None:
    """Print one line a size."""
    library, began = plotly_js(), time.perf_counter()
    chromium = next(filter(None, map(shutil.which, CHROMIUM)), None)
    print(
        f"plotly.js is {len(library) / 1e6:.1f} MB of each page; "
        + (_version(chromium) if chromium else "there is no Chromium here: opening is not measured")
    )
    with tempfile.TemporaryDirectory() as scratch:
        for size in sizes:
            directory = Path(keep or scratch) / str(size)
            directory.mkdir(parents=True, exist_ok=True)
            folder = study(directory, size, reports)
            path = directory / "report.html"
            with StudyStore.open(folder.database, read_only=True) as store:
                began = time.perf_counter()
                Writer(folder, store, library).write(path)
                took = time.perf_counter() - began
            line = f"{size:,} trials of {reports} reports: written in {took:.1f} s, {path.stat().st_size / 1e6:.1f} MB"
            if chromium:
                clocks = [opened(chromium, path) for _ in range(TIMES)]
                ready, complete = (statistics.median(each) for each in zip(*clocks, strict=True))
                line += f"; opened in {ready / 1000:.2f} s, all drawn after {complete / 1000:.2f} s"
            print(line, flush=True)


def opened(chromium: str, path: Path) -> tuple[float, float]:
    """Milliseconds from the beginning of loading until the first view is drawn, and until everything is."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile,
        Browser(chromium, profile) as browser,
    ):
        target = browser.call("Target.createTarget", url=path.absolute().as_uri())["targetId"]
        page = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for _ in range(600):
            seen = browser.call(
                "Runtime.evaluate", page, expression="JSON.stringify(document.documentElement.dataset)"
            )
            facts = json.loads(seen["result"].get("value", "{}"))
            if "broken" in facts:
                raise SystemExit(f"{path}: {facts['broken']}")
            if "complete" in facts:
                return float(facts["ready"]), float(facts["complete"])
            time.sleep(0.1)
    raise SystemExit(f"{path}: it is not drawn after a minute")


class Browser:
    """Chromium without a window, spoken to through two pipes: one JSON document and a zero byte a message."""

    def __init__(self, chromium: str, profile: str) -> None:
        (theirs_in, self._out), (self._in, theirs_out) = os.pipe(), os.pipe()
        command = [
            chromium,
            "--headless=new",
            "--no-sandbox",
            "--window-size=1400,900",
            f"--user-data-dir={profile}",
            "--remote-debugging-pipe",
        ]
        self._process = subprocess.Popen(
            ["sh", "-c", f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}', "sh", *command],
            pass_fds=(theirs_in, theirs_out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(theirs_in)
        os.close(theirs_out)
        self._stream = os.fdopen(self._in, "rb")
        self._sent = 0

    def call(self, method: str, session: str | None = None, **params: object) -> dict[str, Any]:
        """Ask for something and wait for the answer."""
        self._sent += 1
        message = {
            "id": self._sent,
            "method": method,
            "params": params,
            **({"sessionId": session} if session else {}),
        }
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = json.loads(b"".join(iter(lambda: self._stream.read(1), b"\0")))
            if answer.get("id") == self._sent:
                return answer["result"]

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *exc: object) -> None:
        self._process.terminate()
        self._process.wait()
        os.close(self._out)
        self._stream.close()


def _version(chromium: str) -> str:
    return subprocess.run([chromium, "--version"], capture_output=True, text=True, check=True).stdout.strip()


def _point(dice: random.Random) -> dict[str, object]:
    return {
        "train/lr/loguniform": math.exp(dice.uniform(math.log(1e-5), math.log(1e-1))),
        "train/momentum/uniform": dice.uniform(0.5, 0.99),
        "train/batch_size/quniform": 16 * dice.randint(1, 16),
        "train/width/choice": dice.choice([16, 32, 64, 128]),
        "train/optimizer/choice": dice.choice(["SGD", "Adam", "RMSprop"]),
        "train/nesterov/choice": dice.random() < 0.5,
        "train/cutout/randint": dice.randint(0, 16),
        "train/dropout/uniform": dice.uniform(0, 0.7),
    }


def _accuracy(point: dict[str, object], progress: float, dice: random.Random) -> float:
    rate = math.log10(float(json.dumps(point["train/lr/loguniform"]))) + 2.2
    width = math.log2(float(json.dumps(point["train/width/choice"]))) / 7
    top = (
        0.93
        - 0.05 * rate * rate
        + 0.04 * width
        - 0.05 * abs(float(json.dumps(point["train/dropout/uniform"])) - 0.2)
    )
    return max(0.1, top * (1 - 0.7 * math.exp(-4 * progress)) + dice.gauss(0, 0.006))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sizes", nargs="*", type=int, default=[100, 1000, 10000])
    parser.add_argument("--reports", type=int, default=20)
    parser.add_argument("--keep", type=Path, help="leave the studies and their pages there")
    given = parser.parse_args()
    main(given.sizes, given.reports, given.keep)
