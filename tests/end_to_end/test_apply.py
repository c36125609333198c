"""`apply`, `diff` and `checkout` over real studies, in real git repositories."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

from .conftest import COMMAND, Annotate

SCRIPT = """\
# -*- coding: utf-8 -*-
import argparse
from net import width

lr = 0.1  # @nni.loguniform(1e-4, 1e-1)
'''@nni.variable(nni.choice("sgd", 'adam'), name=opt)'''
opt = "sgd"
parser = argparse.ArgumentParser()
parser.add_argument("--momentum", type=float, default=0.9)  # @nni.uniform(0.5, 0.99)
parser.add_argument("--epochs", type=int, default=1)
args = parser.parse_args()
acc = 1 - abs(lr - 0.01) - width / 1000 + (opt == "adam") / 10 - args.momentum / 100
for epoch in range(args.epochs):
    '''@nni.report_intermediate_result({"default": acc - 0.5, "loss": epoch})'''
print(repr(acc), lr, width, opt, args.momentum)
'''@nni.report_final_result(acc)'''
"""
NET = "width = 2 ** 6  # @nni.choice(16, 32, 64)  keep small\n"


def git(annotate, *words):
    done = subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b", *words],
        cwd=annotate.cwd,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """Five trials of a script of two files, both committed; and the best one."""
    command = Annotate(tmp_path_factory.mktemp("begun"))
    command.write("train.py", SCRIPT)
    command.write("net.py", NET)
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"]):
        git(command, *words)
    words = ["run", "train.py", "--trials", "5", "--seed", "3", "--tuner", "random", "--", "--epochs", "2"]
    assert command(*words).returncode == 0
    return command, max(command.trials(), key=lambda trial: trial["value"])


@pytest.fixture
def annotate(request, tmp_path):
    """In the study's directory, which is put back afterwards, where a test asks for the study."""
    if "study" not in request.fixturenames:
        yield Annotate(tmp_path)
        return
    command, _ = request.getfixturevalue("begun")
    there = {*command.studies}
    yield command
    git(command, "checkout", "-q", ".")
    git(command, "clean", "-fdq")
    for study in {*command.studies} - there:
        shutil.rmtree(study)


@pytest.fixture
def study(begun):
    return begun[1]


def test_git_diff_shows_the_defaults_and_nothing_else(annotate, study):
    """After `apply` of the best trial; the script, run plainly, is the trial."""
    done = annotate("apply", "--yes")
    assert done.returncode == 0, done.stderr
    assert f"trial {study['number']} of" in done.stderr
    params = {key.split("/")[1]: value for key, value in study["parameters"].items()}
    changed = [line for line in git(annotate, "diff").splitlines() if re.match(r"[+-][^+-]", line)]
    wanted = {
        f"lr = {params['lr']!r}  # @nni.loguniform(1e-4, 1e-1)",
        f'parser.add_argument("--momentum", type=float, default={params["momentum"]!r})  # @nni.uniform(0.5, 0.99)',
        f"width = {params['width']}  # @nni.choice(16, 32, 64)  keep small",
        *(["opt = 'adam'"] if params["opt"] == "adam" else []),
    }
    assert {line[1:] for line in changed if line[0] == "+"} <= wanted
    assert len(changed) == 2 * sum(line[0] == "+" for line in changed) > 0
    plain = subprocess.run(
        [sys.executable, "train.py"], cwd=annotate.cwd, capture_output=True, text=True, check=True
    )
    assert float(plain.stdout.split()[0]) == study["value"]
    assert annotate("check", "train.py").returncode == 0


def test_the_diff_alone_writes_nothing_and_is_a_patch(annotate, study):
    """What `--diff` prints, git applies: it is what `--yes` writes."""
    shown = annotate("apply", "--diff")
    assert shown.returncode == 0
    assert git(annotate, "diff") == ""
    patch = annotate.write("patch.diff", shown.stdout)
    git(annotate, "apply", str(patch))
    assert annotate("apply", "--yes").returncode == 0
    again = annotate("apply", "--yes")
    assert (again.returncode, again.stdout) == (0, "")
    assert "already hold the values" in again.stderr


def test_without_a_terminal_yes_is_needed(annotate, study):
    """Exit code 2, and nothing is written."""
    done = annotate("apply")
    assert done.returncode == 2
    assert "write --yes" in done.stderr
    assert git(annotate, "diff") == ""


def test_a_conflict_is_shown_and_writes_nothing(annotate, study):
    """No file is written where one has a conflict."""
    annotate.write("train.py", SCRIPT.replace("lr = 0.1", "lr = 0.05"))
    done = annotate("apply", "--yes")
    assert done.returncode == 2
    assert "train.py:5: lr was 0.1 when the study began, is 0.05 now; trial" in done.stderr
    assert (annotate.cwd / "net.py").read_text() == NET


def test_stripped_it_is_a_plain_script(annotate, study):
    """Nothing of ours is left in either file, and it is the trial."""
    assert annotate("apply", "--yes", "--strip").returncode == 0
    for name in ("train.py", "net.py"):
        text = (annotate.cwd / name).read_text()
        assert "@nni" not in text
        assert not re.search(r"[ \t]$", text, re.MULTILINE)
    plain = subprocess.run(
        [sys.executable, "train.py"], cwd=annotate.cwd, capture_output=True, text=True, check=True
    )
    assert float(plain.stdout.split()[0]) == study["value"]
    assert annotate("apply", "--yes", "--strip").returncode == 0


def test_rounded_values_say_whether_they_were_measured(annotate, study):
    """They were not, until a trial has run with them: the command that is shown does it."""
    first = annotate("apply", "--diff", "--digits", "2")
    assert first.returncode == 0
    command = re.search(r"not measured with 2 digits; to know: annotate (.*)", first.stderr)
    assert command is not None, first.stderr
    assert annotate(*shlex.split(command[1])).returncode == 0
    older = min(annotate.studies, key=lambda path: (path / "study.db").stat().st_mtime).name
    second = annotate("apply", older, "--diff", "--digits", "2")
    assert "with 2 digits it was measured: trial 1 of" in second.stderr, second.stderr
    assert second.stdout == first.stdout


def test_on_a_terminal_it_asks(annotate, study):
    """No leaves everything as it is, yes writes; the diff is shown before."""
    for answer, code in (("n", 1), ("y", 0)):
        child = pexpect.spawn(
            COMMAND[0], [*COMMAND[1:], "apply"], cwd=str(annotate.cwd), env={**annotate.env, "TERM": "xterm"}, timeout=60, encoding="utf-8",
        )  # fmt: skip
        child.expect(r"\+lr = ")
        child.expect(r"Write trial \d into train\.py")
        child.sendline(answer)
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == code
        assert (git(annotate, "diff") == "") == (answer == "n")


def test_two_trials_are_shown_side_by_side(annotate, study):
    """Their sources as a diff, then their results: value, gain, duration, every reported key."""
    done = annotate("diff", "1", "2")
    assert done.returncode == 0
    values = [trial["parameters"].get("train/lr/loguniform") for trial in annotate.trials()]
    assert f"-lr = {values[1]!r}  # @nni" in done.stdout
    assert f"+lr = {values[2]!r}  # @nni" in done.stdout
    for row in (
        "acc ",
        "over the defaults",
        "duration",
        "acc, last",
        "acc, best",
        "loss, last",
        "loss, best",
    ):
        assert row in done.stdout
    alone = annotate("diff", "2")
    assert "-lr = 0.1  # @nni" in alone.stdout
    assert "trial 0 (defaults)" in alone.stdout
    assert annotate("diff", "1", "2", "3").returncode == 2


def test_of_several_metrics_each_gain_is_shown(annotate):
    """A trial that is better in one and worse in the other does not pass for better."""
    annotate.write(
        "two.py", "w = 8  # @nni.choice(16)\n# @nni.report_final_result({'default': w / 100, 'cost': w})\n"
    )
    words = ["run", "two.py", "--trials", "2", "--metric", "default:max", "--metric", "cost:min"]
    assert annotate(*words).returncode == 0
    said = annotate("diff", "1").stdout
    assert re.search(r"over the defaults +\+0\.08\d* \(\+100\.0 %\) better", said), said
    assert re.search(r"cost, over the defaults +-8\S* \(-100\.0 %\) worse", said), said


def test_a_trial_is_checked_out_and_run(annotate, study):
    """The command that it prints gives the result of the trial, wherever the copy is."""
    (annotate.cwd / "train.py").unlink()
    for output in (Path("out"), annotate.cwd.parent / f"{annotate.cwd.name}-out"):
        words = ["checkout", str(study["number"]), "-o", output]
        done = annotate(*words)
        assert done.returncode == 0, done.stderr
        env = {**os.environ, "PATH": f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}"}
        ran = subprocess.run(
            done.stdout, shell=True, cwd=annotate.cwd, env=env, capture_output=True, text=True, check=False
        )
        assert float(ran.stdout.split()[0]) == study["value"], ran.stderr
        assert annotate(*words).returncode == 2


def test_a_checked_out_project_runs_its_own_package_and_configuration(annotate):
    """Not the ones that are installed editable, or named in the working directory: those have other values."""
    path = os.pathsep.join(filter(None, ["src", annotate.env.get("PYTHONPATH")]))
    annotate.env = env = {**annotate.env, "PYTHONPATH": path}
    for name, text in {
        "pyproject.toml": "",
        "src/proj/net.py": "width = 64  # @nni.choice(16, 32)\n",
        "configs/a.py": "lr = 0.1  # @nni.loguniform(1e-4, 1e-1)\n",
        "scripts/train.py": (
            "import runpy, sys\nfrom proj.net import width\nlr = runpy.run_path(sys.argv[1].partition('=')[2])['lr']\n"
            "print(repr(width + lr))\n# @nni.report_final_result(width + lr)\n"
        ),
    }.items():
        (annotate.cwd / name).parent.mkdir(parents=True, exist_ok=True)
        annotate.write(name, text)
    words = ["run", "scripts/train.py", "--trials", "3", "--tuner", "random", "--", "--config=configs/a.py"]
    assert annotate(*words).returncode == 0
    last = annotate.trials()[-1]
    assert last["value"] < 64
    done = annotate("checkout", str(last["number"]), "-o", "out")
    env = {**env, "PATH": f"{os.path.dirname(sys.executable)}:{env['PATH']}"}
    ran = subprocess.run(
        done.stdout, shell=True, cwd=annotate.cwd, env=env, capture_output=True, text=True, check=False
    )
    assert ran.stdout == f"{last['value']!r}\n", ran.stderr


def test_values_of_the_command_line_have_nothing_to_be_written_to(annotate):
    """Of a study by --param the command line is shown instead."""
    annotate.write(
        "plain.py", "import sys\nprint('acc:', float(sys.argv[2]) if len(sys.argv) > 2 else 0.5)\n"
    )
    words = [
        "run",
        "plain.py",
        "--trials",
        "3",
        "--param",
        "lr=uniform(0.6,1)",
        "--metric-pattern",
        r"acc: (\S+)",
    ]
    assert annotate(*words).returncode == 0
    best = max(annotate.trials(), key=lambda trial: trial["value"])
    done = annotate("apply", "--yes")
    assert done.returncode == 2
    assert f"python plain.py --lr {best['value']!r}" in done.stderr


def test_parameters_that_the_script_asks_for_are_shown(annotate):
    """nni.get_next_parameter() by hand: what to write, and a checkout that runs without NNI."""
    annotate.write(
        "hand.py",
        "import nni\np = {'lr': 0.5}\np.update(nni.get_next_parameter())\nprint(p['lr'])\nnni.report_final_result(p['lr'])\n",
    )
    space = annotate.write("space.json", json.dumps({"lr": {"_type": "uniform", "_value": [0.6, 1]}}))
    assert annotate("run", "hand.py", "--trials", "3", "--space", space).returncode == 0
    best = max(annotate.trials(), key=lambda trial: trial["value"])
    done = annotate("apply", "--yes")
    assert done.returncode == 2
    assert f'{{"lr": {best["value"]!r}}}' in done.stderr
    assert annotate("checkout", "-o", "out").returncode == 0
    plain = subprocess.run(
        [sys.executable, "out/hand.py"], cwd=annotate.cwd, capture_output=True, text=True, check=True
    )
    assert plain.stdout.split()[0] == repr(best["value"])


def test_the_baseline_has_nothing_to_write(annotate, study):
    """It ran the defaults as they stand."""
    done = annotate("apply", "0", "--yes")
    assert done.returncode == 0
    assert "the baseline, which ran the defaults as they stand" in done.stderr
    assert git(annotate, "diff") == ""


@pytest.mark.parametrize("words", [["apply", "--yes"], ["diff", "1"], ["checkout", "1", "-o", "out"]])
def test_a_study_that_keeps_no_source_is_refused(annotate, study, words):
    """An imported one has numbers only."""
    exported = annotate.write("study.json", annotate("export", "--to", "json").stdout)
    assert annotate("import", exported, "--maximize").returncode == 0
    done = annotate(*words)
    assert done.returncode == 2
    assert "keeps no source" in done.stderr
