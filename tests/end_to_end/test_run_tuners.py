"""Tuners that tell a trial more than its parameters, and those of the user's own file, with scripts written for NNI."""

import json

import pytest

SPACE = {"lr": {"_type": "uniform", "_value": [0, 1]}}
BUDGET = """\
import nni
params = nni.get_next_parameter()
for epoch in range(params["TRIAL_BUDGET"]):
    acc = 1 - abs(params["lr"] - 0.3) - 1 / (epoch + 2)
    nni.report_intermediate_result(acc)
nni.report_final_result(acc)
"""
CHECKPOINTS = """\
import os
import nni
params = nni.get_next_parameter()
load, save = params["load_checkpoint_dir"], params["save_checkpoint_dir"]
trained = 0.0
if os.path.isfile(os.path.join(load, "model")):
    trained = float(open(os.path.join(load, "model")).read())
trained += 1 - abs(params["lr"] - 0.3)
os.makedirs(save, exist_ok=True)
with open(os.path.join(save, "model"), "w") as file:
    file.write(str(trained))
nni.report_final_result(trained)
"""
OWN = """\
import nni
from nni.assessor import AssessResult, Assessor
from nni.tuner import Tuner
class Halves(Tuner):
    def __init__(self, optimize_mode, most=2):
        self.most = most
    def update_search_space(self, search_space):
        self.low, self.high = search_space["lr"]["_value"]
    def generate_parameters(self, parameter_id, **kwargs):
        if parameter_id > self.most:
            raise nni.NoMoreTrialError("halved often enough")
        self.high = (self.low + self.high) / 2
        return {"lr": self.high}
    def receive_trial_result(self, parameter_id, parameters, value, **kwargs):
        assert value == parameters["lr"]
class Second(Assessor):
    def assess_trial(self, trial_job_id, trial_history):
        late = len(trial_history) > 1 and trial_history[-1] < 0.5
        return AssessResult.Bad if late else AssessResult.Good
"""
STEPS = """\
import time
import nni
lr = nni.get_next_parameter()["lr"]
for epoch in range(200 if lr < 0.5 else 3):
    nni.report_intermediate_result(lr)
    time.sleep(0.05)
nni.report_final_result(lr)
"""
CONDITIONAL = """\
# @nni.constraint(n <= 3)
n = 1  # @nni.choice(1, 2, 3, 4)
opt = "sgd"  # @nni.choice("sgd", "adam")
momentum = 0.0
if opt == "sgd":
    momentum = 0.5  # @nni.choice(0.5, 0.9)
score = n + momentum
'''@nni.report_final_result(score)'''
"""
WHOLE = """\
import random
class Whole:
    def __init__(self, space, *, direction, seed):
        assert direction == "minimize"
        self.space, self.rng = space, random.Random(0)
    def suggest(self, number):
        return self.space.sample(self.rng)
    def pending(self, number, params): pass
    def observe(self, observation): pass
    def forget(self, number): pass
"""


@pytest.fixture
def study(annotate):
    annotate.write("space.json", json.dumps(SPACE))

    def run(script, *words):
        annotate.write("train.py", script)
        done = annotate("run", "train.py", "--space", "space.json", *words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout, annotate.trials()

    return run


def test_hyperband_gives_a_script_its_budgets(study):
    """The best third goes on with three times the budget, and the plain script, which has none, is not run."""
    shown, trials = study(BUDGET, "--trials", 16, "--tuner", "Hyperband:R=9", "--jobs", 1)
    budgets = [trial["parameters"]["TRIAL_BUDGET"] for trial in trials]
    rates = [trial["parameters"]["lr"] for trial in trials]
    assert budgets[:9] == [1] * 9
    assert [len(trial["metrics"]) - 1 for trial in trials] == budgets
    best = sorted(trials[:9], key=lambda trial: -trial["value"])[:3]
    more = [rate for rate, budget in zip(rates, budgets, strict=True) if budget == 3]
    assert {trial["parameters"]["lr"] for trial in best} <= set(more)
    assert rates[budgets.index(9)] == best[0]["parameters"]["lr"]
    assert "no trial of the script's own defaults: hyperband tells every trial its TRIAL_BUDGET" in shown


def test_a_script_that_reads_no_budget_is_told_of(annotate):
    """Every budget is the same to it, so that its best trials run again and again for nothing."""
    annotate.write("train.py", CONDITIONAL)
    words = ("run", "train.py", "--jobs", 1, "--trials", 2, "--tuner")
    assert "note: the script never read TRIAL_BUDGET" in annotate(*words, "Hyperband:R=9").stdout
    assert "never read" not in annotate(*words, "random").stdout


def test_pbt_hands_checkpoints_on_inside_the_study(study, annotate):
    """A member goes on from what it, or a better one, has saved."""
    _, trials = study(CHECKPOINTS, "--trials", 12, "--tuner", "PBT:population_size=4", "--jobs", 1)
    (folder,) = annotate.studies
    for trial in trials:
        assert trial["parameters"]["save_checkpoint_dir"].startswith(str(folder / "checkpoints"))
    assert sorted(path.name for path in annotate.cwd.iterdir() if path.name[0] != ".") == [
        "space.json",
        "train.py",
    ]
    assert max(trial["value"] for trial in trials[:4]) <= 1 < max(trial["value"] for trial in trials[4:8])
    assert max(trial["value"] for trial in trials[8:]) > 2


def test_a_tuner_and_an_assessor_written_for_nni_run_unchanged(study, annotate):
    """Their file imports nni, which is not installed; the study ends when the tuner has no more."""
    annotate.write("mine.py", OWN)
    shown, trials = study(
        STEPS, "--trials", 9, "--tuner", "mine.py:Halves:most=3", "--pruner", "mine.py:Second", "--jobs", 1,
        "--no-baseline",
    )  # fmt: skip
    assert [trial["parameters"]["lr"] for trial in trials] == [0.5, 0.25, 0.125, 0.0625]
    assert [trial["state"] for trial in trials] == ["succeeded"] + 3 * ["early-stopped"]
    assert "halved often enough" in shown


def test_a_tuner_of_ones_own_obeys_the_rules_in_every_session(annotate):
    """Resumed, it begins its sequence again: no point runs twice for that, and none breaks the constraint."""
    annotate.write("train.py", CONDITIONAL)
    annotate.write("mine.py", WHOLE)
    annotate("run", "train.py", "--tuner", "mine.py:Whole", "--minimize", "--jobs", 1, "--trials", 3)
    annotate("resume", "--trials", 5)
    shown = annotate("resume", "--trials", 30).stdout
    _, *points = [tuple(trial["parameters"].values()) for trial in annotate.trials()]
    assert len(set(points)) == len(points)
    assert {point for point in points if "sgd" in point} | {(1, "sgd", 0.5)} == {
        (n, "sgd", momentum) for n in (1, 2, 3) for momentum in (0.5, 0.9)
    }
    assert {point[0] for point in points if "adam" in point} == {1, 2, 3}
    assert "100 points of the tuner in a row" in shown


def test_the_direction_may_stand_where_nni_has_it(annotate):
    """As the tuner's optimize_mode, unless the study says which itself."""
    annotate.write("train.py", CONDITIONAL)
    done = annotate("run", "train.py", "--tuner", "TPE:optimize_mode=minimize", "--trials", 1, "--jobs", 1)
    assert "score is minimized (the tuner's optimize_mode)" in done.stdout
    done = annotate("run", "train.py", "--tuner", "TPE:optimize_mode=minimize", "--maximize", "--trials", 1)
    assert "optimize_mode is 'minimize', but the study is to maximize" in done.stderr
