"""What every way of starting a trial holds: nothing survives, nothing is lost, exits are told as they were."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from annotate_runtime.executors import CannotLaunch, Exit, TrialRequest
from annotate_runtime.executors.local import LocalExecutor, Prefix
from annotate_runtime.protocol import Read, Result

BEGIN = "from annotate_runtime.trial import trial as _annotate_trial; "
Study = Outcome = Any  # of conftest, which importlib mode keeps to itself

ASK = (
    BEGIN
    + "import os, signal, subprocess, sys, time\nn = (_annotate_trial['n'] if 'n' in _annotate_trial else 0)\n"
)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def until(condition: Callable[[], Any], seconds: float = 20.0) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError("it did not come about")


def pids(study: Study) -> list[int]:
    return [int(pid) for path in study.home.glob("pid*") for pid in path.read_text().split()]


class Conformance:
    """Run for each start method; a trial is `ASK` and the body of the test."""

    method: str

    def prefix(self, request: TrialRequest, study: Study) -> Prefix | None:
        raise NotImplementedError

    def session(self, study: Study, body: str, act: Any, **options: Any) -> Any:
        """Start an executor, launch one trial, and do `act(executor, running, request)`."""
        script = study.write("train.py", ASK + body)
        request = study.request(sys.executable, script, params={"n": 1}, **options)
        notices: list[str] = []

        async def whole() -> Any:
            executor = await LocalExecutor.start(notify=notices.append, prefix=self.prefix(request, study))
            try:
                return await act(executor, await executor.launch(request), request)
            finally:
                await executor.aclose()

        result = asyncio.run(whole())
        assert notices == []
        return result

    def trial(self, study: Study, body: str, **options: Any) -> Outcome:
        async def act(executor: LocalExecutor, running: Any, request: TrialRequest) -> Outcome:
            return study.outcome(request, await running.wait())

        outcome: Outcome = self.session(study, body, act, **options)
        assert outcome.exit.method == self.method
        return outcome

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ("", 0),
            ("sys.exit(3)", 3),
            ("sys.exit('no')", 1),
            ("1 / 0", 1),
            ("os.kill(os.getpid(), signal.SIGKILL)", -9),
        ],
    )
    def test_the_exit_code_is_the_scripts_own(self, study: Study, body: str, code: int) -> None:
        """Codes, messages, exceptions and signals end a trial as they end a plain process."""
        assert self.trial(study, body).exit.returncode == code

    def test_reports_arrive_with_their_steps(self, study: Study) -> None:
        """What the trial reported is read back in order, and what it asked for is noted."""
        outcome = self.trial(study, "for i in range(3): _annotate_trial.report_intermediate_result(i / 2)\n"
                                    "_annotate_trial.report_final_result(n)\n")  # fmt: skip
        assert outcome.reports[0] == Read("n")
        assert [(r.kind, r.step, r.values["default"]) for r in outcome.results] == [
            ("intermediate", 0, 0.0), ("intermediate", 1, 0.5), ("intermediate", 2, 1.0), ("final", 0, 1.0)]  # fmt: skip

    def test_a_trial_leads_a_session_of_its_own(self, study: Study) -> None:
        """No signal of the user's terminal reaches it."""
        outcome = self.trial(study, "print(os.getsid(0) == os.getpgid(0) == os.getpid())")
        assert outcome.log == "True\n"

    def test_a_killed_trial_has_lost_no_report(self, study: Study) -> None:
        """A report is on disk before the call returns."""
        body = "for i in range(1000): _annotate_trial.report_intermediate_result(i)\nos.kill(os.getpid(), 9)"
        assert len(self.trial(study, body).results) == 1000

    def test_stop_is_sigterm_to_all_of_it(self, study: Study) -> None:
        """The script may clean up on SIGTERM."""
        body = "signal.signal(signal.SIGTERM, lambda *_: sys.exit(5))\nopen('pid', 'w').write('1')\ntime.sleep(60)"

        async def act(executor: Any, running: Any, request: Any) -> Exit:
            await asyncio.to_thread(until, (study.home / "pid").exists)
            return await running.stop(10)

        assert self.session(study, body, act).returncode == 5

    @pytest.mark.parametrize("state", ["ignores SIGTERM", "is stopped"])
    def test_a_trial_that_does_not_go_is_killed(self, study: Study, state: str) -> None:
        """SIGKILL ends what ignores SIGTERM, also behind SIGSTOP, with its children."""
        how = "" if state == "is stopped" else "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        stop = "os.kill(os.getpid(), signal.SIGSTOP)\n" if state == "is stopped" else ""
        body = f"{how}p = subprocess.Popen(['sleep', '77'])\nopen('pid', 'w').write(f'{{p.pid}} ')\n{stop}time.sleep(60)"

        async def act(executor: Any, running: Any, request: Any) -> Exit:
            await asyncio.to_thread(until, lambda: pids(study))
            return await running.stop(0.3)

        assert self.session(study, body, act).returncode in (-9, -15)
        assert not any(map(alive, pids(study)))

    @pytest.mark.parametrize("clean", [True, False], ids=["with our environment", "without any"])
    def test_daemons_die_with_their_trial(self, study: Study, clean: bool) -> None:
        """A process that left the group and the session, and forgot who it was, does not outlive its trial."""
        env = "" if clean else ", env={}"
        body = ("p = subprocess.Popen(['/bin/sh', '-c', 'setsid /bin/sleep 88 & echo $! > piddaemon; sleep 0.3'], "
                f"start_new_session=True{env})\np.wait()\nprint('done')")  # fmt: skip
        outcome = self.trial(study, body)
        assert outcome.log == "done\n"
        assert len(pids(study)) == 1
        assert not any(map(alive, pids(study)))

    def test_one_that_closes_every_descriptor_still_reports(self, study: Study) -> None:
        """Reports never go into a file of the script's that took over our descriptor."""
        body = ("_annotate_trial.report_intermediate_result(1)\nos.closerange(3, 256)\n"
                "files = [open(f'own{i}', 'w') for i in range(9)]\n"
                "_annotate_trial.report_intermediate_result(2)\n_annotate_trial.report_final_result(3)\n")  # fmt: skip
        assert self.trial(study, body).values == [1, 2, 3]
        assert [path.read_text() for path in study.home.glob("own*")] == [""] * 9

    def test_a_flood_of_output_reaches_the_log(self, study: Study) -> None:
        """100 MB on stdout fill the log and nothing else."""

        async def act(executor: Any, running: Any, request: TrialRequest) -> int:
            await running.wait()
            return request.log.stat().st_size

        assert self.session(study, "for _ in range(100): os.write(1, b'x' * 10**6)", act) == 10**8

    def test_nothing_survives_the_hosts_kill(self, study: Study, tmp_path: Path) -> None:
        """kill -9 of the host: trial, its children, its daemons, the launcher and the fork server are gone."""
        body = ("p = subprocess.Popen(['sleep', '99'])\nsubprocess.Popen(['setsid', 'sleep', '98'])\n"
                "d = subprocess.Popen(['sleep', '97'], start_new_session=True)\n"
                "open('pid', 'w').write(f'{os.getpid()} {os.getppid()} {p.pid} {d.pid}')\ntime.sleep(60)")  # fmt: skip
        script = study.write("train.py", ASK + body)
        request = study.request(sys.executable, script, params={"n": 1})
        host = tmp_path / "host.py"
        host.write_text(
            "import asyncio\nfrom pathlib import PosixPath\n"
            "from annotate_runtime.executors import TrialRequest\n"
            "from annotate_runtime.executors.local import LocalExecutor, Prefix\n"
            "async def main():\n"
            f"    executor = await LocalExecutor.start(notify=print, prefix={self.prefix(request, study)!r})\n"
            f"    await (await executor.launch({request!r})).wait()\n"
            "asyncio.run(main())\n"
        )
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        process = subprocess.Popen([sys.executable, str(host)], env=env)
        until(lambda: len(pids(study)) == 4)
        process.kill()
        process.wait()
        until(lambda: not any(map(alive, pids(study))), 5)

    def test_a_stopped_host_goes_on_where_it_was(self, study: Study) -> None:
        """SIGSTOP and SIGCONT of the launcher lose no exit."""

        async def act(executor: LocalExecutor, running: Any, request: Any) -> Exit:
            launcher = executor._launcher._process.pid
            os.kill(launcher, signal.SIGSTOP)
            await asyncio.sleep(0.4)
            os.kill(launcher, signal.SIGCONT)
            return await running.wait()

        assert self.session(study, "time.sleep(0.1)\nsys.exit(4)", act).returncode == 4

    def test_many_trials_at_once_keep_their_own_logs(self, study: Study) -> None:
        """Logs, numbers and parameters of trials that run side by side do not mix."""
        script = study.write("train.py", ASK + "print(n, os.environ['NNI_TRIAL_SEQ_ID'])")
        requests = [study.request(sys.executable, script, number=i, params={"n": i * 10}) for i in range(6)]

        async def whole() -> None:
            executor = await LocalExecutor.start(notify=pytest.fail, prefix=self.prefix(requests[0], study))
            running = await asyncio.gather(*map(executor.launch, requests))
            await asyncio.gather(*(trial.wait() for trial in running))
            await executor.aclose()

        asyncio.run(whole())
        assert [request.log.read_text() for request in requests] == [f"{i * 10} {i}\n" for i in range(6)]

    def test_a_launch_that_is_cancelled_twice_takes_nothing_with_it(self, study: Study) -> None:
        """What it would have started is killed, and the next launch is heard of: the loop may be told to stop twice."""
        script = study.write("train.py", ASK + "time.sleep(n)")
        slow, quick = (
            study.request(sys.executable, script, number=n, params={"n": 100 * (1 - n)}) for n in (0, 1)
        )

        async def whole() -> Exit:
            executor = await LocalExecutor.start(notify=pytest.fail, prefix=self.prefix(slow, study))
            launching = asyncio.ensure_future(executor.launch(slow))
            if executor._server is not None:
                await executor._server.serves(slow.command)
            os.kill(executor._launcher._process.pid, signal.SIGSTOP)
            while not executor._launcher._launches:
                await asyncio.sleep(0)
            (launch,) = executor._launcher._launches.values()
            for _ in range(2):
                launching.cancel()
                await asyncio.sleep(0.01)
            os.kill(executor._launcher._process.pid, signal.SIGCONT)
            with pytest.raises(asyncio.CancelledError):
                await launching
            assert (await asyncio.wait_for(launch.exited, 10))["returncode"] == -signal.SIGKILL
            end = await asyncio.wait_for((await executor.launch(quick)).wait(), 10)
            await executor.aclose()
            return end

        assert asyncio.run(whole()).returncode == 0


class TestSpawn(Conformance):
    """Each trial is a fresh process."""

    method = "spawn"

    def prefix(self, request: TrialRequest, study: Study) -> None:
        return None

    def test_a_command_that_does_not_exist_cannot_be_launched(self, study: Study) -> None:
        """It is told as what it is, and the executor goes on."""
        bad, good = study.request("no-such-program"), study.request("true")

        async def whole() -> Exit:
            executor = await LocalExecutor.start(notify=pytest.fail)
            with pytest.raises(CannotLaunch, match=r"^No such file or directory: .*no-such-program$"):
                await executor.launch(bad)
            end = await (await executor.launch(good)).wait()
            await executor.aclose()
            return end

        assert asyncio.run(whole()).returncode == 0

    def test_a_daemon_of_a_living_trial_is_left_alone(self, study: Study) -> None:
        """When one trial ends, what another has put in the background goes on."""
        parent = study.request("sh", "-c", "(setsid sleep 66 & echo $! > pid); sleep 60", number=0)
        other = study.request("true", number=1)

        async def whole() -> tuple[bool, bool]:
            executor = await LocalExecutor.start(notify=pytest.fail)
            running = await executor.launch(parent)
            await asyncio.to_thread(until, lambda: pids(study))
            await (await executor.launch(other)).wait()
            before = all(map(alive, pids(study)))
            await running.stop(1)
            after = any(map(alive, pids(study)))
            await executor.aclose()
            return before, after

        assert asyncio.run(whole()) == (True, False)


class TestFork(Conformance):
    """Trials are forked where the script first asks."""

    method = "fork"

    def prefix(self, request: TrialRequest, study: Study) -> Prefix:
        return Prefix(request.command, request.cwd, request.env, study.root / "study")


def test_results_survive_the_wire() -> None:
    """What the trial side encodes, the host decodes, NaN and strange keys included."""
    from annotate_runtime import encoding
    from annotate_runtime.protocol import decode_report

    line = encoding.measurement("final", 1.5, 2, {"default": float("inf"), 'a"\u00e9\n': -0.0})
    assert decode_report(line) == Result("final", 1.5, 2, {"default": float("inf"), 'a"\u00e9\n': -0.0})
