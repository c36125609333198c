"""The `nni` and `dlkit_utils` stand-ins, in a trial and outside."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

Study = Any  # of conftest, which importlib mode keeps to itself


def test_what_is_no_number_beside_the_result_costs_no_training(study: Study) -> None:
    """As with NNI; an array of several numbers, say, whose `item` raises."""
    outcome = study.python(
        "import nni\nmatrix = type('Array', (), {'item': lambda self: [][0]})()\n"
        "nni.report_final_result({'default': 2, 'matrix': matrix, 'model': object(), 'classes': ['a']})"
    )
    assert [dict(result.values) for result in outcome.results] == [{"default": 2.0}], outcome.log


def test_the_whole_trial_api_works_in_a_trial(study: Study) -> None:
    """Every name of NNI's trial API, and its values."""
    source = (
        "import nni\n"
        "print(nni.get_next_parameters(), nni.get_current_parameter('lr'), nni.get_current_parameter('none'))\n"
        "print(nni.get_experiment_id(), nni.get_trial_id(), nni.get_sequence_id())\n"
        "nni.report_intermediate_result(1)\nnni.report_final_result({'default': 2, 'loss': 3, 'note': 'x'})\n"
    )
    outcome = study.python(source, params={"lr": 0.5}, number=3)
    assert outcome.log == "{'lr': 0.5} 0.5 None\nstudy-1 study-1-3 3\n"
    assert [dict(result.values) for result in outcome.results] == [
        {"default": 1.0},
        {"default": 2.0, "loss": 3.0},
    ]


def test_outside_a_trial_reports_are_printed(study: Study) -> None:
    """No parameters, and NNI's words."""
    study.request("true")
    source = "import nni; print(nni.get_next_parameter(), nni.get_trial_id()); nni.report_intermediate_result(1); nni.report_final_result(2)"
    ran = subprocess.run(
        [sys.executable, "-c", source],
        env={"PYTHONPATH": str(study.lib)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == "{} STANDALONE\nIntermediate result: 1  (Index 0)\nFinal result: 2\n"


def test_hand_written_samplers_take_what_the_trial_names(study: Study) -> None:
    """By name, by line, by value and by source text."""
    source = (
        "import nni\n"
        "a = nni.choice(1, True, name='a')\n"
        "b = nni.uniform(0, 1)\n"
        "c = nni.choice(2 * 3, 5 * 6, name='c')\n"
        "d = nni.function_choice(lambda: max(1, 2), lambda: min(1, 2), name='d')\n"
        "e = nni.randint(3, 4, name='e')\n"
        "print(a, b, c, d, e)\n"
    )
    params = {
        "train/a/choice": True,
        "train/__line3/uniform": 0.25,
        "train/c/choice": "5 * 6",
        "train/d/function_choice": "min(1, 2)",
    }
    assert study.python(source, params=params).log == "True 0.25 30 1 3\n"


@pytest.mark.parametrize(
    ("base", "override", "shown"),
    [
        ("{'a': 1}", "{'a': 2}", "{'a': 2}"),
        ("{'a': 1.0}", "{'a': 2}", "{'a': 2.0}"),
        ("{'a': None}", "{'a': 'x'}", "{'a': 'x'}"),
        ("argparse.Namespace(a=1)", "{'a': 2}", "Namespace(a=2)"),
        ("{'a': 64}", "{'a': 96.0}", "{'a': 96}"),
        ("{'a': 64}", "{'a': 96.5}", "Expected 'a'"),
        ("{'a': 64}", "{'a': True}", "{'a': True}"),
        ("type('Config', (), {'a': 1, '__repr__': lambda s: f'Config({s.a})'})()", "{'a': 2}", "Config(2)"),
        ("{'a': 1}", "{'b': 2}", "Key 'b' not found"),
        ("{'a': 1}", "{'a': 'x'}", "Expected 'a'"),
    ],
)
def test_merge_parameter(study: Study, base: str, override: str, shown: str) -> None:
    """In place, returning the base; what does not fit is a ValueError that names the key."""
    source = f"import argparse\nfrom nni.utils import merge_parameter\nbase = {base}\ntry: print(merge_parameter(base, {override}), merge_parameter(base, None) is base)\nexcept ValueError as e: print(e)"
    assert study.python(source).log.startswith(shown)


def test_a_really_installed_nni_is_left_alone_where_the_user_wants_it(study: Study) -> None:
    """With `nni=False` the stand-in is not there, dlkit_utils still is."""
    study.nni = False
    (study.home / "nni.py").parent.mkdir(parents=True, exist_ok=True)
    site = study.root / "site"
    site.mkdir()
    (site / "nni.py").write_text("real = True\n")
    outcome = study.python("import nni, dlkit_utils; print(nni.real)", env={"PYTHONPATH": str(site)})
    assert outcome.log == "True\n"
