"""Python's garbage collector held back while a study runs: a full collection stops every thread, the loop among them.

With hyperopt imported that takes some 50 ms of work, again and again while a study grows. What is there when the
study begins is looked at no more, and the rest seldom: after some ten thousand trials. Young objects, which is where
garbage is, are looked at as ever.

>>> with held_back():
...     asyncio.run(study.run())
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator

SELDOM = 100  # collections of the middle generation before one of all, instead of Python's ten


@contextlib.contextmanager
def held_back() -> Iterator[None]:
    """Full collections are rare within, and as they were after it."""
    young, middle, old = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(young, middle, SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(young, middle, old)
        gc.unfreeze()
