"""`annotate run` from a script to results, in real processes."""

import json
import subprocess
import sys

import pexpect
import pytest

from .conftest import COMMAND

QUICK_ARGS = ("--trials", 3, "--tuner", "random", "--seed", 1)


def test_a_script_goes_in_and_its_trials_come_out(annotate):
    """Three trials, the first one the script's own defaults, and the script untouched."""
    script = annotate.write("train.py")
    before = script.read_bytes()
    done = annotate("run", "train.py", *QUICK_ARGS)
    assert done.returncode == 0, done.stderr
    trials = annotate.trials()
    assert [t["state"] for t in trials] == ["succeeded"] * 3
    assert trials[0]["baseline"]
    assert trials[0]["value"] == pytest.approx(1 - 0.09 - 0.032)
    assert all(t["start"] <= t["end"] for t in trials)
    assert set(trials[1]["parameters"]) == {"train/lr/loguniform", "train/width/choice"}
    assert script.read_bytes() == before


def test_the_direction_and_how_to_change_it_are_said(annotate):
    """What is maximized is read off the metric's name, and the other option is named."""
    annotate.write("train.py")
    done = annotate("run", "train.py", *QUICK_ARGS)
    assert "acc is maximized (read off the metric's name, acc); --minimize changes it" in done.stdout


def test_the_same_seed_gives_the_same_study(annotate):
    """Two studies with one seed and one job try the same points."""
    annotate.write("train.py")
    tried = []
    for _ in range(2):
        annotate("run", "train.py", *QUICK_ARGS, "--jobs", 1)
        tried.append([t["parameters"] for t in annotate.trials()])
    assert tried[0] == tried[1]


def test_json_lines_are_json_and_nothing_else(annotate):
    """`--log-format json` prints one object a line, from the study's beginning to its end."""
    annotate.write("train.py")
    done = annotate("run", "train.py", *QUICK_ARGS, "--log-format", "json")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert (events[0]["event"], events[-1]["event"]) == ("study-begun", "study-ended")
    assert events[0]["study"] == annotate.studies[0].name


def test_arguments_behind_two_dashes_reach_the_script_as_they_are(annotate):
    """The script sees its own argv, directory and name."""
    annotate.write(
        "sub dir/train.py",
        "import os, sys\nlr = 0.1  # @nni.uniform(0, 1)\nprint(sys.argv, os.getcwd(), __name__)\n'''@nni.report_final_result(lr)'''\n",
    )
    done = annotate("run", "sub dir/train.py", *QUICK_ARGS, "--", "--epochs", "3", "a b")
    assert done.returncode == 0, done.stderr
    said = annotate("log", "0").stdout
    assert said == f"['sub dir/train.py', '--epochs', '3', 'a b'] {annotate.cwd} __main__\n"


def test_a_script_is_found_by_its_absolute_path_from_elsewhere(annotate, tmp_path):
    """The study lies in the working directory, not beside the script."""
    script = annotate.write("code/train.py")
    away = tmp_path / "away"
    away.mkdir()
    assert annotate("run", script, *QUICK_ARGS, cwd=away).returncode == 0
    assert (away / ".annotate").is_dir()
    assert not (tmp_path / "code/.annotate").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("-m", "pkg.train"),
        ("--", sys.executable, "-m", "pkg.train"),
        ("--", sys.executable, "-W", "ignore", "pkg/train.py"),
        ("--", "bash", "run.sh", "3"),
        ("--", "sh", "-c", f"exec {sys.executable} pkg/train.py >&-"),
        ("--", "./launch", "--nproc-per-node", "2", "pkg/train.py"),
    ],
    ids=lambda words: " ".join(words).replace(sys.executable, "python"),
)
def test_any_command_that_ends_in_the_script_is_tuned(annotate, words):
    """The script is found in the command, and its parameters reach it; only a plain one is forked, and it is said."""
    annotate.write("pkg/__init__.py", "")
    annotate.write("pkg/train.py")
    annotate.write("run.sh", f"echo begin\nexec {sys.executable} pkg/train.py --seed $1\n")
    launch = annotate.write("launch", f'#!/bin/sh\nshift 2\n{sys.executable} "$@"\n')
    launch.chmod(0o755)
    done = annotate("run", *QUICK_ARGS, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert ("fresh process: the command is not `python SCRIPT`" in done.stdout) == ("-W" not in words)
    tuned = annotate.trials()[1]
    params = {key.split("/")[1]: value for key, value in tuned["parameters"].items()}
    assert tuned["value"] == pytest.approx(1 - abs(params["lr"] - 0.01) - params["width"] / 1000)


@pytest.mark.parametrize(
    "words", [("bash", "run.sh"), ("sh", "-c", f"{sys.executable} pre.py && {sys.executable} fit.py")]
)
def test_every_script_of_a_command_is_tuned(annotate, words):
    """One prepares, the other trains on what it has left; both have annotations."""
    annotate.write("pre.py", "n = 2  # @nni.choice(20, 30)\nopen('n', 'w').write(str(n))\n")
    annotate.write(
        "fit.py",
        "x = 0.5  # @nni.uniform(0, 1)\nx += int(open('n').read())\n'@nni.report_final_result(x)'\n",
    )
    annotate.write("run.sh", f"{sys.executable} pre.py\n{sys.executable} fit.py\n")
    done = annotate("run", "--trials", 3, "--jobs", 1, "--no-baseline", "--", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    for trial in annotate.trials():
        assert set(trial["parameters"]) == {"pre/n/choice", "fit/x/uniform"}
        assert trial["value"] == pytest.approx(sum(trial["parameters"].values()))
    assert annotate.trials()[0]["value"] >= 20


def test_a_strangers_script_is_tuned_unread(annotate):
    """Parameters go to its command line, the metric is what it prints last."""
    annotate.write(
        "theirs.py",
        "import argparse\np = argparse.ArgumentParser()\np.add_argument('--lr', type=float, default=0.5)\n"
        "a = p.parse_args()\nfor e in range(3): print(f'epoch {e} val_loss: {a.lr * (3 - e)}, done')\n",
    )
    done = annotate(
        "run", "theirs.py", *QUICK_ARGS, "-p", "lr=uniform(0, 1)", "--metric-pattern", r"val_loss: (\S+)"
    )
    assert done.returncode == 0, done.stderr
    assert "val_loss is minimized" in done.stdout
    baseline, tuned, _ = annotate.trials()
    assert baseline["value"] == 0.5
    assert tuned["value"] == pytest.approx(tuned["parameters"]["lr"])
    assert [m["values"]["default"] for m in baseline["metrics"]] == [1.5, 1.0, 0.5]
    assert "no final result" not in done.stdout


@pytest.mark.parametrize(
    ("end", "option", "state"),
    [
        ("raise SystemExit(3)", (), "failed"),
        ("time.sleep(600)", ("--trial-timeout", "1s"), "early-stopped"),
        ("time.sleep(600)", ("--max-duration", "1s"), "cancelled"),
    ],
)
def test_what_a_trial_has_printed_makes_it_no_success_where_it_does_not_end_well(
    annotate, end, option, state
):
    """It has crashed, ran out of time, or is to be run again with its study."""
    annotate.write(
        "theirs.py", f"import time\nlr = 0.1  # @nni.uniform(0, 1)\nprint('acc:', lr, flush=True)\n{end}\n"
    )
    annotate(
        "run",
        "theirs.py",
        "--trials",
        1,
        "--on-failure",
        "stop-after:1",
        "--metric-pattern",
        r"acc: (\S+)",
        *option,
    )
    (trial,) = annotate.trials()
    assert trial["state"] == state
    assert [m["values"]["default"] for m in trial["metrics"]] == [0.1]


def test_a_script_of_nni_runs_with_a_space_from_a_file(annotate):
    """`import nni` needs no annotation where the space is given."""
    annotate.write(
        "api.py", "import nni\np = nni.get_next_parameter()\nnni.report_final_result(p.get('x', 7))\n"
    )
    annotate.write("space.json", '{"x": {"_type": "randint", "_value": [0, 5]}}')
    assert annotate("run", "api.py", *QUICK_ARGS, "--space", "space.json").returncode == 0
    baseline, *tuned = annotate.trials()
    assert baseline["value"] == 7
    assert all(t["value"] == t["parameters"]["x"] < 5 for t in tuned)


def test_no_trial_breaks_a_constraint(annotate):
    """What the source forbids is never tried."""
    annotate.write(
        "train.py",
        "a = 1  # @nni.choice(1, 2, 3, 4)\nb = 4  # @nni.choice(1, 2, 3, 4)\n# @nni.constraint(a < b)\n"
        "'''@nni.report_final_result(a + b)'''\n",
    )
    assert annotate("run", "train.py", "--trials", 6, "--tuner", "random").returncode == 0
    tried = [t["parameters"] for t in annotate.trials()[1:]]
    assert len(tried) == 5
    assert all(t["train/a/choice"] < t["train/b/choice"] for t in tried)


def test_hyperopt_is_not_imported_before_the_first_trial_runs(annotate):
    """The first trial's process does not wait for anything that is slow to import, nor for numpy."""
    annotate.write("train.py")
    driver = """
import sys
from annotate_runtime.executors.local import LocalExecutor
launch, seen = LocalExecutor.launch, []
async def spy(self, request):
    running = await launch(self, request)
    seen.append({"hyperopt", "scipy", "numpy", "yaml"} & set(sys.modules))
    return running
LocalExecutor.launch = spy
from annotate.cli.__main__ import main
try:
    main()
finally:
    print("SEEN", seen[0])
"""
    words = ["run", "train.py", "--trials", "2", "--jobs", "1"]
    done = subprocess.run(
        [sys.executable, "-c", driver, *words],
        cwd=annotate.cwd,
        env=annotate.env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "SEEN set()" in done.stdout


def test_a_study_whose_trials_all_fail_alike_ends_with_their_traceback(annotate):
    """Three times the same traceback is enough: exit code 1, the user's own file and line."""
    annotate.write("train.py", "lr = 0.1  # @nni.uniform(0, 1)\nraise ValueError('no data')\n")
    done = annotate("run", "train.py", "--tuner", "random", "--jobs", 1)
    assert done.returncode == 1
    assert len(annotate.trials()) == 3
    assert 'train.py", line 2' in done.stdout
    assert "no data" in done.stdout


def test_output_that_nobody_reads_any_more_does_not_end_the_study(annotate):
    """`annotate run ... | head -1` still runs every trial."""
    annotate.write("train.py")
    process = annotate.start("run", "train.py", *QUICK_ARGS)
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(30) == 0
    assert [t["state"] for t in annotate.trials()] == ["succeeded"] * 3


def test_a_pattern_for_the_metric_makes_the_missing_report_no_matter(annotate):
    """The warning that nothing reports a result is left out, and only then."""
    annotate.write("train.py", "lr = 0.1  # @nni.uniform(0, 1)\nprint('acc:', lr)\n")
    assert "W405" not in annotate("run", "train.py", *QUICK_ARGS, "--metric-pattern", r"acc: (\S+)").stderr
    assert "W405" in annotate("run", "train.py", *QUICK_ARGS).stderr


def test_a_pattern_that_finds_nothing_is_named(annotate):
    """Why each trial failed is that pattern, with which one may have misspelt what the script prints."""
    annotate.write("train.py", "lr = 0.1  # @nni.uniform(0, 1)\nprint('acc:', lr)\n")
    done = annotate("run", "train.py", *QUICK_ARGS, "--metric-pattern", r"accuracy: (\S+)")
    assert done.returncode == 1
    assert r"it printed no number where --metric-pattern 'accuracy: (\S+)' looks for one" in done.stdout
    assert annotate.trials()[0]["reason"] == "no-metric"


def test_streams_that_are_closed_are_empty(annotate):
    """As `annotate run train.py <&- >&-` has them: the study runs, and a question finds nobody to ask."""

    def closed(*words):
        command = ["sh", "-c", 'exec "$@" <&- >&-', "sh", *COMMAND, *words]
        return subprocess.run(
            command, cwd=annotate.cwd, env=annotate.env, stderr=subprocess.PIPE, text=True, timeout=60, check=False
        )  # fmt: skip

    script = annotate.write("train.py")
    assert closed("run", script.name, "--trials", "2").stderr == ""
    script.write_text(script.read_text().replace('"acc"', '"accuracy"'))
    assert "say which it goes on with" in closed("resume", "--trials", "3").stderr
    assert len(annotate.trials()) == 2


FAILING_SCREEN = """
from annotate.screen import live
def update(self, snapshot):
    raise KeyError("of the picture")
live.LiveScreen.update = update
from annotate.cli.__main__ import main
main()
"""


def test_a_fault_of_the_screen_is_told_and_ends_no_study(annotate):
    """What comes after it is told in lines."""
    annotate.write("train.py")
    child = pexpect.spawn(
        sys.executable, ["-c", FAILING_SCREEN, "run", "train.py", *map(str, QUICK_ARGS)],
        cwd=str(annotate.cwd), env={**annotate.env, "TERM": "xterm-256color"}, encoding="utf-8", timeout=20,
        dimensions=(24, 80),
    )  # fmt: skip
    child.expect("KeyError: 'of the picture'")
    child.expect("goes on without it")
    child.expect("study finished: all 3 trials are done")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert [trial["state"] for trial in annotate.trials()] == ["succeeded"] * 3


def test_a_script_in_a_folder_finds_what_lies_beside_that_folder_and_it_is_tuned_too(annotate):
    """By its own path, as `python scripts/train.py` does; a package of ours called lib does not come in between."""
    annotate.write("lib/net.py", "width = 16  # @nni.choice(16, 32)\n")
    annotate.write(
        "scripts/train.py",
        "import os, sys\n"
        "sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))\n"
        "from lib.net import width\n"
        "lr = 0.1  # @nni.uniform(0, 1)\n"
        "'''@nni.report_final_result(width + lr)'''\n",
    )
    done = annotate("run", "scripts/train.py", "--trials", 3)
    assert done.returncode == 0, done.stdout
    assert {name for trial in annotate.trials() for name in trial["parameters"]} == {
        "scripts.train/lr/uniform", "lib.net/width/choice",
    }  # fmt: skip


def test_where_only_intermediate_results_are_reported_they_name_the_metric_and_its_direction(annotate):
    """A loss would be maximized otherwise; and nothing is warned of, since the last one counts."""
    annotate.write(
        "train.py",
        "from types import SimpleNamespace\n"
        "lr = 0.1  # @nni.uniform(0, 1)\n"
        "loss = SimpleNamespace(item=lambda: lr)\n"
        "'''@nni.report_intermediate_result(loss.item())'''\n",
    )
    done = annotate("run", "train.py", *QUICK_ARGS)
    assert done.returncode == 0
    assert "W405" not in done.stderr
    assert "note: loss is minimized" in done.stdout
    assert "no final result is reported; the last intermediate one is taken for it" in done.stdout


def test_a_final_result_that_is_reported_in_a_loop_is_told_of_once(annotate):
    """Of cross validation only the last fold would count, without a word."""
    annotate.write(
        "train.py",
        "lr = 0.1  # @nni.uniform(0, 1)\nfor fold in range(3):\n    # @nni.report_final_result(lr + fold)\n    pass\n",
    )
    done = annotate("run", "train.py", *QUICK_ARGS)
    assert done.stdout.count("a final result is reported several times in a trial") == 1
    assert all(2 <= trial["value"] < 3 for trial in annotate.trials())
