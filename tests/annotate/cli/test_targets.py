"""What `annotate run` takes for the script, and the command that a trial then is."""

from pathlib import Path

import pytest

from annotate.cli.targets import aim
from annotate.errors import UsageError

PYTHON = "/venv/bin/python"


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, text in {
        "train.py": "# @nni.uniform(0, 1)", "prepare.py": "", "pkg/__init__.py": "", "pkg/train.py": "", "pkg/__main__.py": "",
        "run.sh": "python prepare.py\ncd x && python ./train.py --lr 1\n", "mod.sh": "python3 -m pkg.train\n",
        "sub/start.sh": "python inner.py", "sub/inner.py": "", "script": "#!/usr/bin/env python3\nx = 1  # @nni.uniform(0, 2)\n", "torchrun": "#!/venv/bin/python\nrunning = 1\n", "note.txt": "nothing",
    }.items():  # fmt: skip
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    (tmp_path / "torchrun").chmod(0o755)
    return tmp_path


def target(here, *words, module=None, script=None):
    return aim(words, module=module, script=script, python=PYTHON, cwd=here)


@pytest.mark.parametrize(
    ("words", "script"),
    [
        (("bash", "run.sh"), "train.py"),
        (("bash", "mod.sh"), "pkg/train.py"),
        (("bash", "sub/start.sh"), "sub/inner.py"),
        (("env", "A=1", "python3", "train.py", "--data", "prepare.py"), "train.py"),
        (("sh", "-c", "exec python train.py", "run.sh"), "train.py"),
        (("sh", "-c", "python prepare.py && python train.py"), "train.py"),
        (("sh", "-c", "cd sub && python inner.py"), "sub/inner.py"),
        (("sh", "-c", "cd pkg; cd ..; python -m pkg.train"), "pkg/train.py"),
        (("python3", "-m", "pkg.train"), "pkg/train.py"),
        (("./torchrun", "--nproc-per-node", "2", "train.py"), "train.py"),
        (("python3", "-m", "pkg"), "pkg/__main__.py"),
        (("python3", "-m", "json.tool", "train.py"), "train.py"),
    ],
)
def test_the_script_is_found_in_the_command(here, words, script):
    """By a word, by a module, or in what a shell script says, the annotated one first."""
    found = target(here, *words)
    assert found.script.resolve() == here / script
    assert Path(found.command[0]).is_absolute()
    assert found.command[1:] == words[1:]


def test_all_annotated_scripts_of_a_command_are_found(here):
    """The one that reports is the script; what needs no tuning is left alone."""
    (here / "last.py").write_text("'@nni.report_final_result(x)'")
    found = target(
        here, "sh", "-c", "python train.py && python prepare.py; python train.py && python last.py"
    )
    assert (found.script, found.others) == (Path("last.py"), (Path("train.py"),))


@pytest.mark.parametrize(
    ("words", "module"),
    [
        (("tools.py", "train.py"), None),
        (("tools.py", "--config=train.py", "--out", "prepare.py"), None),
        (("python3", "-m", "pkg.train", "train.py"), None),
        (("train.py",), "pkg.train"),
    ],
)
def test_a_configuration_in_python_that_is_annotated_is_found(here, words, module):
    """`train.py configs/a.py`, as mmcv has it: its annotations were passed over in silence."""
    (here / "tools.py").write_text("")
    assert target(here, *words, module=module).others == (Path("train.py"),)


def test_a_command_that_hides_its_script_is_shown_as_it_was_typed(here):
    """So that the remedy can be."""
    with pytest.raises(UsageError) as refused:
        target(here, "sh", "-c", "echo a b")
    assert refused.value.remedy.endswith("--script train.py -- sh -c 'echo a b'")


def test_a_python_file_is_run_by_the_interpreter(here):
    """With its own arguments, as they are."""
    assert target(here, "train.py", "--x", "1").command == (PYTHON, "train.py", "--x", "1")
    assert target(here, "script").command == (PYTHON, "script")


def test_a_module_is_run_from_the_working_directory(here):
    """Its keys begin at the package, as Python imports it."""
    found = target(here, "--x", module="pkg.train")
    assert found.command == (PYTHON, "-m", "pkg.train", "--x")
    assert found.code_dir == here


def test_the_script_may_be_named_apart(here):
    """Where the command hides it."""
    assert target(here, "true", script=Path("train.py")).script == Path("train.py")


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (("tran.py",), "train.py"),
        (("true", "note.txt"), "--script"),
        (("pkg",), "the script in it"),
        ((), "annotate run"),
    ],
)
def test_what_names_no_script_is_refused_with_a_way_out(here, words, remedy):
    """The remedy is one that can be typed."""
    with pytest.raises(UsageError) as refused:
        target(here, *words)
    assert remedy in refused.value.remedy


def test_what_may_not_be_read_is_named(here, monkeypatch):
    """A script, or a shell script that would name it."""

    def refused(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refused)
    with pytest.raises(UsageError, match=r"cannot read run\.sh: Permission denied"):
        target(here, "bash", "run.sh")
