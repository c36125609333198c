"""Forked trials: as fresh as a fresh process, refused where that cannot be, given up where it was not."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from annotate_runtime import forksafety
from annotate_runtime.executors.client import ExecutorLost
from annotate_runtime.executors.local import LocalExecutor, Prefix, script_position
from annotate_runtime.processes import children

BEGIN = "from annotate_runtime.trial import trial as _annotate_trial; "
ASK = "\nn = (_annotate_trial['n'] if 'n' in _annotate_trial else 0)\n"
FORKED = "forked = b'forkserver' in open('/proc/self/cmdline', 'rb').read()\n"
NATIVE = """
import ctypes, time
libc, thread = ctypes.CDLL(None), ctypes.c_ulong()
def begin(function, argument=None):
    libc.pthread_create(ctypes.byref(thread), None, function, ctypes.c_void_p(argument))
"""
NUMBA = """
states = {"np": [0], "py": [0]}
rnd_get_np_state_ptr, rnd_get_py_state_ptr = (lambda: "np"), (lambda: "py")
def rnd_get_state(which): return list(states[which])
"""
Study = Outcome = Any  # of conftest, which importlib mode keeps to itself


def trials(
    study: Study,
    before: str,
    after: str,
    count: int = 2,
    *,
    fork: bool = True,
    threads: int | None = None,
    **prefix_options: Any,
) -> tuple[list[Outcome], list[str]]:
    """Run a script that asks between `before` and `after`; the outcomes and the notices."""
    script = study.write("train.py", BEGIN + before + ASK + after)
    requests = [
        study.request(sys.executable, script, number=i, params={"n": i}, threads=threads)
        for i in range(count)
    ]
    first = requests[0]
    notices: list[str] = []

    async def whole() -> list[Outcome]:
        prefix = Prefix(first.command, first.cwd, first.env, study.root, **prefix_options) if fork else None
        executor = await LocalExecutor.start(notify=notices.append, prefix=prefix)
        outcomes = [study.outcome(r, await (await executor.launch(r)).wait()) for r in requests]
        await executor.aclose()
        return outcomes

    return asyncio.run(whole()), notices


def test_the_prefix_runs_once_and_heads_every_log(study: Study) -> None:
    """What was printed before the first ask is in each trial's log, the work behind it done once."""
    outcomes, notices = trials(
        study, "open('ran', 'a').write('x'); print('loading', flush=False)", "print(n)", 3
    )
    assert [outcome.log for outcome in outcomes] == [f"loading\n{n}\n" for n in range(3)]
    assert (study.home / "ran").read_text() == "x"
    assert notices == []
    assert {outcome.exit.method for outcome in outcomes} == {"fork"}


@pytest.mark.parametrize(
    ("before", "reason"),
    [
        ("import threading, time; threading.Thread(target=time.sleep, args=(9,), daemon=True, name='loader').start()",
         r"a Python thread runs .*\(loader of time\)"),
        ("import subprocess; p = subprocess.Popen(['sleep', '9'])", "a child process runs"),
        ("import os, time; os.fork() or time.sleep(9)", "a child process runs"),
        ("import socket; s = socket.socket()", "a socket open"),
        ("import os; p = os.pipe()", "a pipe open"),
        ("f = open('out.txt', 'w')", "out.txt open for writing"),
        ("import select; e = select.epoll()", "eventpoll"),
        (NATIVE + "begin(libc.sleep, 9); libc.pthread_setname_np(thread, b'pool-0')", r"native thread .*\(pool-0, 1 in"),
        (NATIVE + "wait = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(lambda _: time.sleep(9)); begin(wait)",
         r"native thread .*\((_ctypes|libffi), 1 in"),
        ("import tempfile; d = tempfile.TemporaryDirectory()", "a temporary file or directory"),
        ("from tempfile import mkstemp; import os; d, path = mkstemp(); os.close(d)", "a temporary file or directory"),
        ("import signal; signal.alarm(60)", "an alarm is set"),
        ("import signal; signal.setitimer(signal.ITIMER_PROF, 60)", "an alarm is set"),
        ("import logging.handlers as h, queue; h.QueueListener(queue.Queue()).start()",
         r"a Python thread runs .*\(Thread-1.* of logging.handlers\)"),
        ("import mmap; m = mmap.mmap(-1, 9)", "shares memory"),
        ("import multiprocessing as m; s = m.get_context('fork').Semaphore()", "shares memory"),
        ("import os; f = os.open('out.txt', os.O_CREAT | os.O_WRONLY); os.dup2(f, 1); os.close(f)", "sends its output elsewhere"),
        ("import os; os.close(2)", "sends its output elsewhere"),
        ("import multiprocessing as m; s = m.get_context('fork').Lock(); s.acquire()", "shares memory"),
    ],
)  # fmt: skip
def test_what_is_unsafe_is_not_forked(study: Study, before: str, reason: str) -> None:
    """Each trial is then a fresh process, and one notice says why."""
    outcomes, notices = trials(study, before, "_annotate_trial.report_final_result(n)")
    assert [(outcome.values, outcome.exit.method) for outcome in outcomes] == [([0], "spawn"), ([1], "spawn")]
    assert len(notices) == 1
    assert re.search(reason, notices[0]), notices


@pytest.mark.parametrize(
    "before",
    [
        "import threading\nfor _ in range(20):\n    t = threading.Thread(target=int); t.start(); t.join()",
        # tqdm's, by its looks
        (
            "import threading\nover = threading.Event()\nclass TMonitor(threading.Thread):\n    run = over.wait\n"
            "    def exit(self): over.set(); self.join()\nTMonitor(daemon=True).start()"
        ),
    ],
)
def test_a_thread_that_ends_in_time_does_not_hinder(study: Study, before: str) -> None:
    """One that has been joined is not yet forgotten by the kernel; tqdm's begins anew with the next bar."""
    outcomes, notices = trials(study, before, "")
    assert [outcome.exit.method for outcome in outcomes] == ["fork", "fork"]
    assert notices == []


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        ("import os\nif (child := os.fork()): os.waitpid(child, 0); train = lambda: None", "that the script starts"),
        ("import subprocess, sys\nif len(sys.argv) < 2: subprocess.run([sys.executable, __file__, 'x']); train = lambda: None",
         "that the script starts"),
        (("import multiprocessing as m\nif __name__ == '__main__':\n"
         "    p = m.get_context('spawn').Process(target=train); p.start(); p.join(); train = lambda: None"),
         "that the script starts"),
        ("import os, sys\nif len(sys.argv) < 2: os.execv(sys.executable, [sys.executable, *sys.argv, 'x'])",
         "starts itself anew"),
    ],
)  # fmt: skip
def test_a_process_of_the_common_part_runs_no_trial(study: Study, start: str, reason: str) -> None:
    """What only a worker asks for is no common part; the worker goes no further there, and none is left waiting."""
    before = f"""
def train():
    n = (_annotate_trial['n'] if 'n' in _annotate_trial else 0)
    open('trained', 'a').write('x')
    _annotate_trial.report_final_result(n)
{start}
if __name__ == '__main__': train()
if False:
    pass"""
    outcomes, notices = trials(study, before, "")
    assert [(outcome.values, outcome.exit.method) for outcome in outcomes] == [([0], "spawn"), ([1], "spawn")]
    assert (study.home / "trained").read_text() == "xx"
    assert len(notices) == 1
    assert reason in notices[0]


@pytest.mark.parametrize(
    "before",
    [
        pytest.param(
            "begin(libc.sleep, 9); libc.pthread_setname_np(thread, b'jemalloc_bg_thd')", id="jemalloc"
        ),
        pytest.param("begin(libc.usleep, 30_000)", id="about to end"),
    ],
)
def test_native_threads_that_a_fork_may_leave_behind_are_no_reason(study: Study, before: str) -> None:
    """What jemalloc runs for pandas; what has been joined and is not quite gone."""
    outcomes, notices = trials(study, NATIVE + before, "_annotate_trial.report_final_result(n)")
    assert [(outcome.values, outcome.exit.method) for outcome in outcomes] == [([0], "fork"), ([1], "fork")]
    assert notices == []


def test_what_was_temporary_and_is_gone_does_not_hinder(study: Study) -> None:
    """Many a library tries at import whether it can write."""
    before = "import tempfile\nwith tempfile.TemporaryDirectory(), tempfile.NamedTemporaryFile(): pass"
    outcomes, notices = trials(study, before, "")
    assert [outcome.exit.method for outcome in outcomes] == ["fork", "fork"]
    assert notices == []


def test_each_trial_has_locks_of_its_own(study: Study) -> None:
    """A trial that was killed while it held a lock of before the fork, such as `tqdm` makes, stops no other."""
    before = "import multiprocessing as m; c = m.get_context('fork'); locks = [c.Lock(), c.RLock()]"
    after = (
        "import os, signal\nprint([lock.acquire(timeout=0.1) for lock in locks], flush=True)\n"
        "locks[1].acquire(); locks[1].release()\n"
        "p = c.Process(target=lambda: print(locks[0].acquire(timeout=0.05), flush=True)); p.start(); p.join()\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    outcomes, notices = trials(study, before, after)
    assert notices == []
    assert [(outcome.log, outcome.exit.method) for outcome in outcomes] == [
        ("[True, True]\nFalse\n", "fork")
    ] * 2


def test_a_script_that_fails_before_it_asks_fails_as_itself(study: Study) -> None:
    """The trial shows the script's own error, and the notice what became of the common part."""
    outcomes, notices = trials(study, "import no_such_module", "", 1)
    assert outcomes[0].exit.returncode == 1
    assert "No module named 'no_such_module'" in outcomes[0].log
    assert "before it asked" in notices[0]


def test_counts_of_threads_are_one_before_the_fork_and_the_share_after(study: Study) -> None:
    """joblib asks for its count each time; a pool that the prefix has not begun is looked up in the child."""
    names = "('LOKY_MAX_CPU_COUNT', 'POLARS_MAX_THREADS')"
    before = "import os; first = os.environ['LOKY_MAX_CPU_COUNT']"
    outcomes, _ = trials(study, before, f"print(first, [os.environ[name] for name in {names}])", threads=3)
    assert [outcome.log for outcome in outcomes] == ["1 ['3', '3']\n"] * 2


def test_what_the_script_sets_for_itself_holds_in_every_trial(study: Study) -> None:
    """One thread by its own wish, which is what the fork server has set already, as much as any other value."""
    before = "import os; os.environ['OMP_NUM_THREADS'] = '1'; os.environ['MKL_NUM_THREADS'] = '2'"
    after = "print([os.environ[f'{name}_NUM_THREADS'] for name in ('OMP', 'MKL', 'OPENBLAS')])"
    outcomes, _ = trials(study, before, after, threads=3)
    assert [outcome.log for outcome in outcomes] == ["['1', '2', '3']\n"] * 2


def test_a_file_that_a_thread_closes_while_they_are_listed_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pool of Arrow's reads ahead; looked at between two system calls, its file was there and then was not."""
    whole = os.readlink
    number = os.open(__file__, os.O_RDWR)

    def closed_behind_it(path: str) -> str:
        target = whole(path)
        if path == f"/proc/self/fd/{number}":
            os.close(number)
        return target

    assert number in forksafety.written_files(set())
    monkeypatch.setattr(os, "readlink", closed_behind_it)
    assert number not in forksafety.written_files(set())


def test_arrow_is_forked_with_its_threads(study: Study) -> None:
    """pandas brings it; its pools begin anew in a child, with the trial's share of the cores."""
    before = """
import pyarrow as pa, pyarrow.parquet as pq, pyarrow.compute as pc
pq.write_table(pa.table({"x": list(range(100_000))}), "t.parquet", row_group_size=1000)
table = pq.read_table("t.parquet")
"""
    after = """
again = pq.read_table("t.parquet")
print(pc.sum(table["x"]).as_py() == pc.sum(again["x"]).as_py(), pa.cpu_count())
"""
    outcomes, notices = trials(study, before, after, threads=2)
    assert notices == []
    assert [(outcome.log, outcome.exit.method) for outcome in outcomes] == [("True 2\n", "fork")] * 2


def test_unseeded_generators_are_fresh_in_every_trial(study: Study) -> None:
    """Module-level and own instances, used before the fork or not."""
    outcomes, _ = trials(study, "import random; random.random(); own = random.Random()",
                         "print(random.random(), own.random())", 3)  # fmt: skip
    assert len({outcome.log.split()[0] for outcome in outcomes}) == 3
    assert len({outcome.log.split()[1] for outcome in outcomes}) == 3


@pytest.mark.parametrize(
    ("use", "method"), [("", "fork"), ("h.states['np'][0] = 1", "spawn"), ("h.states['py'][0] = 1", "spawn")]
)
def test_numba_s_generators_once_used_are_not_forked(study: Study, use: str, method: str) -> None:
    """They begin anew in a child by themselves: what the script has seeded would be lost. Unused ones do no harm."""
    (study.home / "numba").mkdir(parents=True)
    (study.home / "numba" / "__init__.py").touch()
    (study.home / "numba" / "_helperlib.py").write_text(NUMBA)
    outcomes, notices = trials(study, f"import numba._helperlib as h; {use}", "print(n)")
    assert [(outcome.log, outcome.exit.method) for outcome in outcomes] == [("0\n", method), ("1\n", method)]
    assert [notice for notice in notices if "numba's random generator" not in notice] == []
    assert len(notices) == (method == "spawn")


def test_unseeded_numpy_generators_are_fresh_in_every_trial(study: Study) -> None:
    """The global generator and every `default_rng()` begin anew; a seeded one goes on."""
    before = "import numpy as np; np.random.rand(); a = np.random.default_rng(); b = np.random.default_rng(1); b.random()"
    outcomes, notices = trials(study, before, "print(np.random.rand(), a.random(), b.random())", 3)
    assert notices == []
    columns = [set(column) for column in zip(*(outcome.log.split() for outcome in outcomes), strict=True)]
    assert [len(column) for column in columns] == [3, 3, 1]


def test_a_seeded_script_gives_the_same_forked_and_spawned(study: Study) -> None:
    """Python's and numpy's seeded streams run through the fork as if there were none."""
    before = "import random, numpy as np; random.seed(5); np.random.seed(6); x = random.random() + np.random.rand()"
    after = "_annotate_trial.report_final_result(x * (n + 1) + random.gauss(0, 1) + np.random.randn())"
    forked, notices = trials(study, before, after, 3)
    values = [outcome.values[-1] for outcome in forked]
    spawned, _ = trials(study, before, after, 3, fork=False)
    assert notices == []
    assert values == [outcome.values[-1] for outcome in spawned]


def test_siblings_share_no_file_offset(study: Study) -> None:
    """A file opened for reading before the fork is each trial's own, at the same place."""
    outcomes, notices = trials(study, "f = open(__file__, 'rb', 0); f.seek(5)", "print(f.read(11))", 3)
    assert notices == []
    assert [outcome.log for outcome in outcomes] == ["b' SystemExit'\n"] * 3


def test_a_look_at_the_trial_in_the_environment_is_an_ask(study: Study) -> None:
    """A script that reads NNI_OUTPUT_DIR first is forked there, and sees its own."""
    outcomes, notices = trials(study, "import os; out = os.environ['NNI_OUTPUT_DIR']", "print(out)")
    assert notices == []
    assert [outcome.log.strip()[-8:] for outcome in outcomes] == ["0/output", "1/output"]


def test_atexit_and_unclosed_files_are_as_at_a_usual_end(study: Study) -> None:
    """Leaving quickly loses nothing that a slow end would have written."""
    after = "import atexit; atexit.register(print, 'bye'); f = open(f'left{n}', 'w'); f.write('kept')"
    outcomes, _ = trials(study, "", after)
    assert [outcome.log for outcome in outcomes] == ["bye\n"] * 2
    assert [(study.home / f"left{n}").read_text() for n in range(2)] == ["kept"] * 2


def test_a_hung_forked_trial_is_run_again_as_a_fresh_process(study: Study) -> None:
    """A lock that only the fork has left held: the study goes on, and says so once."""
    after = (
        FORKED
        + "import threading; lock = threading.Lock(); lock.acquire(not forked); forked and lock.acquire() and lock.acquire()\n"
    )
    after += "_annotate_trial.report_final_result(n)"
    outcomes, notices = trials(study, "", after, hang_seconds=1.0)
    assert [(outcome.values, outcome.exit.method) for outcome in outcomes] == [([0], "spawn"), ([1], "spawn")]
    assert notices == ["each trial starts as a fresh process: a forked trial hung"]


def test_a_death_that_a_fork_brings_is_run_again_as_a_fresh_process(study: Study) -> None:
    """SIGABRT before any result: the same trial is tried without the fork."""
    after = FORKED + "import os; forked and os.abort(); _annotate_trial.report_final_result(n)"
    outcomes, notices = trials(study, "", after)
    assert [outcome.values for outcome in outcomes] == [[0], [1]]
    assert notices == ["each trial starts as a fresh process: a forked trial died of SIGABRT"]


def test_a_failure_that_a_fork_brings_is_run_again_as_a_fresh_process(study: Study) -> None:
    """A library that finds itself in a fork raises what it likes: only a fresh process tells whose fault it is."""
    after = FORKED + "assert not forked; _annotate_trial.report_final_result(n)"
    outcomes, notices = trials(study, "", after)
    assert [(outcome.values, outcome.exit.method) for outcome in outcomes] == [([0], "spawn"), ([1], "spawn")]
    assert notices == [
        "each trial starts as a fresh process: a forked trial failed where a fresh process did not"
    ]


def test_a_failure_of_the_scripts_own_is_looked_at_once(study: Study) -> None:
    """The first is run again, and keeps its own traceback; the others are forked and are not."""
    after = "import os; open('ran', 'a').write('x'); os.mkdir(str(n)); raise KeyError(n)"
    outcomes, notices = trials(study, "", after, 3)
    assert [outcome.log.splitlines()[-1] for outcome in outcomes] == [
        "KeyError: 0",
        "KeyError: 1",
        "KeyError: 2",
    ]
    assert (study.home / "ran").read_text() == "xxxx"
    assert notices == []


def test_a_trial_that_has_reported_is_never_run_twice(study: Study) -> None:
    """Its results stand; only the next ones are started otherwise."""
    after = "import os; _annotate_trial.report_intermediate_result(n); os.abort()"
    outcomes, notices = trials(study, "", after)
    assert [(outcome.values, outcome.exit.returncode) for outcome in outcomes] == [([0], -6), ([1], -6)]
    assert len(notices) == 1


def test_closing_while_the_common_part_runs_leaves_nobody_waiting(study: Study) -> None:
    """Ctrl-C in the first seconds: a launch that waits for the prefix fails, and the prefix is gone."""
    script = study.write("train.py", BEGIN + "import time; time.sleep(60)" + ASK)
    request = study.request(sys.executable, script)

    async def whole() -> None:
        prefix = Prefix(request.command, request.cwd, request.env, study.root)
        executor = await LocalExecutor.start(notify=pytest.fail, prefix=prefix)
        launching = asyncio.ensure_future(executor.launch(request))
        await asyncio.sleep(0.3)
        await executor.aclose()
        with pytest.raises(ExecutorLost):
            await asyncio.wait_for(launching, 5)

    asyncio.run(whole())


def test_a_launch_that_is_cancelled_in_the_common_part_leaves_the_others_theirs(study: Study) -> None:
    """One trial is killed while the prefix runs: the next is forked from that prefix all the same."""
    before = "import os, time\nwhile not os.path.exists('go'): time.sleep(0.02)"
    script = study.write("train.py", BEGIN + before + ASK)
    requests = [study.request(sys.executable, script, number=i, params={"n": i}) for i in range(2)]

    async def whole() -> str:
        prefix = Prefix(requests[0].command, requests[0].cwd, requests[0].env, study.root)
        executor = await LocalExecutor.start(notify=pytest.fail, prefix=prefix)
        launches = [asyncio.ensure_future(executor.launch(request)) for request in requests]
        await asyncio.sleep(0.2)
        launches[0].cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(launches[0], 1)
        (study.home / "go").touch()
        end = await (await launches[1]).wait()
        await executor.aclose()
        method: str = end.method
        return method

    assert asyncio.run(whole()) == "fork"
    assert [request.log.exists() for request in requests] == [False, True]


def test_a_launcher_that_dies_in_the_common_part_is_told(study: Study) -> None:
    """A launch that waits for the prefix does not wait for ever."""
    script = study.write("train.py", BEGIN + "import time; time.sleep(60)" + ASK)
    request = study.request(sys.executable, script)

    async def whole() -> None:
        prefix = Prefix(request.command, request.cwd, request.env, study.root)
        executor = await LocalExecutor.start(notify=pytest.fail, prefix=prefix)
        launching = asyncio.ensure_future(executor.launch(request))
        await asyncio.sleep(0.3)
        executor._launcher._process.kill()
        with pytest.raises(ExecutorLost):
            await asyncio.wait_for(launching, 5)
        await executor.aclose()

    asyncio.run(whole())


def test_the_process_that_waits_for_its_order_may_die(study: Study) -> None:
    """The next trial is forked ahead: one that was killed is replaced unseen, and none outlives the executor."""
    script = study.write(
        "train.py", BEGIN + "open('prefix', 'w').write(str(__import__('os').getpid()))" + ASK
    )
    requests = [study.request(sys.executable, script, number=i, params={"n": i}) for i in range(3)]

    def waiting() -> list[int]:
        server = (study.home / "prefix").read_text()
        return [int(pid) for pid in Path(f"/proc/{server}/task/{server}/children").read_text().split()]

    async def whole() -> tuple[list[Outcome], int]:
        prefix = Prefix(requests[0].command, requests[0].cwd, requests[0].env, study.root)
        executor = await LocalExecutor.start(notify=pytest.fail, prefix=prefix)
        outcomes = []
        for request in requests:
            outcomes.append(study.outcome(request, await (await executor.launch(request)).wait()))
            (spare,) = waiting()
            if request.number == 0:
                os.kill(spare, signal.SIGKILL)
                while waiting() in ([], [spare]):
                    await asyncio.sleep(0.01)
        await executor.aclose()
        return outcomes, spare

    outcomes, spare = asyncio.run(whole())
    assert [(outcome.exit.returncode, outcome.exit.method) for outcome in outcomes] == [(0, "fork")] * 3
    assert not Path(f"/proc/{spare}").exists()


def test_a_trial_that_was_asked_of_a_server_that_dies_runs_as_a_fresh_process(study: Study) -> None:
    """Whatever kills the process of the common part (the kernel, for memory), nobody waits for its answer for ever."""
    script = study.write("train.py", BEGIN + ASK + "print(n)")
    requests = [study.request(sys.executable, script, number=i, params={"n": i}) for i in range(2)]
    first = requests[0]
    notices: list[str] = []

    async def whole() -> list[Outcome]:
        prefix = Prefix(first.command, first.cwd, first.env, study.root)
        executor = await LocalExecutor.start(notify=notices.append, prefix=prefix)
        outcomes = [study.outcome(first, await (await executor.launch(first)).wait())]
        launcher = executor._launcher._process.pid
        (server,) = children(launcher)
        os.kill(server, signal.SIGSTOP)
        launching = asyncio.ensure_future(executor.launch(requests[1]))
        await asyncio.sleep(0.1)
        os.kill(server, signal.SIGKILL)
        running = await asyncio.wait_for(launching, 10)
        outcomes.append(study.outcome(requests[1], await running.wait()))
        await executor.aclose()
        return outcomes

    outcomes = asyncio.run(whole())
    assert [outcome.exit.method for outcome in outcomes] == ["fork", "spawn"]
    assert [outcome.log for outcome in outcomes] == ["0\n", "1\n"]
    assert len(notices) == 1


def test_a_forked_trial_may_remove_its_own_directory(study: Study) -> None:
    """It ends with its own code, and the trials after it are forked like any."""
    body = "import os, shutil, sys\nif n == 0:\n    shutil.rmtree(os.environ['ANNOTATE_TRIAL_DIR'])\n    sys.exit(3)\n"
    script = study.write("train.py", BEGIN + ASK + body)
    requests = [study.request(sys.executable, script, number=i, params={"n": i}) for i in range(2)]
    first = requests[0]

    async def whole() -> list[tuple[int, str]]:
        prefix = Prefix(first.command, first.cwd, first.env, study.root)
        executor = await LocalExecutor.start(notify=pytest.fail, prefix=prefix)
        try:
            ends = [await (await executor.launch(request)).wait() for request in requests]
        finally:
            await executor.aclose()
        return [(end.returncode, end.method) for end in ends]

    assert asyncio.run(whole()) == [(3, "fork"), (0, "fork")]


def test_a_daemon_is_not_taken_for_one_of_a_trial_that_was_ordered_later(study: Study) -> None:
    """That the later trial's process waited for its order long before makes no daemon its own."""
    body = (
        "import os, subprocess, time\n"
        "if n == 0:\n"
        "    subprocess.run(['/bin/sh', '-c', 'setsid /bin/sleep 55 & echo $! > daemon'], env={}, start_new_session=True)\n"
        "while not os.path.exists(f'go{n}'): time.sleep(0.02)\n"
    )
    script = study.write("train.py", BEGIN + ASK + body)
    requests = [study.request(sys.executable, script, number=i, params={"n": i}) for i in range(2)]
    told = study.home / "daemon"

    def begun() -> bool:
        return told.exists() and told.read_text().endswith("\n")

    def lives() -> bool:
        return Path("/proc", told.read_text().strip()).exists()

    def let_go(number: int) -> None:
        (study.home / f"go{number}").touch()

    async def whole() -> tuple[bool, bool]:
        prefix = Prefix(requests[0].command, requests[0].cwd, requests[0].env, study.root)
        executor = await LocalExecutor.start(notify=pytest.fail, prefix=prefix)
        first = await executor.launch(requests[0])
        while not begun():
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.05)
        second = await executor.launch(requests[1])
        before = lives()
        let_go(0)
        await first.wait()
        after = lives()
        let_go(1)
        await second.wait()
        await executor.aclose()
        return before, after

    assert asyncio.run(whole()) == (True, False)


def test_a_thread_that_starts_after_the_fork_is_waited_for(study: Study) -> None:
    """A trial may have threads of its own, in a pool or alone: leaving quickly waits for them as Python does."""
    after = (
        "import threading, time, concurrent.futures as f\n"
        "print(sum(f.ThreadPoolExecutor(2).map(abs, [-1, -2])))\n"
        "threading.Thread(target=lambda: (time.sleep(0.2), print('late', n))).start()"
    )
    outcomes, notices = trials(study, "", after)
    assert notices == []
    assert [outcome.log for outcome in outcomes] == ["3\nlate 0\n", "3\nlate 1\n"]


def test_a_gpu_that_is_open_is_unsafe(monkeypatch: pytest.MonkeyPatch) -> None:
    """CUDA does not survive a fork; the control device that torch's NVML check opens is no reason."""
    import types

    read_end, write_end = os.pipe()
    for target, loaded, reason in (
        ("/dev/nvidia0", False, "opens the GPU"),
        ("/dev/nvidia-uvm", True, "opens the GPU"),
        ("/dev/nvidiactl", True, None),
    ):
        with monkeypatch.context() as patched:
            patched.setattr(os, "readlink", lambda _, target=target: target)
            patched.setattr(forksafety, "_opened", lambda _: [forksafety._Opened(read_end)])
            (patched.setitem if loaded else lambda *_: None)(sys.modules, "torch", types.ModuleType("torch"))
            found = forksafety._descriptors(set())
        assert (found is None) == (reason is None)
        assert reason is None or reason in found
    os.close(read_end)
    os.close(write_end)


@pytest.mark.parametrize(
    ("command", "position"),
    [
        ("python train.py --lr 1", 1),
        ("/v/bin/python3.12 -u -W ignore train.py", 4),
        ("python -m pkg.train", None),
        ("python -c pass", None),
        ("torchrun train.py", None),
        ("python-of-the-cluster train.py", None),
        ("bash run.sh", None),
    ],
)
def test_only_a_plain_script_is_forked(command: str, position: int | None) -> None:
    """Where the script stands in a command, None for a command that is something else."""
    assert script_position(tuple(command.split())) == position
