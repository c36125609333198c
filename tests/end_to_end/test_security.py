"""What a study must not do: listen on the network, be read by others, carry out what stands in its files."""

import ast
import json
import sqlite3
import stat
import subprocess

import psutil
import pytest

from .conftest import COMMAND, ENDLESS, ROOT

ALLOWED = {  # file, and what it may call: each carries out a file of the user's, never what a study's file says
    ("runtime/annotate_runtime/forkserver.py", "exec"),  # the user's script, as its main module
}
DANGEROUS = {"eval", "exec", "execfile", "system", "popen", "unsafe_load", "full_load"}
UNPICKLERS = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"}


def test_no_process_of_a_study_has_a_network_socket(annotate):
    """The host, its launcher, the fork server, a trial."""
    annotate.write("train.py", ENDLESS)
    host = annotate.start("run", "train.py", "--trials", 2, "--jobs", 1)
    while "trial 1 started" not in host.stdout.readline():
        pass
    processes = [psutil.Process(host.pid), *psutil.Process(host.pid).children(recursive=True)]
    assert len(processes) >= 3
    assert [p.net_connections(kind="inet") for p in processes] == [[]] * len(processes)
    assert annotate("stop", "--now").returncode == 0


def test_a_study_can_be_read_by_its_owner_only(annotate):
    """Its directories can be entered by nobody else, and what holds results or secrets is closed in itself."""
    annotate.write("train.py")
    assert annotate("run", "train.py", "--trials", 2, "--detach").returncode == 0
    annotate("watch")
    (study,) = annotate.studies
    for path in (study.parent, study, study / "trials", study / "trials/0"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700, path
    (reports,) = (study / "trials/0").glob("reports*")
    names = ("study.db", "host.lock", "host.log", "environment.json", "trials/0/log")
    for path in (reports, *(study / name for name in names)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_nothing_is_evaluated_or_unpickled_but_the_users_own_script():
    """Read off the syntax of every file of ours; a text that stands in the code itself is ours too."""
    found = set()
    for file in (f for root in ("annotate", "runtime", "tuners") for f in (ROOT / root).rglob("*.py")):
        name = file.relative_to(ROOT).as_posix()
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and not isinstance(next(iter(node.args), None), ast.Constant):
                called = (
                    node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                )
                found |= {(name, called)} if called in DANGEROUS else set()
            elif isinstance(node, ast.Import | ast.ImportFrom):
                modules = (
                    [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""]
                )
                found |= {(name, module) for module in modules if module.partition(".")[0] in UNPICKLERS}
    assert found <= ALLOWED


EVIL = "__import__('pathlib').Path('pwned').write_text('x')"


@pytest.mark.parametrize(
    "entry",
    [
        {"_type": "choice", "_value": [EVIL, "!!python/object/apply:os.system ['touch pwned']"]},
        {"_type": EVIL, "_value": [0, 1]},
        {"_type": "uniform", "_value": [EVIL, 1]},
    ],
)
def test_a_space_is_data(annotate, entry):
    """Whatever its strings say, they are values, or refused."""
    annotate.write("space.json", json.dumps({"lr": entry}))
    annotate.write("train.py", "import nni\np = nni.get_next_parameter()\nnni.report_final_result(len(p))\n")
    annotate("run", "train.py", "--space", "space.json", "--trials", 2)
    assert not (annotate.cwd / "pwned").exists()


def test_what_a_trial_reports_is_data(annotate):
    """A report that is code is no number: the trial ends without a metric."""
    report = json.dumps({"kind": "final", "time": 1, "step": 0, "values": {"default": EVIL}})
    annotate.write(
        "train.py",
        "import glob, os\nlr = 0.1  # @nni.uniform(0, 1)\n"
        "for name in glob.glob(os.environ['ANNOTATE_TRIAL_DIR'] + '/reports*'):\n"
        f"    open(name, 'a').write({report!r} + '\\n')\nprint('reported', name)\n",
    )
    annotate("run", "train.py", "--trials", 1)
    assert not (annotate.cwd / "pwned").exists()
    assert "reported" in annotate("log", 0).stdout
    assert {t["state"] for t in annotate.trials()} == {"failed"}


def test_what_stands_in_a_database_is_data(annotate):
    """Every fact of a study that is text, and every parameter, replaced by code."""
    annotate.write("train.py")
    assert annotate("run", "train.py", "--trials", 2, "--tuner", "random").returncode == 0
    (study,) = annotate.studies
    with sqlite3.connect(study / "study.db") as connection:
        for name in ("metric", "tuner", "pruner", "source_hash", "direction_from", "metric_pattern", "names"):
            value = {"train/lr/loguniform": EVIL} if name == "names" else EVIL
            connection.execute("UPDATE meta SET value = ? WHERE name = ?", (json.dumps(value), name))
        connection.execute("UPDATE trials SET params = ?, message = ?", (json.dumps({EVIL: EVIL}), EVIL))
    connection.close()
    for words in (
        ("ls",),
        ("show",),
        ("top",),
        ("best",),
        ("watch",),
        ("export",),
        ("resume", "--trials", 4),
    ):
        command = [*COMMAND, *map(str, words)]
        subprocess.run(
            command, cwd=annotate.cwd, env=annotate.env, capture_output=True, timeout=60, check=False
        )
        assert not (annotate.cwd / "pwned").exists(), words
