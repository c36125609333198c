"""Tuners by name."""

from __future__ import annotations

import subprocess
import sys

import pytest

import annotate_tuners
from annotate_tuners.errors import InvalidArguments, TunerError, UnknownName
from tests.tuners.conformance import SMALL, SQUARE

NNI_NAMES = (
    "TPE", "Random", "GridSearch", "Anneal", "Evolution", "SMAC", "GP", "Metis", "DNGO", "PBT",
    "NetworkMorphism", "RegularizedEvolution", "PPO", "Hyperband", "BOHB", "GPTuner", "MetisTuner",
)  # fmt: skip


@pytest.mark.parametrize("name", NNI_NAMES)
def test_every_name_of_nnis_makes_a_tuner_whatever_its_case(name):
    for spelling in (name, name.lower(), name.upper()):
        tuner = annotate_tuners.make(spelling, SQUARE, direction="maximize", seed=0)
        assert SQUARE.keys() <= tuner.suggest(0).keys()


@pytest.mark.parametrize("name", annotate_tuners.names())
def test_every_listed_name_is_lower_case_and_has_no_notice(name):
    assert name == name.lower()
    assert annotate_tuners.notice(name) is None


@pytest.mark.parametrize("name", ["Metis", "DNGO", "NetworkMorphism", "PPO", "SMAC"])
def test_a_name_that_stands_for_another_says_so_in_one_line(name):
    line = annotate_tuners.notice(name)
    assert line.startswith(f"{name.lower()} stands for ")
    assert "\n" not in line


def test_an_unknown_name_is_told_the_nearest():
    with pytest.raises(UnknownName, match="there is no tuner 'TEP'; did you mean 'tpe'"):
        annotate_tuners.make("TEP", SMALL, direction="minimize", seed=0)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("TPE", "tpe"),
        ("GridSearch", "grid"),
        ("SMAC", "smac"),
        ("optuna:QMCSampler", "optuna:QMCSampler"),
        ("My/file.py:Class", "My/file.py:Class"),
    ],
)
def test_a_name_is_known_by_one_form_whatever_its_case(written, name):
    assert annotate_tuners.known(written) == name
    with pytest.raises(UnknownName, match="did you mean 'tpe'"):
        annotate_tuners.known("tpx")


def test_a_pruner_of_nnis_is_known_too():
    names = ["Medianstop", "successive_halving", "ASHA", "my.py:Mine"]
    assert [annotate_tuners.known_pruner(n) for n in names] == [
        "median",
        "asha",
        "asha",
        "my.py:Mine",
    ]
    with pytest.raises(UnknownName, match="did you mean 'median'"):
        annotate_tuners.known_pruner("medan")


@pytest.mark.parametrize(
    ("name", "class_args", "said"),
    [
        ("tpe", {"foo": 1}, "tpe: got an unexpected keyword argument 'foo'"),
        ("gp", {"foo": 1}, "gp: got an unexpected keyword argument 'foo'"),
        ("evolution", {"population_size": 1}, "population_size is at least 2"),
        ("batch", {}, "batch needs a space of one choice"),
        ("nowhere.py:Mine", {}, "there is no file nowhere.py"),
    ],
)
def test_what_a_tuner_refuses_is_found_out_before_anything_is_begun(name, class_args, said):
    with pytest.raises(TunerError, match=said):
        annotate_tuners.try_out(name, SMALL, direction="maximize", **class_args)


def test_trying_a_tuner_out_imports_no_science():
    code = (
        "import sys, annotate_tuners as t\n"
        "from annotate_tuners.space import SearchSpace\n"
        "s = SearchSpace.from_json({'a': {'_type': 'choice', '_value': [1]}})\n"
        "for n in t.names():\n"
        "    if n not in ('batch',): t.try_out(n, s, direction='maximize')\n"
        "print(sorted({'numpy', 'scipy', 'hyperopt', 'optuna', 'sklearn'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_optimize_mode_may_repeat_the_direction_and_not_contradict_it():
    annotate_tuners.make("random", SMALL, direction="minimize", seed=0, optimize_mode="minimize")
    with pytest.raises(InvalidArguments, match="optimize_mode is 'maximize', but the study is to minimize"):
        annotate_tuners.make("random", SMALL, direction="minimize", seed=0, optimize_mode="maximize")


def test_nnis_tpe_args_are_taken():
    arguments = {"tpe_args": {"n_startup_jobs": 3, "constant_liar_type": "worst"}}
    annotate_tuners.make("tpe", SMALL, direction="minimize", seed=0, **arguments)
    with pytest.raises(
        InvalidArguments, match="tpe_args has no argument 'startup'; did you mean 'n_startup_jobs'"
    ):
        annotate_tuners.make("tpe", SMALL, direction="minimize", seed=0, tpe_args={"startup": 3})
