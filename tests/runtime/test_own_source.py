"""Code that reads its own source in a trial gets the tuned values, on the same lines."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest

from annotate.instrument import instrument
from annotate_runtime.protocol import Read

Study = Any  # of conftest, which importlib mode keeps to itself

OWN = """\
import inspect
def f(x):
    k = 2.0  # @nni.uniform(0, 10)
    n = 1  # @nni.choice(1, -3, 'é' + str(x), 1 if x else 2)
    return k, n
class C:
    a = dict(
        b=[1,
           2],  # @nni.choice([3], [4])
        c=5,
    )  # the end
    def g(self):
        # @nni.function_choice(abs(1), abs(2), name=h)
        return abs(1) + abs(2)
other = 1  # @nni.randint(0, 9)
"""


def ran(study: Study, source: str, **params: Any) -> tuple[str, set[str]]:
    """What an annotated script prints in a trial, and the keys that it is said to have read."""
    done = instrument(source.encode(), "t", "train.py")
    assert not [d for d in done.diagnostics if d.code[0] == "E"], done.diagnostics
    outcome = study.python(
        done.code.decode(), source, params={f"t/{k.replace('__', '/')}": v for k, v in params.items()}
    )
    assert outcome.exit.returncode == 0, outcome.log
    return outcome.log, {report.key for report in outcome.reports if isinstance(report, Read)}


@pytest.mark.parametrize(
    ("params", "line"),
    [
        ({"n__choice": 1}, "n = (1)  #"),
        ({"n__choice": -3}, "n = (-3)  #"),
        ({"n__choice": "'é' + str(x)"}, "n = ('é' + str(x))  #"),
        ({"n__choice": "1 if x else 2"}, "n = (1 if x else 2)  #"),
        ({}, "n = (1)  #"),
        ({"k__uniform": 0.25}, "k = (0.25)  #"),
        ({"k__uniform": 1e-07}, "k = (1e-07)  #"),
    ],
)
def test_the_source_of_a_function_shows_the_tuned_value(
    study: Study, params: dict[str, Any], line: str
) -> None:
    log, _ = ran(study, OWN + "print(inspect.getsource(f))\n", **params)
    assert line in log
    assert "_annotate_trial" not in log
    assert log.count("\n") == 5


def test_a_value_over_several_lines_keeps_them(study: Study) -> None:
    log, _ = ran(
        study, OWN + "print(inspect.getsource(C), end='')\n", b__choice="[4]", h__function_choice="abs(2)"
    )
    assert log.splitlines()[:6] == ["class C:", "    a = dict(", "        b=([4]", "),  # @nni.choice([3], [4])", "        c=5,", "    )  # the end"]  # fmt: skip
    assert log.splitlines()[-1] == "        return (abs(2)) + (abs(2))"


def test_only_what_was_asked_for_counts_as_read(study: Study) -> None:
    """`other` is read since the script runs it; `h` never is."""
    params = {"k__uniform": 3.0, "h__function_choice": "abs(2)", "other__randint": 4}
    _, keys = ran(study, OWN + "inspect.getsource(f)\n", **params)
    assert keys == {"t/k/uniform", "t/other/randint"}


def test_the_source_of_a_module_is_what_runs(study: Study) -> None:
    log, keys = ran(
        study, OWN + "import sys\nprint(inspect.getsource(sys.modules['__main__']))\n", k__uniform=3.0
    )
    assert '_annotate_trial["t/k/uniform"]' in log
    assert keys == set()


def test_a_config_scope_that_runs_its_own_body_as_sacred_does_gets_the_tuned_values(study: Study) -> None:
    """The body's source is cut out, dedented, compiled, and run with the function's globals."""
    source = """\
    import inspect, textwrap
    def config(function):
        body = inspect.getsource(function).partition(':\\n')[2]
        found = {}
        exec(compile(textwrap.dedent(body), '<config>', 'exec'), dict(function.__globals__), found)
        return found
    @config
    def cfg():
        lr = 0.1  # @nni.uniform(0, 1)
        opt = 'sgd'  # @nni.choice('sgd', 'adam')
    print(cfg)
    """
    log, keys = ran(study, textwrap.dedent(source), lr__uniform=0.5, opt__choice="adam")
    assert log == "{'lr': 0.5, 'opt': 'adam'}\n"
    assert keys == {"t/lr/uniform", "t/opt/choice"}


def test_a_dataclass_takes_the_tuned_default(study: Study) -> None:
    source = "from dataclasses import dataclass, fields\n@dataclass\nclass C:\n    lr: float = 0.1  # @nni.uniform(0, 1)\nprint(C(), fields(C)[0].default)\n"
    assert ran(study, source, lr__uniform=0.5)[0] == "C(lr=0.5) 0.5\n"


@pytest.mark.parametrize(
    "source",
    [
        "import warnings\nx = 1; warnings.warn('careful')  # @nni.report_intermediate_result(x)\n",
        (
            "import warnings\nwith warnings.catch_warnings(record=True) as seen:\n"
            "    warnings.warn('careful')  # @nni.report_intermediate_result(1)\nprint(seen[0])\n"
        ),
    ],
    ids=["shown", "recorded"],
)
def test_a_warning_names_the_users_file_and_line(study: Study, source: str) -> None:
    """Also where warnings are recorded rather than shown."""
    log, _ = ran(study, source)
    assert f"{study.home}/train.py" in log
    assert "careful" in log
    assert str(study.mirror) not in log
    assert "_annotate_trial" not in log


def test_what_is_kept_on_disk_by_a_functions_name_is_kept_by_its_values_too(study: Study) -> None:
    """`joblib.Memory` would give every trial what the first has computed; a function without annotations stays."""
    library = study.home / "joblib"
    library.mkdir(parents=True)
    (library / "__init__.py").touch()
    (library / "func_inspect.py").write_text(
        "def get_func_name(func, resolv_alias=True): return [func.__module__], func.__name__\n"
    )
    source = (
        "import os, sys; sys.path.append(os.getcwd())\nfrom joblib.func_inspect import get_func_name\n"
        "def f():\n    k = 2  # @nni.choice(1, 2)\ndef g():\n    return 3\n"
        "print(*[get_func_name(each, resolv_alias=False)[1] for each in (f, g, len)])\n"
    )
    names = [ran(study, source, k__choice=k)[0].splitlines()[-1].split() for k in (1, 2, 1)]
    assert names[0][0].startswith("f-")
    assert names[0] == names[2] != names[1]
    assert names[0][1:] == names[1][1:] == ["g", "len"]


def test_machine_code_of_the_users_own_is_not_kept_on_disk(study: Study) -> None:
    """`numba.njit(cache=True)` would give every trial the global values of the first; a library's functions stay."""
    library = study.home / "numba" / "core"
    library.mkdir(parents=True)
    for path in (library.parent / "__init__.py", library / "__init__.py"):
        path.touch()
    (library / "caching.py").write_text(
        "class Cache:\n"
        "    def __init__(self, py_func): self.enabled = True\n"
        "    def disable(self): self.enabled = False\n"
    )
    source = (
        "import os, sys; sys.path.append(os.getcwd())\nfrom numba.core.caching import Cache\nimport textwrap\n"
        "k = 2  # @nni.choice(1, 2)\ndef f(): return k\n"
        "print(Cache(f).enabled, Cache(textwrap.dedent).enabled)\n"
    )
    assert ran(study, source, k__choice=1)[0].splitlines()[-1] == "False True"
