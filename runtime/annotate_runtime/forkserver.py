"""The fork server: runs a script once up to its first ask, then forks there for every trial.

Run by the launcher as `python lib/annotate_runtime/run_forkserver.py SCRIPT ARGS...` with its two pipes in
ANNOTATE_FORK_SERVER. Inside the first ask for a parameter, the first report, or the first look at an NNI_*
variable it checks whether forking is safe (`forksafety`), says so, and serves; a child returns from
that very call with its own parameters, log, generators and threads, and goes on.

The next child is forked before there is an order for it, and waits. What it does until the script goes on
is done for every trial, and each page it writes to is copied first: so all that can be is made ready
before the fork, and no module is imported that is not needed (`json` and `signal` would bring `re` and `enum`).
"""

from __future__ import annotations

import _signal as signal  # type: ignore[import-not-found]
import gc
import os
import select
import sys

from annotate_runtime import encoding, forksafety, trial

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

PRELOADED = {"torch": "torch._dynamo"}
"""What the first optimizer of a process imports, at 1.5 s: once here instead of in every trial."""


class ForkServer:
    """The server's pipes, and what each child has to make its own."""

    def __init__(self) -> None:
        from annotate_runtime.generators import Generators

        self.ears, self.mouth = map(int, os.environ.pop("ANNOTATE_FORK_SERVER").split(","))
        os.set_inheritable(self.ears, False)
        self.pid = os.getpid()
        self.output = forksafety.where_output_goes()
        os.environ[trial.PREFIX] = f"{self.pid},{self.mouth}"
        self.environment = dict(os.environ)
        self.generators = Generators()
        self.serving = True
        self._rest = b""
        self._ready: tuple[int, int] | None = None
        """The child that waits for its order, and the pipe on which it does."""

    def tell(self, **event: str | float) -> None:
        """One line to the launcher."""
        os.write(self.mouth, encoding.event(event))

    def refuse(self, reason: str) -> NoReturn:
        """Say why not, and end: every trial will be a process of its own."""
        self.tell(event="unsafe", reason=reason)
        os._exit(0)

    def serve(self) -> None:
        """Stay here until the launcher goes; return only in a child, as its trial."""
        import atexit  # noqa: F401 - here once rather than in every child

        from annotate_runtime import leaving, reporter, shared
        from annotate_runtime.threads import setters

        if os.getpid() != self.pid:
            give_up(self.environment[trial.PREFIX])
        self.generators.keep(_preload)
        _stop_monitors()
        reason = self.generators.unsafe() or forksafety.unsafe({self.ears, self.mouth}, self.output)
        if reason is not None:
            self.refuse(reason)
        leaving.flush()
        self.generators.find()
        reopen = forksafety.files_to_reopen({self.ears, self.mouth})
        thread_setters = setters()
        locks = shared.own_locks()
        die_with_parent = _die_with_parent()
        reporter.remember_ancestors()
        leaving.spare_the_prefix()
        gc.freeze()
        wake, waker = os.pipe()
        for descriptor in (wake, waker):
            os.set_blocking(descriptor, False)
        before = signal.getsignal(signal.SIGCHLD)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        before_wake = signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        self.tell(event="ready")
        me = os.getpid()
        ears = self._fork_for_ever(wake)
        os.setsid()
        die_with_parent()
        if os.getppid() != me:
            os._exit(127)
        signal.set_wakeup_fd(before_wake)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL if before is None else before)
        for descriptor in (wake, waker, self.ears, self.mouth):
            os.close(descriptor)
        self.serving = False
        for descriptor in reopen:
            forksafety.reopen_file(descriptor)
        self.generators.freshen()
        shared.renew(locks)
        self._become(_order(ears), thread_setters)

    def _fork_for_ever(self, wake: int) -> int:
        """Keep one child ready and hand it the next order; returns only in a child, where its order will come."""
        poll = select.poll()
        poll.register(self.ears, select.POLLIN)
        poll.register(wake, select.POLLIN)
        orders: list[bytes] = []
        while True:
            if self._ready is None:
                ears, mouth = os.pipe()
                pid = os.fork()
                if pid == 0:
                    os.close(mouth)
                    return ears
                os.close(ears)
                self._ready = (pid, mouth)
            if orders:
                self._hand_over(orders)
                continue
            for descriptor, _ in poll.poll():
                data = os.read(descriptor, 1 << 16)
                if descriptor == wake:
                    self._collect()
                    continue
                if not data:
                    os._exit(0)
                *lines, self._rest = (self._rest + data).split(b"\n")
                orders += lines

    def _hand_over(self, orders: list[bytes]) -> None:
        """Make the child that is ready the trial of the first order; one that has died is replaced instead."""
        assert self._ready is not None
        (pid, mouth), self._ready = self._ready, None
        try:
            os.write(mouth, orders[0] + b"\n")
        except BrokenPipeError:
            return
        finally:
            os.close(mouth)
        self.tell(event="started", id=encoding.parsed(orders.pop(0).decode())["id"], pid=pid)

    def _collect(self) -> None:
        """Tell of every trial that has ended; the rest of its group goes before its pid is free."""
        while True:
            try:
                found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if found is None:
                return
            try:
                os.killpg(found.si_pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass
            pid, status = os.waitpid(found.si_pid, 0)
            if self._ready is not None and self._ready[0] == pid:
                os.close(self._ready[1])
                self._ready = None
                continue
            self.tell(event="exited", pid=pid, returncode=os.waitstatus_to_exitcode(status))

    def _become(self, order: dict[str, Any], setters: list[Callable[[int], Any]]) -> None:
        """Make this child the trial of the order."""
        from annotate_runtime.threads import restore_threads

        log = os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if os.fstat(1).st_size:
            _copy("/proc/self/fd/1", log)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.close(log)
        if order["cpus"]:
            os.sched_setaffinity(0, order["cpus"])
        _update_environment(self.environment, order["env"])
        restore_threads(os.environ.get("OMP_NUM_THREADS"), setters)


def give_up(prefix: str) -> NoReturn:
    """In a process that the common part has started, or become, and that asks: that is no common part.

    `prefix` is what such a process finds in its environment, the server's pid and the pipe to the launcher.
    """
    pid, mouth = map(int, prefix.split(","))
    reason = "a process that the script starts asks for the first parameter"
    if pid == os.getpid():
        reason = "the script starts itself anew before the first parameter is asked for"
    launcher = os.open(f"/proc/{pid}/fd/{mouth}", os.O_WRONLY)
    os.write(launcher, encoding.event({"event": "unsafe", "reason": reason}))
    os.kill(pid, signal.SIGKILL)
    os._exit(0)


class _Environment(os._Environ):  # type: ignore[type-arg]
    """`os.environ` until the fork: what a trial would see differently is a reason to become one."""

    def __getitem__(self, key: str) -> str:
        if isinstance(key, str) and key.startswith("NNI_"):
            trial.run_before_first_use()
        value: str = os._Environ.__getitem__(self, key)
        return value

    def __setitem__(self, key: str, value: str) -> None:
        _set_by_script.add(key)
        os._Environ.__setitem__(self, key, value)


_set_by_script: set[str] = set()
"""Variables to which the script has given a value before the fork, be it the one that they had."""


def _order(ears: int) -> dict[str, Any]:
    """Wait for the order on this pipe; there is none where the server has ended."""
    data = b""
    while not data.endswith(b"\n"):
        more = os.read(ears, 1 << 16)
        if not more:
            os._exit(0)
        data += more
    os.close(ears)
    return encoding.parsed(data.decode())


def _update_environment(begun_with: dict[str, str], change: dict[str, str | None]) -> None:
    """Set what the trial has otherwise than the prefix; what the script itself has changed stays."""
    os.environ.__class__ = os._Environ
    os.environ.pop(trial.PREFIX, None)
    for name, new in change.items():
        if name in _set_by_script or os.environ.get(name) != begun_with.get(name):
            continue
        if new is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = new


def _die_with_parent() -> Callable[[], None]:
    """What a child calls to be killed when its parent dies."""
    import ctypes

    prctl = ctypes.CDLL(None).prctl
    arguments = (ctypes.c_int(1), ctypes.c_ulong(signal.SIGKILL))  # PR_SET_PDEATHSIG
    return lambda: prctl(*arguments)


def _preload() -> None:
    import importlib

    for trigger, wanted in PRELOADED.items():
        if trigger in sys.modules and wanted not in sys.modules:
            try:
                importlib.import_module(wanted)
            except ImportError:
                continue


def _stop_monitors() -> None:
    """End tqdm's thread, which only looks after bars that stall: the next bar, in the trial, has it anew."""
    threading = sys.modules.get("threading")
    for thread in threading.enumerate() if threading is not None else ():
        if type(thread).__name__ == "TMonitor":
            thread.exit()


def _copy(source: str, target: int) -> None:
    with open(source, "rb") as file:
        while chunk := file.read(1 << 20):
            os.write(target, chunk)


def _exit_code(request: SystemExit) -> int:
    if request.code is None:
        return 0
    if isinstance(request.code, int):
        return request.code & 0xFF if -(2**63) <= request.code < 2**63 else 0xFF
    if sys.stderr is not None:
        print(request.code, file=sys.stderr)
    return 1


def _fail(error: BaseException, script: dict[str, Any]) -> int:
    """Hand an exception that nobody caught to `sys.excepthook`, as the interpreter does; returns the exit code."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_globals is not script:
        trace = trace.tb_next
    error.__traceback__ = trace
    sys.last_type, sys.last_value, sys.last_traceback = type(error), error, trace
    if sys.version_info >= (3, 12):
        sys.last_exc = error
    try:
        sys.excepthook(type(error), error, trace)
    except SystemExit as request:
        return _exit_code(request)
    except BaseException as fault:  # noqa: BLE001 - shown as the interpreter shows it
        from annotate_runtime.uncaught import hook_failed

        hook_failed(fault, error)
    return -signal.SIGINT if isinstance(error, KeyboardInterrupt) else 1


def run(script: str, arguments: list[str]) -> NoReturn:
    """Run the script as `python SCRIPT ARGUMENTS` would, serving at its first ask."""
    from _frozen_importlib_external import SourceFileLoader

    from annotate_runtime import leaving
    from annotate_runtime.redirect import Mirror, after_import, redirect_main
    from annotate_runtime.shared import watch_temporaries
    from annotate_runtime.threads import watch_torch

    leaving.watch()
    server = ForkServer()
    after_import("tempfile", watch_temporaries)
    after_import("torch", watch_torch)
    trial.before_first_use = server.serve
    os.environ.__class__ = _Environment
    sys.argv = [script, *arguments]
    lib = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    user = redirect_main(Mirror.read(lib)) or script
    if not getattr(sys.flags, "safe_path", False):
        sys.path[0] = os.path.dirname(os.path.realpath(user))
    loader = SourceFileLoader("__main__", script)
    main = type(sys)("__main__")
    main.__dict__.update(__file__=user, __loader__=loader, __spec__=None, __cached__=None)
    main.__dict__.update(__builtins__=sys.modules["builtins"], __annotations__={})
    sys.modules["__main__"] = main
    code, failure = 0, None
    try:
        exec(loader.source_to_code(loader.get_data(script), script), main.__dict__)  # noqa: S102 - running it is what this is for
    except SystemExit as request:
        code = _exit_code(request)
    except BaseException as error:  # noqa: BLE001 - shown as the interpreter shows it
        failure = error
    if failure is not None:
        code = _fail(failure, main.__dict__)
    if server.serving and trial.before_first_use is not None:
        server.refuse(f"the script ended (exit code {code}) before it asked for a parameter")
    leaving.leave(code)
