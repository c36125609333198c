"""A running trial inside another: what goes round a process and changes one thing of it.

>>> class Loud(Around):
...     async def wait(self):
...         print("waiting")
...         return await super().wait()
"""

from __future__ import annotations

from pathlib import Path

from annotate.study.ports import News, Process


class Around:
    """A `Process` that is the one it goes round, in all that is not said otherwise."""

    def __init__(self, process: Process) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def log(self) -> Path:
        return self._process.log

    def news(self) -> News:
        """As the process has it."""
        return self._process.news()

    async def wait(self) -> int | None:
        """As the process has it."""
        return await self._process.wait()

    async def stop(self, grace: float) -> None:
        """As the process has it."""
        await self._process.stop(grace)
