"""A trial is as near to `python train.py` as a script can see, and only one process of it reports."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import annotate_runtime
from annotate_runtime.install import STAND_INS, TRIAL_SIDE

BEGIN = "from annotate_runtime.trial import trial as _annotate_trial; "
ASK = "n = (_annotate_trial['n'] if 'n' in _annotate_trial else 0)\n"
OLD = next(
    map(str, Path.home().glob(".pyenv/versions/3.9.*/bin/python")),  # a shim on the PATH may lead nowhere
    shutil.which("python3.9") or sys.executable,
)
RUNTIME = Path(annotate_runtime.__file__).parent
SOURCES = {RUNTIME / name for name in TRIAL_SIDE}
SOURCES |= {path for name in STAND_INS for path in (RUNTIME / "stand_ins").rglob("*.py") if name in str(path)}
Study = Any  # of conftest, which importlib mode keeps to itself


def test_the_script_sees_its_own_name_and_place(study: Study) -> None:
    """argv[0] is what the user typed, the rest untouched; stdin is empty; cwd is the user's."""
    script = study.write("train.py", BEGIN + "import os, sys\nprint(sys.argv, __name__, os.getcwd(), sys.stdin.read() == '')\n"
                                             "print(__file__, sys.path[0], __cached__)")  # fmt: skip
    lines = study.run(sys.executable, script, "--lr", "a b").log.splitlines()
    assert lines[0] == f"['train.py', '--lr', 'a b'] __main__ {study.home} True"
    assert lines[1] == f"{study.home}/train.py {study.home} None"


def test_a_safe_path_is_left_without_the_scripts_directory(study: Study) -> None:
    """With PYTHONSAFEPATH, which Python has since 3.11, a forked trial has the path that a fresh process has."""
    script = study.write("train.py", BEGIN + ASK + "import sys\nprint(*sys.path)")
    safe = {"PYTHONSAFEPATH": "1"}
    outcomes = [study.run(sys.executable, script, fork=fork, env=safe, number=fork) for fork in (False, True)]
    assert [outcome.exit.method for outcome in outcomes] == ["spawn", "fork"]
    assert outcomes[0].log == outcomes[1].log


@pytest.mark.parametrize(
    "command",
    [
        "python train.py",
        "python -u ./train.py",
        "python -m train",
        "bash run.sh",
        "python outer.py",
        "python -m cProfile train.py",
    ],
)
def test_any_command_that_ends_in_the_script_runs_the_mirror(study: Study, command: str) -> None:
    """The user's path leads to the instrumented copy, whoever starts it."""
    study.write("train.py", BEGIN + ASK + "_annotate_trial.report_final_result(n)")
    (study.home / "run.sh").write_text(f"cd /\n{sys.executable} {study.home}/train.py\n")
    (study.home / "outer.py").write_text(
        "import subprocess, sys; subprocess.run([sys.executable, 'train.py'], check=True)"
    )
    outcome = study.run(*command.replace("python ", f"{sys.executable} ").split(), params={"n": 4})
    assert outcome.values == [4], outcome.log


def test_an_import_by_the_users_path_gets_the_mirror(study: Study) -> None:
    """A package below a path that the script adds itself is the instrumented one."""
    study.write("pkg/__init__.py", "", "")
    study.write("pkg/net.py", BEGIN + ASK)
    (study.home / "pkg" / "plain.py").write_text("here = __file__\n")
    outcome = study.python(
        "import os, sys; sys.path.insert(0, os.getcwd())\nfrom pkg.net import n\nprint(n)", params={"n": 5}
    )
    assert outcome.log == "5\n"


@pytest.mark.parametrize("shown", ["raised", "logged", "chained"])
def test_tracebacks_name_the_users_file_and_none_of_ours(study: Study, shown: str) -> None:
    """File, line and text are the user's, in Python's own format."""
    call = """__import__("annotate_runtime.trial", None, None, ["trial"]).trial.report_final_result('nan')"""
    body = {
        "raised": f"def f():\n    {call}\nf()\n",
        "logged": f"import logging\ntry: {call}\nexcept TypeError: logging.exception('oh')\n",
        "chained": f"try: {call}\nexcept TypeError as error:\n    raise ValueError('so') from error\n",
    }[shown]
    plain = body.replace(call, "report(x)  # @nni")
    log = study.python(BEGIN + "\n" + body, "\n" + plain).log
    assert f'File "{study.home}/train.py", line' in log
    assert "report(x)  # @nni" in log
    assert str(study.mirror) not in log
    if shown != "logged":
        assert "annotate" not in log.replace(str(study.root), "")


def test_a_sitecustomize_of_the_users_own_still_runs(study: Study, tmp_path: Path) -> None:
    """Ours stands before it, not in its place."""
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "sitecustomize.py").write_text("import builtins; builtins.mark = __file__\n")
    outcome = study.python(
        "import sys; print(mark, sys.modules['sitecustomize'].__file__)",
        env={"PYTHONPATH": f"{tmp_path}/theirs"},
    )
    assert outcome.log.split() == [f"{tmp_path}/theirs/sitecustomize.py"] * 2


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_workers_see_the_same_parameters_and_do_not_report(study: Study, method: str) -> None:
    """multiprocessing children of every kind agree with their parent, and only one process reports."""
    body = ("import multiprocessing as mp\n"
            "def work(i):\n    _annotate_trial.report_intermediate_result(i)\n    return n\n"
            "if __name__ == '__main__':\n"
            "    _annotate_trial.report_intermediate_result(100)\n"
            f"    with mp.get_context('{method}').Pool(2) as pool: print(pool.map(work, range(4)))\n"
            "    _annotate_trial.report_final_result(n)\n")  # fmt: skip
    outcome = study.python(BEGIN + ASK + body, params={"n": 7})
    assert outcome.log == "[7, 7, 7, 7]\n"
    assert outcome.values == [100, 7]


def test_who_may_report_is_not_pickled(study: Study) -> None:
    """joblib sends a worker the functions of `__main__` by value, and with them the trial."""
    worker = "import pickle, sys; t = pickle.load(sys.stdin.buffer); t.report_intermediate_result(8); print(t['n'])"
    body = (
        "import os, pickle, subprocess, sys\n_annotate_trial.report_intermediate_result(n)\n"
        "outside = {k: v for k, v in os.environ.items() if k != 'ANNOTATE_TRIAL_DIR'}\n"
        "for env in (os.environ, outside):\n"
        f"    worker = subprocess.run([sys.executable, '-c', {worker!r}], input=pickle.dumps(_annotate_trial), env=env)\n"
        "    print(worker.returncode, flush=True)\n"
        "_annotate_trial.report_final_result(n)\n"
    )
    outcome = study.python(BEGIN + ASK + body, params={"n": 7})
    assert outcome.log == "7\n0\n7\n0\n"
    assert outcome.values == [7, 7]


@pytest.mark.parametrize("fork", [False, True], ids=["spawn", "fork"])
@pytest.mark.parametrize(
    ("env", "each"), [({}, "1"), ({"OMP_NUM_THREADS": "5"}, "5")], ids=["ours", "the user's"]
)
def test_the_workers_of_joblib_share_a_trials_threads(
    study: Study, fork: bool, env: dict[str, str], each: str
) -> None:
    """Two workers with a share of two threads have one each; a number that the user has set is for each worker."""
    script = study.write(
        "train.py",
        BEGIN + "import os\nfrom joblib import Parallel, delayed\n" + ASK +
        "def told():\n    return os.environ['OMP_NUM_THREADS']\n"
        "print(Parallel(n_jobs=2)(delayed(told)() for _ in range(2)))\n"
        "print(os.environ['MKL_NUM_THREADS'])\n",
    )  # fmt: skip
    outcome = study.run(sys.executable, script, fork=fork, threads=2, env=env)
    assert outcome.log == f"['{each}', '{each}']\n2\n"


def test_of_many_ranks_only_the_first_reports(study: Study) -> None:
    """As torchrun starts them: RANK in the environment, all of them reporting."""
    study.write(
        "train.py",
        BEGIN + ASK + "import os; _annotate_trial.report_final_result(n + int(os.environ['RANK']))",
    )
    (study.home / "run.sh").write_text(
        f"for r in 2 1 0 3; do RANK=$r {sys.executable} train.py & done; wait\n"
    )
    assert study.run("bash", "run.sh", params={"n": 7}).values == [7]


def test_a_rank_from_outside_the_trial_silences_nobody(study: Study) -> None:
    """A host that itself runs as rank 3 of a cluster's job still has reporting trials."""
    assert study.python(
        BEGIN + "_annotate_trial.report_final_result(1)", env={"SLURM_PROCID": "3"}
    ).values == [1]


def test_siblings_that_outlive_the_reporter_stay_silent(study: Study) -> None:
    """Without RANK: whoever was there beside the first reporter never takes over."""
    body = ("import sys, time; i = int(sys.argv[1]); time.sleep(i * 0.5)\n_annotate_trial.report_final_result(i)")  # fmt: skip
    study.write("train.py", BEGIN + body)
    (study.home / "run.sh").write_text(f"{sys.executable} train.py 2 & {sys.executable} train.py 1 & wait\n")
    assert study.run("bash", "run.sh").values == [1]


def test_the_next_command_of_a_trial_reports_on(study: Study) -> None:
    """One after the other: both report, and steps go on counting."""
    study.write("train.py", BEGIN + "_annotate_trial.report_intermediate_result(1)")
    (study.home / "run.sh").write_text(f"{sys.executable} train.py; {sys.executable} train.py\n")
    assert [result.step for result in study.run("bash", "run.sh").results] == [0, 1]


def test_a_parent_sums_up_its_childs_work(study: Study) -> None:
    """The child reports first; after its end the process it came from may."""
    study.write("child.py", BEGIN + "_annotate_trial.report_intermediate_result(1)")
    outcome = study.python(BEGIN + "import subprocess, sys\nsubprocess.run([sys.executable, 'child.py'])\n"
                                   "_annotate_trial.report_final_result(2)")  # fmt: skip
    assert outcome.values == [1, 2]


def test_a_parent_that_spoke_while_its_child_reported_has_the_last_word(study: Study) -> None:
    """What it says beside the child is left out; after the child's end it is heard."""
    study.write("child.py", BEGIN + "import sys\n_annotate_trial.report_intermediate_result(1)\n"
                                    "print(flush=True); sys.stdin.read()")  # fmt: skip
    outcome = study.python(BEGIN + "import subprocess, sys\nPIPE = subprocess.PIPE\n"
                           "child = subprocess.Popen([sys.executable, 'child.py'], stdin=PIPE, stdout=PIPE)\n"
                           "child.stdout.readline(); _annotate_trial.report_intermediate_result(100)\n"
                           "child.communicate(); _annotate_trial.report_final_result(2)")  # fmt: skip
    assert outcome.values == [1, 2]


def test_the_trial_side_works_on_the_oldest_python(study: Study) -> None:
    """3.9, where nothing of ours is installed: parameters, reports, stand-ins, tracebacks."""
    script = study.write("train.py", BEGIN + ASK + "import nni, dlkit_utils\nfrom nni.utils import merge_parameter\n"
                         "print(nni.get_next_parameter())\ndlkit_utils.report_loss(0.5)\nnni.report_final_result({'default': n})\n1 / 0\n")  # fmt: skip
    outcome = study.run(OLD, script, params={"n": 3})
    assert [dict(result.values) for result in outcome.results] == [{"loss": 0.5}, {"default": 3.0}]
    assert outcome.log.startswith("{'n': 3}\n")
    assert f'File "{study.home}/train.py", line 7' in outcome.log


def test_outside_a_trial_nothing_of_it_is_felt(study: Study) -> None:
    """The instrumented script with lib on its path and no trial: defaults, silence, nothing imported by us."""
    script = study.write(
        "train.py",
        BEGIN + ASK + "_annotate_trial.report_final_result(n)\nimport sys\nprint(n, 'json' in sys.modules)",
    )
    request = study.request(sys.executable, script)
    ran = subprocess.run(
        [sys.executable, script],
        env={"PYTHONPATH": str(study.lib)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (ran.stdout, ran.stderr) == ("0 False\n", "")
    assert not (request.directory / "reports").exists()


@pytest.mark.parametrize(
    ("value", "option", "chosen"),
    [("1", "1", True), ("1", "True", False), ("1", "1.0", False), ("1", "'1'", False), ("None", "None", True),
     ("[1, 2]", "(1, 2)", True), ("[1, True]", "[1, 1]", False), ("'5 * 6'", "'5 * 6'", True), ("-1", "-1", True)],
)  # fmt: skip
def test_an_option_is_chosen_by_type_and_value(study: Study, value: str, option: str, chosen: bool) -> None:
    """As JSON tells values apart."""
    import ast

    outcome = study.python(
        BEGIN + f"print(_annotate_trial.chose('n', {option}))", params={"n": ast.literal_eval(value)}
    )
    assert outcome.log == f"{chosen}\n"


@pytest.mark.parametrize("source", sorted(SOURCES), ids=lambda path: path.name)
def test_what_lives_in_a_trial_is_written_in_the_oldest_python(source: Path) -> None:
    """Its grammar is that of 3.9, and no annotation is evaluated, where `int | None` would fail."""
    tree = ast.parse(source.read_text(), feature_version=(3, 9))
    nodes = list(ast.walk(tree))
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    assert not [node for node in nodes if isinstance(node, ast.Match)]
    assert not [call for call in calls if any(keyword.arg == "strict" for keyword in call.keywords)]
    future = any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in tree.body)
    annotations = [getattr(node, name, None) for node in nodes for name in ("annotation", "returns")]
    assert future or not [each for each in annotations if isinstance(each, ast.BinOp | ast.Subscript)]
