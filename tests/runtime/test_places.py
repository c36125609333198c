"""What lies beside and above a script is where it is without us; only the code is the study's own copy."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from tests.runtime.test_faithful import ASK, BEGIN, OLD

Study = Any  # of conftest, which importlib mode keeps to itself
IMPORTS = "import importlib.util, inspect, os, runpy, sys\nfrom pathlib import Path\n"
PLACES = {
    "script": "print(__file__, sys.path[0], __name__, __cached__, __spec__)",
    "module": "import helper; print(helper.__file__, helper.n)",
    "package": "import pkg.net; print(pkg.__file__, pkg.net.__file__, pkg.net.n)",
    "module that is only linked": "import plain, pkg.plain; print(plain.__file__, pkg.plain.__file__)",
    "data above": "print(open(Path(__file__).resolve().parent.parent / 'data.txt').read())",
    "by its path": (
        "spec = importlib.util.spec_from_file_location('other', os.path.join(os.path.dirname(__file__), 'helper.py'))\n"
        "module = importlib.util.module_from_spec(spec); spec.loader.exec_module(module)\n"
        "print(module.n, module.__file__, spec.origin)"
    ),
    "by a loader": (
        "from importlib.machinery import SourceFileLoader\n"
        "class Own(SourceFileLoader):\n"
        "    def source_to_code(self, data, path, **options): return super().source_to_code(data + b'\\nown = 1', path, **options)\n"
        "    def get_data(self, path): return super().get_data(path) if path.endswith('.py') else b''\n"
        "for loader in (SourceFileLoader, Own):\n"
        "    found = loader('found', os.path.join(os.path.dirname(__file__), 'helper.py')).load_module()\n"
        "    print(found.n, found.__file__, hasattr(found, 'own'))"
    ),
    "beside a package": (
        "import importlib.resources, pkgutil, pkg\n"
        "print(pkg.__path__, pkg.__spec__.origin, importlib.resources.files('pkg'))\n"
        "print([each.name for each in pkgutil.iter_modules(pkg.__path__)])"
    ),
    "run by its path": (
        "found = runpy.run_path(os.path.join(os.path.dirname(__file__), 'helper.py')); print(found['n'], found['__file__'])"
    ),
    "class": "import helper; print(inspect.getfile(helper.C), inspect.getsource(helper.C))",
    "caller": "def f(): return inspect.stack()\nprint([f().pop(0)[1:4], f().pop()[1:4]], inspect.getfile(f))",
    "spawned child": (
        "import multiprocessing\n"
        "def work(): print(n, __file__, sys.path[0], __name__, flush=True)\n"
        "if __name__ == '__main__':\n"
        "    child = multiprocessing.get_context('spawn').Process(target=work)\n"
        "    child.start(); child.join()"
    ),
    "itself": (
        "import subprocess\nif len(sys.argv) == 1: subprocess.run([sys.executable, __file__, 'x'])\nprint(n, __file__)"
    ),
}  # fmt: skip


def written(study: Study, body: str) -> Path:
    """A project whose files all have n = 3, by the trial or in so many words; returns the script's copy."""
    helper = "class C:\n    size = 1\n"
    for name, text in (("helper.py", helper), ("pkg/net.py", ""), ("train.py", IMPORTS + body)):
        path = study.write(
            name, BEGIN + ASK + text, "\nn = 3\n" + text if name != "train.py" else "n = 3\n" + text
        )
    study.write("pkg/__init__.py", "", "")
    for name in ("plain.py", "pkg/plain.py"):
        (study.home / name).write_text("")
        (study.mirror / name).symlink_to(study.home / name)
    (study.root / "data.txt").write_text("images")
    return path  # type: ignore[no-any-return]


@pytest.mark.parametrize("fork", [False, True], ids=["spawn", "fork"])
@pytest.mark.parametrize("body", PLACES.values(), ids=PLACES)
def test_a_script_sees_the_places_that_it_sees_without_us(study: Study, body: str, fork: bool) -> None:
    """`__file__`, `sys.path[0]`, and what is found by them, in the script, its modules and its children."""
    script = written(study, body)
    outcome = study.run(sys.executable, script, fork=fork, params={"n": 3})
    assert (outcome.log, outcome.exit.returncode) == study.plainly("train.py")


@pytest.mark.parametrize("body", PLACES.values(), ids=PLACES)
def test_on_the_oldest_python_too(study: Study, body: str) -> None:
    """3.9 reads a file's code by another function, and multiprocessing by that."""
    script = written(study, body)
    outcome = study.run(OLD, script, params={"n": 3})
    assert (outcome.log, outcome.exit.returncode) == study.plainly("train.py", OLD)


def test_what_a_script_writes_beside_itself_stays_there(study: Study) -> None:
    """And is not hidden in the study's copy of its code."""
    script = written(study, "(Path(__file__).parent / 'out').mkdir()")
    assert study.run(sys.executable, script).exit.returncode == 0
    assert (study.home / "out").is_dir()
    assert not (study.mirror / "out").exists()


@pytest.mark.parametrize("fork", [False, True], ids=["spawn", "fork"])
def test_a_module_that_is_gone_is_still_in_the_study(study: Study, fork: bool) -> None:
    """Another branch may have been checked out while the study runs."""
    script = written(study, "import helper, pkg.net; print(helper.n, pkg.net.n)")
    (study.home / "helper.py").unlink()
    (study.home / "pkg").rename(study.home / "elsewhere")
    assert study.run(sys.executable, script, fork=fork, params={"n": 5}).log == "5 5\n"


@pytest.mark.parametrize("name", ["logging", "inspect", "traceback"])
def test_a_module_of_the_user_s_may_have_the_name_of_one_that_is_looked_after(
    study: Study, name: str
) -> None:
    """It lies beside the script, and so comes first."""
    study.write(f"{name}.py", BEGIN + "mine = 1\n", "\nmine = 1\n")
    script = study.write("train.py", BEGIN + ASK + f"import {name}; print({name}.mine, n)\n", "")
    assert study.run(sys.executable, script, params={"n": 3}).log == "1 3\n"
