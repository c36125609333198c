"""Whether a process stands still: its main thread waits for a lock and nothing in it computes.

That is what a forked child does when it waits for a thread that only its parent had. A process that
sleeps, reads or waits for the network is in another system call and is left alone; where the system
call cannot be seen, nothing stands still.
"""

from __future__ import annotations

import platform
from pathlib import Path

FUTEX = {"x86_64": "202", "aarch64": "98"}


class Watch:
    """Looks at a process each `interval` seconds; still when `seconds` pass without a change."""

    def __init__(self, pid: int, seconds: float) -> None:
        self.interval = seconds / LOOKS
        self._process = Path("/proc", str(pid))
        self._ticks = -1
        self._still = 0

    def stands_still(self) -> bool:
        """To be called once an interval. False when the process is gone."""
        try:
            call = (self._process / "syscall").read_text().split()[0]
            fields = (self._process / "stat").read_text().rpartition(")")[2].split()
        except (OSError, IndexError):
            return False
        ticks = int(fields[11]) + int(fields[12])
        same = ticks == self._ticks and call == FUTEX.get(platform.machine())
        self._ticks = ticks
        self._still = self._still + 1 if same else 0
        return self._still >= LOOKS


LOOKS = 6
