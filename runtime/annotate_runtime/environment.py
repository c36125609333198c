"""The environment of a trial's process: the host's own, and what a trial needs beyond it.

Pure: a mapping in, a new one out. It refuses nothing and asks no GPU.

>>> env = trial_environment({"PATH": "/bin"}, directory=Path("/s/trials/0"), lib=Path("/s/lib"), study="s",
...                         trial="s-0", number=0, code_dir=Path("/s/code"), threads=2, gpus=("1",))
>>> env["CUDA_VISIBLE_DEVICES"], env["OMP_NUM_THREADS"], env["NNI_TRIAL_SEQ_ID"]
('1', '2', '0')
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from annotate_runtime.reporter import OUTER_RANKS, RANKS, TOKEN
from annotate_runtime.threads import CORES, COUNTS

TRIAL_DIR = "ANNOTATE_TRIAL_DIR"
THREAD_COUNTS = (*COUNTS, CORES)
"""One in a fork server, and raised in its children."""
POOL_SIZES = ("POLARS_MAX_THREADS", "RAYON_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")
"""Looked at when a pool of threads begins, which it has not in a process that is forked."""


def trial_environment(
    base: Mapping[str, str],
    *,
    directory: Path,
    lib: Path,
    study: str,
    trial: str,
    number: int,
    code_dir: Path,
    threads: int | None = None,
    gpus: tuple[str, ...] | None = None,
    token: str | None = None,
) -> dict[str, str]:
    """The complete environment of one trial.

    `threads` is its share of the cores, None to leave the libraries alone; a count that the user has
    set herself is kept. `gpus` are indices or UUIDs, () hides every GPU, None leaves them as they are.
    `token` is known to this attempt of the trial alone.
    """
    env = dict(base)
    env["PYTHONPATH"] = os.pathsep.join([str(lib), *filter(None, [base.get("PYTHONPATH")])])
    env[TRIAL_DIR] = str(directory)
    if token is not None:
        env[TOKEN] = token
    env["NNI_PLATFORM"] = "local"
    env["NNI_EXP_ID"] = study
    env["NNI_SYS_DIR"] = str(directory)
    env["NNI_TRIAL_JOB_ID"] = trial
    env["NNI_OUTPUT_DIR"] = str(directory / "output")
    env["NNI_TRIAL_SEQ_ID"] = str(number)
    env["NNI_CODE_DIR"] = str(code_dir)
    env[OUTER_RANKS] = " ".join(f"{name}={base[name]}" for name in RANKS if name in base)
    env.setdefault("PYTHONUNBUFFERED", "1")
    if threads is not None:
        for name in (*THREAD_COUNTS, *POOL_SIZES):
            env.setdefault(name, str(threads))
    if gpus is not None:
        env["CUDA_VISIBLE_DEVICES"] = ",".join(gpus)
    return env
