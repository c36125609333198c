"""What `annotate run` refuses: two lines, exit code 2, and nothing on disk."""

import os

import pytest

CASES = {
    "no such script": (("trian.py",), "there is no script trian.py", "did you mean train.py?"),
    "a directory": (("code",), "code is a directory", "annotate run train.py"),
    "options of the script": (
        ("train.py", "--trials", "4", "--epochs", "3", "--fast"),
        "no option --epochs",
        "annotate run train.py --trials 4 -- --epochs 3 --fast",
    ),
    "an option misspelt": (("train.py", "--trails", "4"), "no option --trails", "did you mean --trials?"),
    "an unknown tuner": (("train.py", "--tuner", "tpee"), "no tuner 'tpee'", "'tpe'"),
    "an unknown pruner": (("train.py", "--pruner", "medain"), "no pruner 'medain'", "'median'"),
    "no annotation": (("plain.py",), "carry no annotation", "# @nni."),
    "no python": (("train.py", "--python", "/no/python"), "no such interpreter", "--python .venv/bin/python"),
    "an old python": (("train.py", "--python", "./old"), "old is Python 3.8; trials run on 3.9", "--python"),
    "no python at all": (("train.py", "--python", "/bin/true"), "does not answer as a Python", "--python"),
    "no program": (
        ("--", "torchrunn", "train.py"),
        "there is no program torchrunn on the PATH",
        "activate the environment that has it",
    ),
    "neither script nor program": (
        ("trian",),
        "there is no script or program trian",
        "did you mean train.py?",
    ),
    "no module": (("-m", "pkg.train"), "there is no module pkg.train", "directory above"),
    "a command without a script": (("--", "true"), "no Python script is found", "--script train.py"),
    "a word too long for a file": (
        ("--", "true", "x" * 300),
        "no Python script is found",
        "--script train.py",
    ),
    "a command in quotes": (
        ("python train.py " + "x" * 300,),
        "there is no script or program python train.py",
        "",
    ),
    "nothing": ((), "no script is named", "annotate run train.py"),
    "no sampler": (("train.py", "-p", "x=loguni(1, 2)"), "no sampler 'loguni'", "loguniform"),
    "a bad range": (("train.py", "-p", "x=uniform(2, 1)"), "low must be below high", "swap"),
    "no pattern": (("train.py", "--metric-pattern", "("), "no regular expression", ""),
    "a foreign space": (("train.py", "--space", "space.json"), "nothing in train.py asks for 'lr'", ""),
    "a space that is asked for elsewhere": (
        ("plain.py", "--space", "space.json"),
        "nothing in plain.py asks for 'lr'",
        "import nni",
    ),
    "a broken space": (("train.py", "--space", "train.py"), "is not a search space", ""),
    "a broken space in YAML": (
        ("train.py", "--space", "space.yml"),
        "space.yml is not a search space",
        "YAML",
    ),
    "no space": (
        ("train.py", "--space", "spaces.json"),
        "spaces.json cannot be read",
        "--space search_space.json",
    ),
    "a number of nothing": (("train.py", "100"), "100 would be an argument of train.py", "--trials 100"),
    "a duration without a unit": (("train.py", "--trial-timeout", "30"), "30 has no unit", "30s, 30m or 30h"),
    "a bad duration": (("train.py", "--max-duration", "2 parsecs"), "is not a duration", "2d"),
    "an annotation error": (("wrong.py",), "1 error", "mend"),
    "an impossible constraint": (("torn.py",), "lr > 2", "loosen"),
    "GPUs that are not there": (("train.py", "--gpus", "0"), "--gpus 0", ""),
}


def test_a_script_whose_name_is_no_text_is_refused(annotate):
    """A name of another encoding, or any beyond ASCII under such a locale: no result could be kept under it."""
    (annotate.cwd / os.fsdecode(b"tr\xe4in.py")).write_text("lr = 0.1  # @nni.uniform(0, 1)\n")
    done = annotate("run", os.fsdecode(b"tr\xe4in.py"))
    assert done.returncode == 2
    assert r"'tr\udce4in.py' cannot be read as text here" in done.stderr
    assert annotate.studies == []


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_named_with_its_remedy_and_nothing_is_written(annotate, case):
    """Exit code 2, the cause and the fix on stderr, no study."""
    words, cause, remedy = CASES[case]
    annotate.write("train.py")
    annotate.write("plain.py", "lr = 0.1\n")
    annotate.write("wrong.py", "lr = 0.1  # @nni.uniform(3, 1)\n")
    annotate.write(
        "torn.py",
        "lr = 0.1  # @nni.uniform(0, 1)\n# @nni.constraint(lr > 2)\n'''@nni.report_final_result(lr)'''\n",
    )
    annotate.write("space.json", '{"lr": {"_type": "uniform", "_value": [0, 1]}}')
    annotate.write("space.yml", "lr: [1, 2\nb: }")
    annotate.write("code/other.py")
    annotate.write("old", "#!/bin/sh\necho 3 8\n").chmod(0o755)
    done = annotate("run", *words)
    assert done.returncode == 2, done.stdout + done.stderr
    assert cause in done.stderr
    assert remedy in done.stderr
    assert annotate.studies == []


def test_a_directory_that_cannot_hold_a_study_is_named(annotate):
    """Where `.annotate` is in the way, its path is told."""
    annotate.write("train.py")
    annotate.write(".annotate", "a file")
    done = annotate("run", "train.py")
    assert done.returncode == 2
    assert ".annotate" in done.stderr


def test_a_directory_that_pythonpath_cannot_name_is_refused(annotate):
    """Its trials would not find the trial side; from elsewhere the script there can be run."""
    script = annotate.write("a:b/train.py")
    done = annotate("run", "train.py", cwd=script.parent)
    assert done.returncode == 2
    assert "run from another directory" in done.stderr
    assert not (script.parent / ".annotate").exists()
    assert annotate("run", "a:b/train.py", "--trials", 2).returncode == 0


def test_a_program_that_cannot_be_started_leaves_no_study(annotate):
    """A study whose first trial cannot be started would only hide the one before it."""
    annotate.write("train.py")
    broken = annotate.write("broken", "#!/no/such/interpreter\n")
    broken.chmod(0o755)
    done = annotate("run", "--", "./broken", "train.py")
    assert done.returncode == 2
    assert "no trial can be started" in done.stderr
    assert annotate.studies == []
