"""NNI's config.yml: what it says, in the words of `annotate run`, and what is refused."""

from __future__ import annotations

import shlex

import pytest

from annotate.errors import UsageError
from annotate.nni import read_config, translated

VERSION_1 = """\
authorName: default
experimentName: mnist
trialConcurrency: 2
maxExecDuration: 1h
maxTrialNum: 10
#choice: local, remote
trainingServicePlatform: local
searchSpacePath: search_space.json
useAnnotation: false
tuner:
  builtinTunerName: TPE
  classArgs:
    optimize_mode: maximize
assessor:
  builtinAssessorName: Medianstop
  classArgs:
    start_step: 5
trial:
  command: python3 mnist.py --epochs 3
  codeDir: .
  gpuNum: 2
localConfig:
  useActiveGpu: true
  gpuIndices: 0,3
"""
VERSION_2 = """\
experimentName: mnist
trialConcurrency: 2
maxExperimentDuration: 1h
maxTrialNumber: 10
searchSpaceFile: search_space.json
trialCommand: python3 mnist.py --epochs 3
trialGpuNumber: 2
tuner:
  name: TPE
  classArgs: {optimize_mode: maximize}
assessor: {name: Medianstop, classArgs: {start_step: 5}}
trainingService: {platform: local, useActiveGpu: true, gpuIndices: [0, 3]}
"""
COMMAND = "trialCommand: python train.py\n"


@pytest.fixture
def said(tmp_path):
    """What a config amounts to, as one types it."""

    def words(text: str) -> str:
        (tmp_path / "config.yml").write_text(text)
        return shlex.join(translated(read_config(tmp_path / "config.yml")).words())

    return words


@pytest.mark.parametrize("config", [VERSION_1, VERSION_2], ids=["version 1", "version 2"])
def test_both_versions_say_the_same(said, config):
    """One experiment, told twice."""
    assert said(config) == (
        "mnist.py --space search_space.json --trials 10 --jobs 2 --max-duration 1h "
        "--tuner 'TPE:optimize_mode=\"maximize\"' --pruner Medianstop:start_step=5 --gpus 0,3 --gpus-per-trial 2 "
        "--use-busy-gpus -- --epochs 3"
    )


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("python3 train.py", "train.py"),
        ("python -u train.py --lr 0.1", "train.py -- --lr 0.1"),
        ("python3 -m pkg.train --fast", "-m pkg.train -- --fast"),
        ("python3 -O train.py", "-- python3 -O train.py"),
        ("torchrun --nproc-per-node 2 train.py", "-- torchrun --nproc-per-node 2 train.py"),
        ("bash run.sh", "-- bash run.sh"),
        (
            "cd src && python train.py > out",
            "-- bash -c 'cd src && python train.py > out'",
        ),
        ("SEED=1 python train.py", "-- bash -c 'SEED=1 python train.py'"),
        ("python ~/train.py", "-- bash -c 'python ~/train.py'"),
        (".venv/bin/python3 -u train.py --x", "train.py --python .venv/bin/python3 -- --x"),
        ("/env/bin/python -m pkg.train --x", "-m pkg.train --python /env/bin/python -- --x"),
        ("|\n  export A=1\n  python train.py\n", "-- bash -c 'export A=1\npython train.py'"),
        ("|\n  python3 train.py \\\n    --x 1\n", "train.py -- --x 1"),
    ],
)
def test_the_command_is_told_as_plainly_as_can_be(said, command, words):
    """A script by its name, a module by -m, what only a shell understands to a shell, all else as it stands."""
    assert said(f"trialCommand: {command}\n") == words


def test_a_number_with_an_exponent_is_one_without_a_point_too(said):
    """To PyYAML alone 1e-5 is text."""
    space = "searchSpace: {lr: {_type: loguniform, _value: [1e-5, 1.0E-1]}}\n"
    assert '"_value": [1e-05, 0.1]' in said(COMMAND + space)


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("trialGpuNumber: 0", "--gpus none"),
        ("trialGpuNumber: 1", ""),
        ("useAnnotation: true\nsearchSpaceFile: space.json", ""),
        ("searchSpace: {lr: {_type: uniform, _value: [0, 1]}}", """--space '{"lr": {"_type": "uniform", "_value": [0, 1]}}'"""),
        ("maxExperimentDuration: 90", "--max-duration 90s"),
        ("maxTrialDuration: 10m", "--trial-timeout 10m"),
        ("advisor: {name: Hyperband, classArgs: {R: 60, eta: 3}}", "--tuner Hyperband:R=60,eta=3"),
        ("tuner: {className: my.tuners.Mine, codeDirectory: lib}", "--tuner lib/my/tuners.py:Mine"),
        ("tuner: {codeDir: ., classFileName: mine.py, className: Mine, classArgs: {width: 2}}", "--tuner mine.py:Mine:width=2"),
        ("trainingService: {platform: local, maxTrialNumberPerGpu: 3}", "--trials-per-gpu 3"),
        ("trainingService: {platform: local, gpuIndices: 1}", "--gpus 1"),
        ("trainingService: [{platform: local, gpuIndices: 1}]", "--gpus 1"),
        ("trainingService:", ""),
    ],
)  # fmt: skip
def test_each_field_becomes_its_option(said, field, words):
    """And what changes nothing becomes none."""
    assert said(f"{COMMAND}{field}\n") == f"train.py {words}".strip()


def test_paths_are_relative_to_the_config_and_told_from_where_trials_run(tmp_path):
    """The study is in trialCodeDirectory; what lies outside of it has its whole path."""
    (tmp_path / "code").mkdir()
    (tmp_path / "config.yml").write_text(
        f"{COMMAND}trialCodeDirectory: code\nsearchSpaceFile: code/space.json\ntuner: {{className: mine.Mine}}\n"
    )
    found = translated(read_config(tmp_path / "config.yml"))
    assert found.directory == tmp_path / "code"
    assert found.options == ("--space", "space.json", "--tuner", f"{tmp_path}/mine.py:Mine")


def test_what_means_nothing_here_is_named_as_the_file_has_it(tmp_path):
    """Once, and it is no mistake."""
    (tmp_path / "config.yml").write_text(f"authorName: me\nlogDir: /tmp/x\nmultiPhase: false\n{COMMAND}")
    assert read_config(tmp_path / "config.yml").ignored == ("authorName", "logDir", "multiPhase")


@pytest.mark.parametrize(
    ("text", "cause", "remedy"),
    [
        ("trialComand: python train.py", "NNI knows no field trialComand", "did you mean trialCommand?"),
        (COMMAND + "tuner: {builtinTunerNam: TPE}", "no field tuner.builtinTunerNam", "did you mean tuner.builtinTunerName?"),
        (COMMAND + "trainingServicePlatform: kubeflow\nkubeflowConfig: {}", "platform is kubeflow", "write local"),
        (COMMAND + "trainingService: [{platform: local}, {platform: aml}]", "platform is aml", "write local"),
        (COMMAND + "trainingService: {platform: 1}", "platform is 1", "write local"),
        (COMMAND + "trialConcurrency: two", "trialConcurrency is 'two'", "a whole number"),
        (COMMAND + "trialConcurrency: 0", "trialConcurrency is 0", "1 or more"),
        (COMMAND + "maxExecDuration: soon", "maxExecDuration is 'soon'", "90s, 10m, 1h or 2d"),
        (COMMAND + "tuner: TPE", "no field tuner.TPE", "did you mean"),
        (COMMAND + "tuner: {classArgs: {}}", "its tuner has no name", "name"),
        (COMMAND + "tuner: {className: Mine}", "Mine names no module", "module.Mine"),
        (COMMAND + "tuner: {name: TPE}\nadvisor: {name: BOHB}", "a tuner and an advisor", "leave one out"),
        (COMMAND + "advisor: {className: dummy.Dummy}", "dummy.Dummy speaks to NNI's manager", "as a tuner"),
        (COMMAND + "useAnnotation: 'yes'", "useAnnotation is 'yes'", "true or false"),
        (COMMAND + "trainingService: {gpuIndices: all}", "trainingService.gpuIndices is 'all'", "0,2"),
        (COMMAND + "trialCodeDirectory: nowhere", "there is no directory", "trialCodeDirectory"),
        ("trialCommand: 'python \"train.py'", "is not understood", "quotes"),
        ("maxTrialNumber: 3", "no command of a trial", "trialCommand: python3 train.py"),
        ("a: [1\nb: }", "is no YAML", "mend it"),
        ("- 1", "is no config of NNI's", "trialCommand"),
        ("", "is no config of NNI's", "trialCommand"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_remedy(said, text, cause, remedy):
    """With the field as the file has it."""
    with pytest.raises(UsageError) as refused:
        said(text)
    assert cause in refused.value.message
    assert remedy in refused.value.remedy


def test_a_config_that_is_not_there_is_named(tmp_path):
    """By its path."""
    with pytest.raises(UsageError, match=r"none\.yml cannot be read"):
        read_config(tmp_path / "none.yml")
