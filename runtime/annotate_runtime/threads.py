"""How many threads a trial computes with: in a forked one as many as a fresh process would have begun with.

The fork server runs with one thread everywhere. Every OpenMP runtime and BLAS that is loaded is told,
through its own C function, and torch and Arrow, which keep counts of their own. What the script has set itself
it has set in every trial. The processes that joblib or torchrun start in a trial have what they would have had
without us, of the trial's share.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

COUNTS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
CORES = "LOKY_MAX_CPU_COUNT"
"""joblib's number of cores, of which `n_jobs=-1` takes all. A trial's share, as each of `COUNTS` that nobody else has set."""
SETTERS = {
    "libgomp": ("omp_set_num_threads",),
    "libiomp5": ("omp_set_num_threads",),
    "libomp": ("omp_set_num_threads",),
    "libmkl_rt": ("MKL_Set_Num_Threads",),
    "libopenblas": ("openblas_set_num_threads", "openblas_set_num_threads64_"),
    "libscipy_openblas": (
        "scipy_openblas_set_num_threads",
        "scipy_openblas_set_num_threads64_",
        "openblas_set_num_threads",
        "openblas_set_num_threads64_",
    ),
}


_set_by_script: list[Callable[[], None]] = []


def watch_torch(torch: Any) -> None:
    """Note what the script sets before the fork: one thread by its own wish looks like the one of the fork server."""
    if not hasattr(torch, "set_num_threads"):
        return
    original = torch.set_num_threads

    def set_num_threads(number: int) -> None:
        original(number)
        _set_by_script[:] = [lambda: original(number)]

    set_num_threads.__wrapped__ = original  # type: ignore[attr-defined]
    torch.set_num_threads = set_num_threads


def setters() -> list[Callable[[int], Any]]:
    """The functions that set the count, of all that is loaded."""
    import ctypes

    from annotate_runtime.forksafety import loaded_libraries

    found = []
    for path in loaded_libraries(tuple(SETTERS)):
        library = ctypes.CDLL(path)
        found += [getattr(library, name) for name in SETTERS[_family(path)] if hasattr(library, name)]
    torch: Any = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "set_num_threads"):
        torch.set_num_threads = getattr(torch.set_num_threads, "__wrapped__", torch.set_num_threads)
        found.append(torch.set_num_threads)
    arrow = sys.modules.get("pyarrow")
    if arrow is not None and hasattr(arrow, "set_cpu_count") and arrow.cpu_count() == 1:
        found.append(arrow.set_cpu_count)
    return found


def share_among_workers(backends: Any) -> None:
    """What to do to `joblib._parallel_backends`: a share of 8 threads is 2 for each of 4 workers, not 8.

    joblib takes OMP_NUM_THREADS and the like for the user's word on each worker, and divides up the cores only where
    they are not set.
    """
    base = backends.ParallelBackendBase
    original = base._prepare_worker_env

    def _prepare_worker_env(self: Any, *arguments: Any, **named: Any) -> dict[str, str]:
        hidden = {name: os.environ.pop(name) for name in _ours()}
        try:
            env: dict[str, str] = original(self, *arguments, **named)
            return env
        finally:
            os.environ.update(hidden)

    base._prepare_worker_env = _prepare_worker_env


def one_for_each_rank(launcher: Any) -> None:
    """What to do to `torch.distributed.launcher.api`: of several ranks each has one thread where the user says nothing.

    torchrun sees to that itself, and takes OMP_NUM_THREADS for the user's word, as joblib does.
    """
    elastic_launch = launcher.elastic_launch
    original = elastic_launch.__init__

    def init(self: Any, config: Any, *arguments: Any, **named: Any) -> None:
        ours = _ours()
        if config.nproc_per_node > 1 and "OMP_NUM_THREADS" in ours:
            for name in ours:
                del os.environ[name]
            os.environ["OMP_NUM_THREADS"] = "1"
        original(self, config, *arguments, **named)

    elastic_launch.__init__ = init


def _ours() -> list[str]:
    """The counts that are set to the trial's share: by us, then."""
    share = os.environ.get(CORES)
    return [name for name in COUNTS if share is not None and os.environ.get(name) == share]


def restore_threads(wanted: str | None, setters: list[Callable[[int], Any]]) -> None:
    """Set the count that OMP_NUM_THREADS names; all cores this process may use where it names none."""
    first = (wanted or "").partition(",")[0]
    count = int(first) if first.isdigit() and int(first) > 0 else len(os.sched_getaffinity(0))
    for setter in setters:
        setter(count)
    for setting in _set_by_script:
        setting()


def _family(path: str) -> str:
    name = path.rpartition("/")[2]
    return next(family for family in SETTERS if name.startswith(family))
