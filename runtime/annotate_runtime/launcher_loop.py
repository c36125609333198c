"""The launcher's loop: what the host orders, what fork servers and trials have come to, and the end of all.

Trials and servers are known by pid; the host's numbers by `Trial.id`. The wire is told in `launcher`.
"""

from __future__ import annotations

import _signal as signal  # type: ignore[import-not-found]
import os
import select
import time

from annotate_runtime import encoding
from annotate_runtime.launcher_start import start
from annotate_runtime.processes import (
    LINUX,
    MARK,
    children,
    ended_child,
    group_exists,
    kill,
    owned,
    prctl,
    signal_group,
    ticks_since_boot,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PR_SET_CHILD_SUBREAPER = 36
DRAIN_SECONDS = 10.0
FORK_SERVER = "ANNOTATE_FORK_SERVER"


class Trial:
    """A started trial: `returncode` is set when its leader has ended, and `deadline` to end the draining.

    `born` is when it was ordered, in the clock ticks of /proc: its process may have waited for that.
    """

    def __init__(self, number: int, pid: int, directory: str, born: int) -> None:
        self.id = number
        self.pid = pid
        self.mark = MARK + os.fsencode(directory)
        self.born = born
        self.returncode: int | None = None
        self.deadline = 0.0


class Server:
    """A fork server: its pid, its pipes, and the trials it was asked for by id."""

    def __init__(self, number: int, pid: int, to: int, out: int) -> None:
        self.id = number
        self.pid = pid
        self.to = to
        self.out = out
        self.rest = b""
        self.watched = True
        self.ordered: dict[int, tuple[str, int]] = {}


class Launcher:
    """Run by `launcher.py`; `control` is the socket to the host."""

    def __init__(self, control: int) -> None:
        self._control = control
        self._rest = b""
        self._out = bytearray()
        self._trials: dict[int, Trial] = {}
        self._servers: dict[int, Server] = {}
        self._poll = select.poll()
        self._pid = os.getpid()
        self._host = -1
        self._open = True

    def run(self) -> None:
        """Until the host closes its end or dies; then kill everything and return."""
        prctl(PR_SET_CHILD_SUBREAPER, 1)
        wake, waker = os.pipe()
        os.set_blocking(wake, False)
        os.set_blocking(waker, False)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self._stop)
        for number in (signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        os.set_inheritable(self._control, False)
        os.set_blocking(self._control, False)
        self._poll.register(self._control, select.POLLIN)
        self._poll.register(wake, select.POLLIN)
        if LINUX:
            self._host = os.pidfd_open(os.getppid())
            self._poll.register(self._host, select.POLLIN)
        while self._open:
            for descriptor, _ in self._poll.poll(100 if self._draining() else None):
                if descriptor == wake:
                    _read_all(wake)
                elif descriptor == self._control:
                    self._hear_host()
                elif descriptor == self._host:
                    self._open = False
                else:
                    self._hear_server(next(s for s in self._servers.values() if s.out == descriptor))
            self._reap()
            self._tell()
        self._kill_everything()

    def _stop(self, *_: object) -> None:
        self._open = False

    def _draining(self) -> bool:
        return any(trial.returncode is not None for trial in self._trials.values())

    # -- the host ---------------------------------------------------------------------------------

    def _hear_host(self) -> None:
        data, closed = _read_all(self._control)
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._obey(encoding.parsed(line.decode()), line)
        if closed:
            self._open = False

    def _obey(self, order: dict[str, Any], line: bytes) -> None:
        try:
            if order["op"] == "start":
                born = ticks_since_boot()
                pid = start(order, ())
                self._trials[pid] = Trial(order["id"], pid, order["directory"], born)
                self._event(event="started", id=order["id"], pid=pid)
            elif order["op"] == "serve":
                self._serve(order)
            elif order["op"] == "fork":
                self._fork(order, line)
            elif order["op"] == "signal":
                self._signal(order["id"], order["signal"])
        except OSError as error:
            self._event(event="failed", id=order["id"], error=str(error))

    def _event(self, **event: str | float) -> None:
        self._out += encoding.event(event)

    def _tell(self) -> None:
        """Write what the host will take; a stopped host must not stop the launcher."""
        try:
            while self._out:
                del self._out[: os.write(self._control, self._out[:65536])]
        except BlockingIOError:
            pass
        except OSError:
            self._open = False
            return
        self._poll.modify(self._control, select.POLLIN | (select.POLLOUT if self._out else 0))

    def _signal(self, number: int, signum: int) -> None:
        for trial in self._trials.values():
            if trial.id == number and trial.returncode is None:
                signal_group(trial.pid, signum)
                if signum != signal.SIGKILL:
                    signal_group(trial.pid, signal.SIGCONT)

    # -- fork servers -----------------------------------------------------------------------------

    def _serve(self, order: dict[str, Any]) -> None:
        ears, to = os.pipe()
        out, mouth = os.pipe()
        order["env"] = {**order["env"], FORK_SERVER: f"{ears},{mouth}"}
        try:
            pid = start(order, (ears, mouth))
        except OSError:
            os.close(to)
            os.close(out)
            raise
        finally:
            os.close(ears)
            os.close(mouth)
        os.set_blocking(out, False)
        self._servers[pid] = Server(order["id"], pid, to, out)
        self._poll.register(out, select.POLLIN)

    def _fork(self, order: dict[str, Any], line: bytes) -> None:
        for server in self._servers.values():
            if server.id == order["server"]:
                server.ordered[order["id"]] = (order["directory"], ticks_since_boot())
                os.write(server.to, line + b"\n")
                return
        self._event(event="failed", id=order["id"], error="the fork server is gone")

    def _hear_server(self, server: Server) -> None:
        """Hear what it has said since; at its end the descriptor is watched no longer."""
        data, closed = _read_all(server.out)
        *lines, server.rest = (server.rest + data).split(b"\n")
        for line in lines:
            self._relay(server, encoding.parsed(line.decode()))
        if closed:
            self._ignore(server)

    def _ignore(self, server: Server) -> None:
        if server.watched:
            server.watched = False
            self._poll.unregister(server.out)

    def _relay(self, server: Server, event: dict[str, Any]) -> None:
        if event["event"] == "exited":
            trial = self._trials.get(event["pid"])
            if trial is not None:
                self._end(trial, event["returncode"])
            return
        if event["event"] == "started":
            directory, born = server.ordered.pop(event["id"])
            self._trials[event["pid"]] = Trial(event["id"], event["pid"], directory, born)
        self._event(**{"id": server.id, **event})

    # -- ends -------------------------------------------------------------------------------------

    def _reap(self) -> None:
        """Collect every child that has ended, and tell of the trials of which nothing is left."""
        ended = False
        while (pid := ended_child()) is not None:
            ended = True
            if pid in self._trials:
                signal_group(pid, signal.SIGKILL)
            _, status = os.waitpid(pid, 0)
            code = os.waitstatus_to_exitcode(status)
            if pid in self._trials:
                self._end(self._trials[pid], code)
            elif pid in self._servers:
                self._end_server(self._servers.pop(pid), code)
        if ended or self._draining():
            self._drain()

    def _end(self, trial: Trial, returncode: int) -> None:
        if trial.returncode is None:
            trial.returncode = returncode
            trial.deadline = time.monotonic() + DRAIN_SECONDS

    def _end_server(self, server: Server, code: int) -> None:
        self._hear_server(server)
        self._ignore(server)  # its children may hold the other end open
        signal_group(server.pid, signal.SIGKILL)
        for descriptor in (server.to, server.out):
            os.close(descriptor)
        self._event(event="ended", id=server.id, returncode=code)
        for number in server.ordered:
            self._event(event="failed", id=number, error=f"the fork server ended with code {code}")

    def _drain(self) -> None:
        doomed = self._sweep()
        for trial in list(self._trials.values()):
            if trial.returncode is None:
                continue
            left = doomed or group_exists(trial.pid)
            if not left or time.monotonic() > trial.deadline:
                del self._trials[trial.pid]
                self._event(event="exited", id=trial.id, returncode=trial.returncode)

    def _sweep(self) -> bool:
        """Kill the orphans that no living trial can own. Whether there were any."""
        found = False
        live = [(t.pid, t.mark, t.born) for t in self._trials.values() if t.returncode is None]
        for pid in children(self._pid):
            if pid in self._trials or pid in self._servers or owned(pid, live):
                continue
            kill(pid)
            found = True
        return found

    def _kill_everything(self) -> None:
        deadline = time.monotonic() + DRAIN_SECONDS
        for leader in (*self._trials, *self._servers):
            signal_group(leader, signal.SIGKILL)
        while time.monotonic() < deadline:
            for pid in children(self._pid):
                kill(pid)
            try:
                if os.waitpid(-1, os.WNOHANG)[0] == 0:
                    time.sleep(0.002)
            except ChildProcessError:
                return


def _read_all(descriptor: int) -> tuple[bytes, bool]:
    """What is there to read without waiting, and whether the other end is closed."""
    chunks = []
    try:
        while chunk := os.read(descriptor, 65536):
            chunks.append(chunk)
    except BlockingIOError:
        return b"".join(chunks), False
    except OSError:
        pass
    return b"".join(chunks), True
