"""A disk that is full, read-only or damaged, a file that is locked, a clock that is set back: with real processes.

The machine is made odd for one command by a library of the test's (`odd_machine/odd.c`), which needs no root.
"""

import json
import re
import shlex
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from annotate.storage import connection
from tests.end_to_end.conftest import COMMAND

SCRIPT = """\
import time
lr = 0.1  # @nni.loguniform(1e-4, 1e-1)
for epoch in range(20):
    '''@nni.report_intermediate_result(lr + epoch)'''
time.sleep(0.05)
'''@nni.report_final_result(1 - lr)'''
"""


@pytest.fixture(scope="session")
def odd(tmp_path_factory):
    library = tmp_path_factory.mktemp("odd") / "odd.so"
    source = Path(__file__).parent / "odd_machine/odd.c"
    subprocess.run(["gcc", "-shared", "-fPIC", "-Wall", "-Werror", "-o", library, source, "-ldl"], check=True)
    return str(library)


@pytest.fixture
def oddly(annotate, odd):
    """Runs `annotate` on an odd machine."""

    def run(*words, **oddities):
        plain = annotate.env
        annotate.env = {**plain, "LD_PRELOAD": odd, **{name: str(value) for name, value in oddities.items()}}
        try:
            return annotate(*words)
        finally:
            annotate.env = plain

    annotate.write("train.py", SCRIPT)
    return run


def said_to_have_succeeded(output):
    return {int(number) for number in re.findall(r"trial (\d+) succeeded", output)}


def test_a_full_disk_ends_the_study_with_a_clear_error_and_keeps_its_results(annotate, oddly):
    full = {"ODD_FULL": annotate.cwd, "ODD_BYTES": 150_000}
    done = oddly("run", "train.py", "--trials", 10_000, "--tuner", "random", **full)
    assert done.returncode == 2
    assert "the disk is full" in done.stderr
    assert "make room, then `annotate resume`" in done.stderr
    before = {
        t["number"]: (t["parameters"], t["value"]) for t in annotate.trials() if t["state"] == "succeeded"
    }
    assert len(before) > 5
    assert said_to_have_succeeded(done.stdout) <= before.keys()
    assert annotate("resume", "--trials", len(before) + 3).returncode == 0
    after = {t["number"]: (t["parameters"], t["value"]) for t in annotate.trials()}
    assert before.items() <= after.items()


def test_a_study_that_cannot_begin_for_want_of_room_leaves_nothing(annotate, oddly):
    done = oddly("run", "train.py", "--trials", 3, ODD_FULL=annotate.cwd, ODD_BYTES=0)
    assert done.returncode == 2
    assert "the disk is full" in done.stderr
    assert annotate.studies == []


def test_a_read_only_directory_is_told_and_its_studies_can_still_be_read(annotate, oddly):
    refused = oddly("run", "train.py", ODD_READ_ONLY=annotate.cwd)
    assert refused.returncode == 2
    assert "the file system is read-only" in refused.stderr
    assert annotate("run", "train.py", "--trials", 3, "--tuner", "random").returncode == 0
    for words in (("ls",), ("top",), ("best",), ("export", "--to", "json"), ("log", 0)):
        read = oddly(*words, ODD_READ_ONLY=annotate.cwd)
        assert (read.returncode, read.stdout) == (0, annotate(*words).stdout)
    refused = oddly("resume", "--trials", 5, ODD_READ_ONLY=annotate.cwd)
    assert refused.returncode == 2
    assert "the file system is read-only" in refused.stderr


@pytest.mark.parametrize(
    ("oddity", "said"),
    [("ODD_UNLOCKED", "cannot lock files"), ("ODD_UNSHARED", "neither lock a file nor share it")],
)
def test_a_file_system_without_locks_or_shared_memory_is_told_and_nothing_is_left(
    annotate, oddly, oddity, said
):
    refused = oddly("run", "train.py", "--trials", 2, **{oddity: 1})
    assert refused.returncode == 2
    assert said in refused.stderr
    assert "run in a directory of a local disk" in refused.stderr
    assert annotate.studies == []


def test_results_are_read_where_nothing_can_be_locked(annotate, oddly):
    assert annotate("run", "train.py", "--trials", 2, "--tuner", "random").returncode == 0
    read = oddly("top", ODD_UNLOCKED=1)
    assert (read.returncode, read.stdout) == (0, annotate("top").stdout)


def test_what_a_killed_host_left_is_read_whole_from_a_read_only_directory(annotate, oddly):
    host = annotate.start("run", "train.py", "--trials", 100, "--tuner", "random")
    said = "".join(host.stdout.readline() for _ in range(30))
    host.kill()
    host.wait()
    (study,) = annotate.studies
    assert (study / "study.db-wal").stat().st_size > 0
    done = oddly("export", "--to", "json", ODD_READ_ONLY=annotate.cwd)
    read = {t["number"] for t in json.loads(done.stdout)["trials"] if t["state"] == "succeeded"}
    assert said_to_have_succeeded(said) <= read


def test_a_locked_file_is_told_and_a_host_that_runs_waits_for_it(annotate):
    annotate.write("train.py", SCRIPT.replace("0.05", "0.5"))
    host = annotate.start("run", "train.py", "--trials", 3, "--jobs", 1, "--tuner", "random")
    while "started" not in host.stdout.readline():
        pass
    (study,) = annotate.studies
    other = sqlite3.connect(study / "study.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    time.sleep(connection.OPENING + 2)
    other.execute("COMMIT")
    assert host.wait(30) == 0
    other.execute("BEGIN EXCLUSIVE")
    refused = annotate("resume", "--trials", 5)
    assert refused.returncode == 2
    assert "another program holds it locked" in refused.stderr
    other.close()
    assert [t["state"] for t in annotate.trials()] == ["succeeded"] * 3


def test_a_damaged_database_is_told_and_other_studies_are_listed(annotate, oddly):
    for _ in range(2):
        assert annotate("run", "train.py", "--trials", 3, "--tuner", "random").returncode == 0
    first, second = sorted(annotate.studies)
    with (first / "study.db").open("r+b") as file:
        file.seek(4096)
        file.write(b"\xde\xad" * 20_000)
    listed = annotate("ls")
    assert (listed.returncode, first.name in listed.stderr) == (0, True)
    assert second.name in listed.stdout
    for words in (("top", first.name), ("resume", first.name, "--trials", 9)):
        refused = annotate(*words)
        assert refused.returncode == 2
        assert "it is damaged" in refused.stderr
    assert (first / "trials/2/log").exists()


def test_a_clock_that_is_set_back_disorders_nothing(annotate, odd):
    annotate.write("train.py", SCRIPT.replace("0.05", "0.3"))
    annotate.env |= {"LD_PRELOAD": odd, "ODD_CLOCK": str(annotate.cwd / "back")}
    host = annotate.start(
        "run", "train.py", "--trials", 5, "--jobs", 1, "--max-duration", "1h", "--trial-timeout", "60s"
    )
    while "trial 1 succeeded" not in host.stdout.readline():
        pass
    (annotate.cwd / "back").touch()
    assert host.wait(30) == 0
    assert annotate("resume", "--trials", 7).returncode == 0
    times = [time for t in annotate.trials() for time in (t["start"], t["end"])]
    assert len(times) == 14
    assert times == sorted(times)
    assert times[-1] - times[0] < 60


def test_a_study_runs_where_stdin_and_stdout_are_closed(annotate):
    """As some schedulers start it; no file of the study gets the number of either, to be written over."""
    annotate.write("train.py", SCRIPT)
    done = subprocess.run(
        ["sh", "-c", f"{shlex.join(COMMAND)} run train.py --trials 2 <&- >&-"],
        cwd=annotate.cwd, env=annotate.env, stderr=subprocess.PIPE, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert {trial["state"] for trial in annotate.trials()} == {"succeeded"}
