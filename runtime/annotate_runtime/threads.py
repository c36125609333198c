"""Raise the number of threads in a forked trial to what a fresh process would have begun with.

The fork server runs with one thread everywhere. Every OpenMP runtime and BLAS that is loaded is told,
through its own C function, and torch and Arrow, which keep counts of their own.
"""

from __future__ import annotations

import os
import sys

from annotate_runtime.forksafety import loaded_libraries

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

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


def setters() -> list[Callable[[int], Any]]:
    """The functions that set the count, of all that is loaded."""
    import ctypes

    found = []
    for path in loaded_libraries(tuple(SETTERS)):
        library = ctypes.CDLL(path)
        found += [getattr(library, name) for name in SETTERS[_family(path)] if hasattr(library, name)]
    torch = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "set_num_threads"):
        found.append(torch.set_num_threads)
    arrow = sys.modules.get("pyarrow")
    if arrow is not None and hasattr(arrow, "set_cpu_count") and arrow.cpu_count() == 1:
        found.append(arrow.set_cpu_count)
    return found


def restore_threads(wanted: str | None, setters: list[Callable[[int], Any]]) -> None:
    """Set the count that OMP_NUM_THREADS names; all cores this process may use where it names none."""
    first = (wanted or "").partition(",")[0]
    count = int(first) if first.isdigit() and int(first) > 0 else len(os.sched_getaffinity(0))
    for setter in setters:
        setter(count)


def _family(path: str) -> str:
    name = path.rpartition("/")[2]
    return next(family for family in SETTERS if name.startswith(family))
