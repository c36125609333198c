"""Slow imports made in good time, beside what needs no waiting for them.

>>> import_soon("json").join()
"""

from __future__ import annotations

import functools
import threading
from importlib import import_module


@functools.cache
def import_soon(module: str) -> threading.Thread:
    """Begin to import a module. Whoever imports it before it is there waits for it, as for any import."""
    # No daemon: one that is cut off in the midst of an extension module takes the process down with it.
    thread = threading.Thread(target=import_module, args=(module,), name=f"import-{module}")
    thread.start()
    return thread
