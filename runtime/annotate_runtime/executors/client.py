"""The host's end of the launcher process: orders out, events in, and what was told of each trial.

    launcher = await Launcher.start()
    launch = await launcher.begin("spawn", op="start", argv=["true"], ...)
    event = await launch.exited

When the launcher dies, everything it started dies; whoever waits gets `ExecutorLost` with its stderr.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from annotate_runtime.executors import CannotLaunch, StartMethod

LAUNCHER = Path(__file__).parent.parent / "launcher.py"


class ExecutorLost(RuntimeError):  # noqa: N818 - what has happened
    """The launcher has died; its stderr is in the message. What it started has died with it."""


class Launch:
    """What the launcher has told of one trial."""

    def __init__(self, number: int, method: StartMethod, loop: asyncio.AbstractEventLoop) -> None:
        self.id = number
        self.method = method
        self.pid = 0
        self.started: asyncio.Future[dict[str, Any]] = loop.create_future()
        self.exited: asyncio.Future[dict[str, Any]] = loop.create_future()


class Launcher:
    """The host's end of the launcher process: orders out, events in."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        errors: IO[bytes],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._process = process
        self._errors = errors
        self._reader = reader
        self._writer = writer
        self._launches: dict[int, Launch] = {}
        self._last = 0
        self._lost: ExecutorLost | None = None
        self._closing = False
        self.on_server: Callable[[dict[str, Any]], None] | None = None
        self.on_lost: Callable[[], None] = lambda: None
        self._listening = asyncio.get_running_loop().create_task(self._listen())

    @classmethod
    async def start(cls) -> Launcher:
        ours, theirs = socket.socketpair()
        errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by aclose
        with theirs:
            process = subprocess.Popen(  # noqa: ASYNC220 - 2 ms, before there is anything to wait for
                [sys.executable, "-I", "-S", str(LAUNCHER), str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
                cwd="/",
            )
        reader, writer = await asyncio.open_connection(sock=ours, limit=1 << 20)
        return cls(process, errors, reader, writer)

    def number(self) -> int:
        self._last += 1
        return self._last

    def order(self, **order: object) -> None:
        """Send one order; nothing once the launcher is gone."""
        if self._lost is None and not self._closing:
            self._writer.write(json.dumps(order).encode() + b"\n")

    async def begin(self, method: StartMethod, **order: object) -> Launch:
        """Order a trial and wait until its process exists. Raises CannotLaunch, ExecutorLost."""
        if self._lost is not None:
            raise self._lost
        if self._closing:
            raise ExecutorLost("the executor is closed")
        launch = Launch(self.number(), method, asyncio.get_running_loop())
        self._launches[launch.id] = launch
        self.order(id=launch.id, **order)
        launch.pid = (await launch.started)["pid"]
        return launch

    async def aclose(self) -> None:
        if self._closing:
            return
        self._closing = True
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()
        await asyncio.to_thread(self._process.wait)
        await self._listening
        self._errors.close()

    async def _listen(self) -> None:
        while line := await self._next_line():
            self._dispatch(json.loads(line))
        if not self._closing:
            await asyncio.to_thread(self._process.wait)
            self._errors.seek(0)
            told = self._errors.read().decode(errors="replace").strip()
            why = f": {told}" if told else ""
            self._lost = ExecutorLost(
                f"the launcher of trials ended with code {self._process.returncode}{why}"
            )
        self.on_lost()
        error = self._lost or ExecutorLost("the executor was closed")
        for launch in self._launches.values():
            _kill_group(launch.pid)
            for future in (launch.started, launch.exited):
                if not future.done():
                    future.set_exception(error)
                    future.exception()

    async def _next_line(self) -> bytes:
        try:
            return await self._reader.readline()
        except ConnectionError:
            return b""

    def _dispatch(self, event: dict[str, Any]) -> None:
        kind = event["event"]
        launch = self._launches.get(event["id"])
        if launch is None:
            if self.on_server is not None:
                self.on_server(event)
        elif kind == "started":
            if launch.started.cancelled():  # nobody waits for it any longer
                self.order(op="signal", id=launch.id, signal=int(signal.SIGKILL))
            else:
                launch.started.set_result(event)
        elif kind == "failed":
            del self._launches[launch.id]
            if not launch.started.cancelled():
                launch.started.set_exception(CannotLaunch(event["error"]))
        elif kind == "exited":
            del self._launches[launch.id]
            launch.exited.set_result(event)


def _kill_group(leader: int) -> None:
    if leader > 0:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, signal.SIGKILL)
