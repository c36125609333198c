"""`annotate confirm`: real runs of a study's best trials and of the defaults, with fresh seeds."""

import contextlib
import json
import signal
import sqlite3
import time

import pytest

SEEDED = """\
import random, sys
{seeding}
lr = 0.1  # @nni.loguniform(1e-4, 1e-1)
width = 8  # @nni.choice(8, 16)
noise = random.Random(seed).gauss(0, 0.001)
print("seed", seed, "args", sys.argv[1:])
acc = 1 - lr + noise * width
'''@nni.report_final_result(acc)'''
"""
BY_OPTION = SEEDED.format(
    seeding="import argparse; p = argparse.ArgumentParser(); p.add_argument('--seed', type=int, default=1); "
    "p.add_argument('--epochs', type=int, default=1); seed = p.parse_args().seed"
)
WRITTEN = SEEDED.format(seeding="seed = 1")
NONE = SEEDED.format(seeding="seed = random.random()")


def study(annotate, text, *words):
    """A study of six trials, its best one better than the defaults by far."""
    annotate.write("train.py", text)
    done = annotate("run", "train.py", "--trials", "6", "--seed", "3", "--jobs", "2", *words)
    assert done.returncode == 0, done.stderr


def rows(annotate, *words, code=0):
    done = annotate("confirm", "--format", "json", *words)
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout), done.stderr


def asked(database, query):
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return connection.execute(query).fetchall()


def logs(annotate):
    return sorted(
        path.read_text().splitlines()[0] for path in annotate.studies[0].glob("confirm/*/trials/*/log")
    )


@pytest.mark.parametrize(
    ("text", "how", "seeds"),
    [
        (BY_OPTION, "by --seed SEED", [2, 3, 4]),
        (WRITTEN, "in place of those in the source, train.py:2 (1)", [2, 3, 4]),
    ],
)
def test_the_best_trials_and_the_defaults_run_again_with_fresh_seeds(annotate, text, how, seeds):
    """Each runs once a seed, none of which is the script's own; the better one is found better."""
    study(annotate, text)
    found, said = rows(annotate, "--top", "2", "--seeds", "3")
    assert how in said
    assert [row["trial"] == "defaults" for row in found] == [True, False, False]
    assert [row["runs"] for row in found] == [3, 3, 3]
    assert found[1]["outcome"] == "better"
    assert found[1]["difference"] == pytest.approx(found[1]["mean"] - found[0]["mean"])
    assert [line.split()[1] for line in logs(annotate)] == [str(seed) for seed in seeds for _ in range(3)]


def test_a_script_that_sets_no_seed_is_run_as_it_is(annotate):
    """Each run then draws its own, and that is said."""
    study(annotate, NONE)
    _, said = rows(annotate, "--top", "1", "--seeds", "3")
    assert "none found in the source" in said
    assert len(set(logs(annotate))) == 6


def test_what_follows_the_dashes_goes_to_the_script(annotate):
    """A confirmation at full budget is another one than that at the study's."""
    study(annotate, BY_OPTION, "--", "--epochs", "2")
    rows(annotate, "--top", "1", "--seeds", "1", "--", "--epochs", "30", code=1)
    assert logs(annotate)[0] == "seed 2 args ['--epochs', '2', '--epochs', '30', '--seed', '2']"
    rows(annotate, "--top", "1", "--seeds", "1", code=1)
    assert len(list(annotate.studies[0].glob("confirm/*"))) == 2


def test_more_seeds_add_to_what_has_run(annotate):
    """Nothing is run twice: asked again it only judges, asked for more it runs what is missing."""
    study(annotate, BY_OPTION)
    rows(annotate, "--top", "1", "--seeds", "3")
    [database] = annotate.studies[0].glob("confirm/*/study.db")
    before = asked(database, "SELECT number, started FROM trials")
    rows(annotate, "--top", "1", "--seeds", "3")
    rows(annotate, "--top", "2", "--seeds", "4")
    after = asked(database, "SELECT number, started FROM trials")
    assert len(before) == 6
    assert after[:6] == before
    assert len(after) == 12
    found, said = rows(annotate, "--top", "1", "--seeds", "3")
    assert [row["runs"] for row in found] == [3, 3]
    assert f"next: annotate apply {annotate.studies[0].name}-{found[1]['trial']}" in said


def test_of_several_metrics_the_first_is_judged_and_that_is_said(annotate):
    """Nobody takes the verdict for one on all of them."""
    text = WRITTEN.replace(
        "nni.report_final_result(acc)", "nni.report_final_result({'default': acc, 'w': width})"
    )
    study(
        annotate,
        text.replace("'''@", "# @").replace(")'''", ")"),
        "--metric",
        "default:max",
        "--metric",
        "w:min",
    )
    _, said = rows(annotate, "--top", "1", "--seeds", "1", code=1)
    assert "judged by acc alone, the first of its metrics" in said


def test_runs_that_were_killed_with_their_host_run_again(annotate):
    """kill -9 in the middle loses no run that had ended."""
    annotate.write(
        "train.py",
        BY_OPTION.replace("acc =", "import time; time.sleep(0.3 if '--epochs' in sys.argv else 0); acc ="),
    )
    assert annotate("run", "train.py", "--trials", "4", "--seed", "3").returncode == 0
    process = annotate.start("confirm", "--top", "1", "--seeds", "4", "--jobs", "1", "--", "--epochs", "9")
    deadline = time.monotonic() + 30
    while not list(annotate.studies[0].glob("confirm/*/trials/2/log")) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    found, _ = rows(annotate, "--top", "1", "--seeds", "4", "--", "--epochs", "9")
    assert [row["runs"] for row in found] == [4, 4]


def test_asked_for_fewer_seeds_nothing_is_run_that_an_earlier_call_left_waiting(annotate):
    """Whoever stops a confirmation that takes too long and asks for less gets less."""
    annotate.write(
        "train.py",
        BY_OPTION.replace("acc =", "import time; time.sleep(0.3 if '--epochs' in sys.argv else 0); acc ="),
    )
    assert annotate("run", "train.py", "--trials", "4", "--seed", "3").returncode == 0
    process = annotate.start("confirm", "--top", "1", "--seeds", "40", "--jobs", "1", "--", "--epochs", "9")
    deadline = time.monotonic() + 30
    while not list(annotate.studies[0].glob("confirm/*/trials/6/log")) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate()
    assert "--seeds 3 judges by what is there" in said
    [database] = annotate.studies[0].glob("confirm/*/study.db")
    found, _ = rows(annotate, "--top", "1", "--seeds", "3", "--", "--epochs", "9")
    assert [row["runs"] for row in found] == [3, 3]
    states = [state for (state,) in asked(database, "SELECT state FROM trials")]
    assert set(states) == {"succeeded"}
    assert len(states) in (6, 7)
    found, _ = rows(annotate, "--top", "2", "--seeds", "3", "--", "--epochs", "9")
    assert [row["runs"] for row in found] == [3, 3, 3]


def test_failed_runs_are_told_and_leave_their_pair_out(annotate):
    """Where the defaults crash there is nothing to compare with: said, and exit code 1."""
    text = BY_OPTION.replace("acc =", "if seed != 1 and lr == 0.1: sys.exit('too high')\nacc =")
    study(annotate, text)
    found, said = rows(annotate, "--top", "1", "--seeds", "3", code=1)
    assert found[1]["outcome"] == "too-few"
    assert "3 runs of the defaults failed" in said
    assert "too high" in said
    log = annotate.cwd / said.rpartition("what the last one printed: ")[2].split()[0]
    assert "seed 4" in log.read_text()


def test_the_study_itself_is_as_it_was(annotate):
    """Its trials, its best, and its place as the latest study do not change."""
    study(annotate, BY_OPTION)
    before = annotate("show").stdout
    rows(annotate, "--top", "1", "--seeds", "1", code=1)
    assert annotate("show").stdout == before
    assert len(json.loads(annotate("ls", "--format", "json").stdout)) == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--trial", "0"], "trial 0 is the defaults"),
        (["--trial", "99"], "has no trial 99"),
        (["--seed-as", "--seed"], "has no place for the seed"),
        (["nowhere"], "there is no study 'nowhere'"),
    ],
)
def test_what_cannot_be_confirmed_is_refused(annotate, words, message):
    """With the reason, exit code 2, and nothing left behind."""
    study(annotate, BY_OPTION)
    done = annotate("confirm", *words)
    assert done.returncode == 2
    assert message in done.stderr
    assert not list(annotate.studies[0].glob("confirm"))


def test_a_trial_of_an_earlier_source_is_not_taken_for_one_of_the_latest(annotate):
    """Where the new code lacks one of its parameters it is refused; where not, it is said what was run."""
    study(annotate, WRITTEN)
    best = max(annotate.trials(), key=lambda trial: trial["value"])["number"]
    annotate.write("train.py", WRITTEN.replace("print(", "print('new'); print("))
    assert annotate("resume", "--trials", "7", "--new-code").returncode == 0
    _, said = rows(annotate, "--trial", str(best), "--seeds", "1", code=1)
    assert "all were run with its latest source" in said
    annotate.write("train.py", WRITTEN.replace("width", "size"))
    assert annotate("resume", "--trials", "8", "--new-code").returncode == 0
    done = annotate("confirm", "--trial", str(best))
    assert done.returncode == 2
    assert f"trial {best} ran an earlier source" in done.stderr
    assert "train/width/choice" in done.stderr


def test_parameters_given_on_the_command_line_are_given_again(annotate):
    """A study of --param and --metric-pattern is confirmed like any other."""
    annotate.write("plain.py", "import argparse, random\np = argparse.ArgumentParser()\np.add_argument('--lr', type=float, default=0.5)\n"
                               "p.add_argument('--seed', type=int)\na = p.parse_args()\nprint('acc', 1 - a.lr + random.Random(a.seed).gauss(0, 0.01))\n")  # fmt: skip
    done = annotate(
        "run",
        "plain.py",
        "--param",
        "lr=uniform(0.0, 0.3)",
        "--metric-pattern",
        r"acc (\S+)",
        "--trials",
        "3",
    )
    assert done.returncode == 0, done.stderr
    found, _ = rows(annotate, "--top", "1", "--seeds", "3")
    assert found[1]["outcome"] == "better"
