"""`annotate nnictl create`: an experiment of NNI's, from its config.yml or its script to its results."""

SCRIPT = """\
import argparse
import nni
parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int)
epochs = parser.parse_args().epochs
params = nni.get_next_parameter()
for epoch in range(epochs):
    nni.report_intermediate_result({"default": epoch * params.get("lr", 0.5)})
nni.report_final_result({"default": params.get("lr", 0.5), "epochs": epochs})
"""
CONFIG = """\
authorName: default
trialConcurrency: 2
maxTrialNum: 4
trainingServicePlatform: local
searchSpacePath: search_space.json
tuner:
  builtinTunerName: Random
  classArgs: {optimize_mode: minimize}
trial:
  command: python3 train.py --epochs 2
  codeDir: code
  gpuNum: 0
"""
SPACE = '{"lr": {"_type": "uniform", "_value": [0, 0.1]}}'


def begun(annotate):
    annotate.write("code/train.py", SCRIPT)
    annotate.write("search_space.json", SPACE)
    annotate.write("config.yml", CONFIG)


def test_an_experiment_runs_where_its_code_is(annotate):
    """What it amounts to is told first; what means nothing is named; typed by hand it does the same."""
    begun(annotate)
    done = annotate("nnictl", "create", "--config", "config.yml")
    assert done.returncode == 0, done.stdout + done.stderr
    line, ignored = done.stderr.splitlines()[:2]
    assert line.startswith(
        f"cd {annotate.cwd}/code && annotate run train.py --space {annotate.cwd}/search_space.json"
    )
    assert line.endswith(
        "--trials 4 --jobs 2 --tuner 'Random:optimize_mode=\"minimize\"' --gpus none -- --epochs 2"
    )
    assert ignored == "config.yml: authorName means nothing here"
    assert done.stdout.splitlines()[-1] == f"  cd {annotate.cwd}/code   first: the study is kept there"
    annotate.cwd /= "code"
    trials = annotate.trials()
    assert [trial["state"] for trial in trials] == ["succeeded"] * 4
    assert trials[0]["value"] == 0.5
    assert all(0 <= trial["value"] <= 0.1 for trial in trials[1:])


def test_an_experiment_without_a_result_says_so_in_its_exit_code(annotate):
    """As `annotate run` does, also to the script that began it."""
    begun(annotate)
    annotate.write("code/train.py", "import nni\nraise OSError\n")
    assert annotate("nnictl", "create", "--config", "config.yml").returncode == 1
    annotate.write("launch.py", LAUNCHER)
    done = annotate("nnictl", "create", "--config", "launch.py", "--", "--trials", "2")
    assert done.stdout.endswith("it has a result: False\n")


def test_another_word_of_nnictls_is_told_in_ours(annotate):
    """Its options do not get in the way."""
    done = annotate("nnictl", "update", "trialnum", "--value", "40")
    assert done.returncode == 2
    assert done.stderr == (
        "error: nnictl update trialnum has another name here\n  fix: annotate update --trials N\n"
    )


def test_a_mistake_in_a_config_leaves_nothing_behind(annotate):
    """Two lines and exit code 2."""
    begun(annotate)
    annotate.write("config.yml", CONFIG.replace("maxTrialNum", "maxTrails"))
    done = annotate("nnictl", "create", "-c", "config.yml")
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "error: config.yml: NNI knows no field maxTrails",
        "  fix: did you mean maxTrialNum?",
    ]
    assert not (annotate.cwd / "code/.annotate").exists()


def test_a_config_in_a_scripts_place_is_told_where_it_belongs(annotate):
    """`annotate run config.yml` is what one tries first."""
    begun(annotate)
    done = annotate("run", "config.yml")
    assert done.returncode == 2
    assert "annotate nnictl create --config config.yml" in done.stderr


LAUNCHER = """\
import argparse, sys
from nni.experiment import Experiment
parser = argparse.ArgumentParser()
parser.add_argument("--trials", type=int)
experiment = Experiment("local")
experiment.config.experiment_name = "quick"
experiment.config.trial_command = f"{sys.executable} train.py --epochs 2"
experiment.config.trial_code_directory = "code"
experiment.config.search_space = {"lr": {"_type": "uniform", "_value": [0, 1e-05]}}
experiment.config.tuner.name = "Random"
experiment.config.tuner.class_args["optimize_mode"] = "minimize"
experiment.config.max_trial_number = parser.parse_args().trials
experiment.config.trial_concurrency = 2
print("it has a result:", experiment.run(8080))
for trial in experiment.export_data():
    assert trial.value == {"default": trial.parameter["lr"], "epochs": 2.0}, trial
    print(trial.trialJobId == f"{experiment.id}-1", experiment.get_status())
experiment.stop()
"""


def test_a_script_that_begins_an_experiment_is_run_with_it_as_a_study(annotate):
    """By nni.experiment, where NNI is not installed; the script goes on with what the study has found."""
    begun(annotate)
    annotate.write("launch.py", LAUNCHER)
    done = annotate("nnictl", "create", "--config", "launch.py", "--", "--trials", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "--trials 2 --jobs 2 --tuner 'Random:optimize_mode=\"minimize\"' -- --epochs 2\n" in done.stderr
    assert done.stdout.endswith("it has a result: True\nTrue DONE\n")
    annotate.cwd /= "code"
    assert [trial["state"] for trial in annotate.trials()] == ["succeeded"] * 2


def test_an_experiment_that_is_started_runs_beside_its_script(annotate):
    """Until the script stops it."""
    begun(annotate)
    started = LAUNCHER.replace("1e-05", "1").replace("experiment.run(8080)", "experiment.start(8080)")
    annotate.write("launch.py", started.partition("for trial")[0] + SEEN)
    done = annotate("nnictl", "create", "--config", "launch.py", "--", "--trials", "1000000")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("RUNNING\nDONE\n")


SEEN = """\
print(experiment.get_status())
experiment.stop()
print(experiment.get_status())
"""


def test_a_mistake_in_an_experiment_ends_its_script(annotate):
    """It is told once, and what an older study in that place came to is not taken for its result."""
    begun(annotate)
    assert annotate("nnictl", "create", "--config", "config.yml").returncode == 0
    for right, wrong, said in (
        ("max_trial_number", "max_trial_numbr", "did you mean maxTrialNumber?"),
        ('"Random"', '"Rnadom"', "did you mean 'random'?"),
        ("train.py", "trian.py", "did you mean train.py?"),
        ('"code"', '"cdoe"', "mend trialCodeDirectory"),
    ):
        annotate.write("launch.py", LAUNCHER.replace(right, wrong))
        done = annotate("nnictl", "create", "--config", "launch.py", "--", "--trials", "2")
        assert done.returncode == 2
        assert said in done.stderr
        assert done.stdout == ""


def test_a_script_that_begins_an_experiment_is_told_where_it_belongs(annotate):
    """Its own trials are not trials of it."""
    begun(annotate)
    annotate.write("launch.py", LAUNCHER)
    done = annotate("run", "launch.py")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == "  fix: annotate nnictl create --config launch.py"


def test_create_takes_a_config_and_no_option_of_other_commands(annotate):
    """NNI's own, such as the port of its page, may stand there."""
    begun(annotate)
    assert "no config is named" in annotate("nnictl", "create").stderr
    assert "takes no --trials" in annotate("nnictl", "create", "-c", "config.yml", "--trials", "3").stderr
    assert annotate("nnictl", "create", "-c", "config.yml", "-p", "8081", "--foreground").returncode == 0
