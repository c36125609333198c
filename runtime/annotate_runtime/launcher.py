"""The launcher: a small process between host and trials, so that the host never forks and leaves nothing.

Run as `python -I -S launcher.py FD` by `executors.local`; FD is a socket to the host. Both directions
are JSON lines:

    host:      {"op": "start", "id", "argv", "cwd", "env", "log", "cpus"}      a trial as a fresh process
               {"op": "serve", "id", "argv", "cwd", "env", "log"}              a fork server
               {"op": "fork", "id", "server", "directory", "env", "log", "cpus"}   a trial forked there
               {"op": "signal", "id", "signal"}                                to all of a trial
    launcher:  {"event": "started", "id", "pid"} | {"event": "failed", "id", "error"}
               {"event": "exited", "id", "returncode", "max_rss", "cpu_seconds"}
               {"event": "ready", "id"} | {"event": "unsafe", "id", "reason"}  of a fork server
               {"event": "ended", "id", "returncode"}                          of a fork server

A trial leads a session of its own and dies with the launcher (PR_SET_PDEATHSIG). When its leader has
ended, the rest of its group is killed; so are processes that left the group: they become children of
the launcher, a subreaper, and are matched to a trial by session, environment or time of birth. Only
when nothing is left is `exited` told. When the host goes, by whatever death, everything goes.

Single-threaded, standard library only, imports nothing of ours: it must start in milliseconds.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LINUX = sys.platform == "linux"
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
DRAIN_SECONDS = 10.0
FORK_SERVER = "ANNOTATE_FORK_SERVER"
TRIAL_DIR = b"ANNOTATE_TRIAL_DIR="


class Trial:
    """A started trial: `result` is set when its leader has ended, and `deadline` to end the draining."""

    def __init__(self, number: int, pid: int, directory: str) -> None:
        self.id = number
        self.pid = pid
        self.mark = TRIAL_DIR + os.fsencode(directory)
        self.result: dict[str, Any] | None = None
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
        self.directories: dict[int, str] = {}


class Launcher:
    """The loop. Trials and servers are known by pid; the host's numbers by `_Trial.id`."""

    def __init__(self, control: int) -> None:
        self._control = control
        self._rest = b""
        self._out = bytearray()
        self._trials: dict[int, Trial] = {}
        self._servers: dict[int, Server] = {}
        self._poll = select.poll()
        self._libc = ctypes.CDLL(None) if LINUX else None
        self._pid = os.getpid()
        self._host = -1
        self._open = True

    def run(self) -> None:
        """Until the host closes its end or dies; then kill everything and return."""
        if self._libc is not None:
            self._libc.prctl(PR_SET_CHILD_SUBREAPER, 1)
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
        return any(trial.result is not None for trial in self._trials.values())

    # -- the host ---------------------------------------------------------------------------------

    def _hear_host(self) -> None:
        data, closed = _read_all(self._control)
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._obey(json.loads(line))
        if closed:
            self._open = False

    def _obey(self, order: dict[str, Any]) -> None:
        try:
            if order["op"] == "start":
                pid = self._start(order, ())
                self._trials[pid] = Trial(order["id"], pid, order["directory"])
                self._event(event="started", id=order["id"], pid=pid)
            elif order["op"] == "serve":
                self._serve(order)
            elif order["op"] == "fork":
                self._fork(order)
            elif order["op"] == "signal":
                self._signal(order["id"], order["signal"])
        except OSError as error:
            self._event(event="failed", id=order["id"], error=str(error))

    def _event(self, **event: object) -> None:
        self._out += json.dumps(event).encode() + b"\n"

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
            if trial.id == number and trial.result is None:
                _signal_group(trial.pid, signum)
                if signum != signal.SIGKILL:
                    _signal_group(trial.pid, signal.SIGCONT)

    # -- starting ---------------------------------------------------------------------------------

    def _start(self, order: dict[str, Any], keep: tuple[int, ...]) -> int:
        """Fork and exec; returns when the exec has succeeded, raises the OSError of the child otherwise."""
        ears, mouth = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                self._become(order, keep)
            except BaseException as error:  # noqa: BLE001 - the child of a fork has nowhere to raise to
                number = error.errno if isinstance(error, OSError) and error.errno else 0
                os.write(mouth, json.dumps([number, str(error)]).encode())
            finally:
                os._exit(127)
        os.close(mouth)
        with open(ears, "rb") as file:
            complaint = file.read()
        if complaint:
            os.waitpid(pid, 0)
            number, text = json.loads(complaint)
            raise OSError(number, text)
        return pid

    def _become(self, order: dict[str, Any], keep: tuple[int, ...]) -> None:
        os.setsid()
        if self._libc is not None:
            self._libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != self._pid:
                return
        log = os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        for target, source in ((0, os.open(os.devnull, os.O_RDONLY)), (1, log), (2, log)):
            os.dup2(source, target)
        os.chdir(order["cwd"])
        if order.get("cpus") and LINUX:
            os.sched_setaffinity(0, order["cpus"])
        signal.set_wakeup_fd(-1)
        for number in (
            signal.SIGINT,
            signal.SIGHUP,
            signal.SIGPIPE,
            signal.SIGXFSZ,
            signal.SIGTERM,
            signal.SIGCHLD,
        ):
            signal.signal(number, signal.SIG_DFL)
        for descriptor in keep:
            os.set_inheritable(descriptor, True)
        os.execvpe(order["argv"][0], order["argv"], order["env"])  # noqa: S606 - no shell is the point

    # -- fork servers -----------------------------------------------------------------------------

    def _serve(self, order: dict[str, Any]) -> None:
        ears, to = os.pipe()
        out, mouth = os.pipe()
        order["env"] = {**order["env"], FORK_SERVER: f"{ears},{mouth}"}
        try:
            pid = self._start(order, (ears, mouth))
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

    def _fork(self, order: dict[str, Any]) -> None:
        for server in self._servers.values():
            if server.id == order["server"]:
                server.directories[order["id"]] = order["directory"]
                os.write(server.to, json.dumps(order).encode() + b"\n")
                return
        self._event(event="failed", id=order["id"], error="the fork server is gone")

    def _hear_server(self, server: Server) -> None:
        """Hear what it has said since; at its end the descriptor is watched no longer."""
        data, closed = _read_all(server.out)
        *lines, server.rest = (server.rest + data).split(b"\n")
        for line in lines:
            self._relay(server, json.loads(line))
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
                self._end(trial, event["returncode"], event["max_rss"], event["cpu_seconds"])
            return
        if event["event"] == "started":
            directory = server.directories.pop(event["id"])
            self._trials[event["pid"]] = Trial(event["id"], event["pid"], directory)
        self._event(**{"id": server.id, **event})

    # -- ends -------------------------------------------------------------------------------------

    def _reap(self) -> None:
        """Collect every child that has ended, and tell of the trials of which nothing is left."""
        ended = False
        while (pid := _ended_child()) is not None:
            ended = True
            if pid in self._trials:
                _signal_group(pid, signal.SIGKILL)
            _, status, usage = os.wait4(pid, 0)
            code = os.waitstatus_to_exitcode(status)
            if pid in self._trials:
                self._end(self._trials[pid], code, _rss(usage.ru_maxrss), usage.ru_utime + usage.ru_stime)
            elif pid in self._servers:
                self._end_server(self._servers.pop(pid), code)
        if ended or self._draining():
            self._drain()

    def _end(self, trial: Trial, returncode: int, max_rss: int, cpu_seconds: float) -> None:
        if trial.result is None:
            trial.result = {"returncode": returncode, "max_rss": max_rss, "cpu_seconds": cpu_seconds}
            trial.deadline = time.monotonic() + DRAIN_SECONDS

    def _end_server(self, server: Server, code: int) -> None:
        self._hear_server(server)
        self._ignore(server)  # its children may hold the other end open
        _signal_group(server.pid, signal.SIGKILL)
        for descriptor in (server.to, server.out):
            os.close(descriptor)
        self._event(event="ended", id=server.id, returncode=code)

    def _drain(self) -> None:
        doomed = self._sweep()
        for trial in list(self._trials.values()):
            if trial.result is None:
                continue
            left = doomed or _group_exists(trial.pid)
            if not left or time.monotonic() > trial.deadline:
                del self._trials[trial.pid]
                self._event(event="exited", id=trial.id, **trial.result)

    def _sweep(self) -> bool:
        """Kill the orphans that no living trial can own. Whether there were any."""
        found = False
        live = [trial for trial in self._trials.values() if trial.result is None]
        for pid in _children(self._pid):
            if pid in self._trials or pid in self._servers or _owned(pid, live):
                continue
            _kill(pid)
            found = True
        return found

    def _kill_everything(self) -> None:
        deadline = time.monotonic() + DRAIN_SECONDS
        for leader in (*self._trials, *self._servers):
            _signal_group(leader, signal.SIGKILL)
        while time.monotonic() < deadline:
            for pid in _children(self._pid):
                _kill(pid)
            try:
                if os.waitpid(-1, os.WNOHANG)[0] == 0:
                    time.sleep(0.002)
            except ChildProcessError:
                return


def _owned(pid: int, live: list[Trial]) -> bool:
    """Whether one of these trials may have made this orphan: by session, environment, or else by age."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            marks = [entry for entry in file.read().split(b"\0") if entry.startswith(TRIAL_DIR)]
        session, birth = _stat(pid)
    except OSError:
        return False
    if any(trial.pid == session for trial in live):
        return True
    if marks:
        return any(trial.mark in marks for trial in live)
    return any(_stat(trial.pid)[1] <= birth for trial in live)


def _stat(pid: int) -> tuple[int, int]:
    """Session and time of birth (clock ticks) of a process; (0, 0) when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return (0, 0)
    return int(fields[3]), int(fields[19])


def _children(pid: int) -> list[int]:
    if not LINUX:
        return []
    try:
        with open(f"/proc/{pid}/task/{pid}/children", "rb") as file:
            return [int(child) for child in file.read().split()]
    except OSError:
        return [int(name) for name in os.listdir("/proc") if name.isdigit() and _parent(int(name)) == pid]


def _parent(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return int(file.read().rpartition(b")")[2].split()[1])
    except OSError:
        return 0


def _ended_child() -> int | None:
    """A child that has ended and is not yet collected: its pid, and so its group's, is not given anew."""
    try:
        found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return None
    return None if found is None else found.si_pid


def _group_exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _signal_group(group: int, signum: int) -> None:
    try:
        os.killpg(group, signum)
    except (ProcessLookupError, PermissionError):
        pass


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def _rss(reported: int) -> int:
    """Bytes: Linux counts kilobytes."""
    return reported * 1024 if LINUX else reported


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


if __name__ == "__main__":
    Launcher(int(sys.argv[1])).run()
