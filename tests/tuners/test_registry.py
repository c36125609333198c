"""Tuners by name."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

import annotate_tuners
from annotate_tuners import known
from annotate_tuners.errors import InvalidArguments, MissingPackage, TunerError, UnknownName
from annotate_tuners.space import SearchSpace
from tests.tuners.conformance import SMALL, SQUARE, Conformance

NNI_NAMES = (
    "TPE", "Random", "GridSearch", "Anneal", "Evolution", "SMAC", "GP", "Metis", "DNGO", "PBT",
    "NetworkMorphism", "RegularizedEvolution", "PPO", "Hyperband", "BOHB", "GPTuner", "MetisTuner",
)  # fmt: skip


TPE_ARGS = {
    "constant_liar_type": "best", "n_startup_jobs": 3, "n_ei_candidates": 24, "linear_forgetting": 25,
    "prior_weight": 1.0, "gamma": 0.25,
}  # fmt: skip
NNI_ARGUMENTS = {
    "TPE": {"optimize_mode": "maximize", "tpe_args": TPE_ARGS},
    "Random": {"optimize_mode": "maximize"},
    "GridSearch": {"optimize_mode": "maximize"},
    "Anneal": {"optimize_mode": "maximize"},
    "Evolution": {"optimize_mode": "maximize", "population_size": 100},
    "SMAC": {"optimize_mode": "maximize", "config_dedup": True},
    "GPTuner": {
        "optimize_mode": "maximize", "utility": "ucb", "kappa": 5.0, "xi": 0.0, "nu": 2.5, "alpha": 1e-6,
        "cold_start_num": 10, "selection_num_warm_up": 100000, "selection_num_starting_points": 250,
    },
    "MetisTuner": {
        "optimize_mode": "maximize", "no_resampling": True, "no_candidates": True,
        "selection_num_starting_points": 600, "cold_start_num": 10, "exploration_probability": 0.9,
    },
    "DNGOTuner": {
        "optimize_mode": "maximize", "sample_size": 1000, "trials_per_update": 20,
        "num_epochs_per_training": 500,
    },
    "PBTTuner": {
        "optimize_mode": "maximize", "all_checkpoint_dir": "/tmp/all", "population_size": 10, "factor": 0.2,
        "resample_probability": 0.25, "fraction": 0.2,
    },
    "RegularizedEvolution": {"optimize_mode": "maximize", "population_size": 100, "sample_size": 25},
    "NetworkMorphism": {
        "optimize_mode": "maximize", "task": "cv", "input_width": 32, "input_channel": 3, "n_output_node": 10,
    },
    "PPOTuner": {
        "optimize_mode": "maximize", "trials_per_update": 20, "epochs_per_update": 4, "minibatch_size": 4,
        "ent_coef": 0.0, "lr": 3e-4, "vf_coef": 0.5, "max_grad_norm": 0.5, "gamma": 0.99, "lam": 0.95,
        "cliprange": 0.2,
    },
    "Hyperband": {"optimize_mode": "maximize", "R": 60, "eta": 3, "exec_mode": "serial"},
    "BOHB": {
        "optimize_mode": "maximize", "min_budget": 1, "max_budget": 9, "eta": 3, "min_points_in_model": 7,
        "top_n_percent": 15, "num_samples": 64, "random_fraction": 0.333, "bandwidth_factor": 3.0,
        "min_bandwidth": 0.001, "config_space": "space.pcs",
    },
    "BatchTuner": {"optimize_mode": "maximize"},
}  # fmt: skip
CONFIGURATIONS = SearchSpace.from_json(
    {"combine_params": {"_type": "choice", "_value": [{"x": 1, "y": 2}, {"x": 3, "y": 4}]}}
)


def test_every_tuner_of_a_name_is_held_to_the_rules_of_all():
    for file in Path(__file__).parent.glob("test_*.py"):
        importlib.import_module(f"tests.tuners.{file.stem}")

    def held(cls):
        return {cls.name} if hasattr(cls, "name") else set().union(*map(held, cls.__subclasses__()))

    assert {known(name) for name in held(Conformance) if ":" not in name} == {*annotate_tuners.names()} - {
        "batch"
    }


@pytest.mark.parametrize("name", NNI_ARGUMENTS)
def test_every_tuner_of_nnis_takes_its_documented_arguments(name):
    for spelling in (name, name.lower(), name.upper()):
        space = CONFIGURATIONS if name == "BatchTuner" else SQUARE
        tuner = annotate_tuners.make(spelling, space, direction="maximize", seed=0, **NNI_ARGUMENTS[name])
        assert {"x", "y"} <= tuner.suggest(0).keys()


def test_arguments_of_nnis_without_effect_are_named():
    assert (
        annotate_tuners.notice("SMAC", config_dedup=True) == "of smac's arguments, config_dedup has no effect"
    )
    line = annotate_tuners.notice("Metis", no_resampling=True, cold_start_num=3, no_candidates=True)
    assert line.startswith("metis stands for gp here: ")
    assert line.endswith("; of metis's arguments, no_resampling, no_candidates have no effect")
    assert annotate_tuners.notice("tpe", tpe_args=TPE_ARGS) is None


@pytest.mark.parametrize(
    ("name", "wrong", "said"),
    [
        (
            "hyperband",
            {"ETA": 3},
            "hyperband has no argument 'ETA'; did you mean 'eta'? it takes R, eta, exec_mode",
        ),
        ("metis", {"cold_start": 3}, "metis has no argument 'cold_start'; did you mean 'cold_start_num'?"),
        ("random", {"seeds": 3}, "random has no argument 'seeds'; it takes none"),
        ("gp", {"utility": "lcb"}, "utility is one of ei, poi, ucb, not 'lcb'"),
        ("bohb", {"top_n_percent": 0}, "bohb needs 0 < top_n_percent < 100"),
        (
            "tpe",
            {"tpe_args": {"constant_liar_type": "median"}},
            "constant_liar_type is one of best, mean, worst",
        ),
        ("tpe", {"tpe_args": {"gamma": 0}}, "gamma > 0"),
    ],
)
def test_arguments_that_it_does_not_take_are_refused_with_those_that_it_takes(name, wrong, said):
    with pytest.raises(InvalidArguments, match=re.escape(said)):
        annotate_tuners.make(name, SQUARE, direction="minimize", seed=0, **wrong)


@pytest.mark.parametrize("name", NNI_NAMES)
def test_every_name_of_nnis_makes_a_tuner_whatever_its_case(name):
    for spelling in (name, name.lower(), name.upper()):
        tuner = annotate_tuners.make(spelling, SQUARE, direction="maximize", seed=0)
        assert SQUARE.keys() <= tuner.suggest(0).keys()


@pytest.mark.parametrize("name", annotate_tuners.names())
def test_every_listed_name_is_lower_case_and_has_no_notice(name):
    assert name == name.lower()
    assert annotate_tuners.notice(name) is None


@pytest.mark.parametrize("name", ["Metis", "DNGO", "NetworkMorphism", "PPO"])
def test_a_name_that_stands_for_another_says_so_in_one_line(name):
    line = annotate_tuners.notice(name)
    assert line.startswith(f"{name.lower()} stands for ")
    assert "\n" not in line


def test_an_unknown_name_is_told_the_nearest():
    with pytest.raises(UnknownName, match="there is no tuner 'TEP'; did you mean 'tpe'"):
        annotate_tuners.make("TEP", SMALL, direction="minimize", seed=0)
    with pytest.raises(UnknownName, match="tpe, and classes of your own"):
        annotate_tuners.make("demotuner", SMALL, direction="minimize", seed=0)


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
        ("tpe", {"foo": 1}, "tpe has no argument 'foo'"),
        ("gp", {"foo": 1}, "gp has no argument 'foo'"),
        ("evolution", {"population_size": 1}, "population_size is at least 2"),
        ("batch", {}, "batch needs a space of one choice"),
        ("nowhere.py:Mine", {}, "there is no file nowhere.py"),
    ],
)
def test_what_a_tuner_refuses_is_found_out_before_anything_is_begun(name, class_args, said):
    with pytest.raises(TunerError, match=said):
        annotate_tuners.try_out(name, SMALL, direction="maximize", **class_args)


@pytest.mark.parametrize(
    ("name", "package", "extra"),
    [
        ("smac", "smac", "smac"),
        ("cmaes", "cmaes", "optuna"),
        ("nsga2", "optuna", "optuna"),
        ("motpe", "optuna", "optuna"),
        ("gp", "sklearn", "gp"),
        ("metis", "sklearn", "gp"),
    ],
)
def test_a_missing_package_is_found_out_before_anything_is_begun(name, package, extra, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingPackage, match=rf"pip install 'annotate-trials\[{extra}\]'"):
        annotate_tuners.try_out(name, SQUARE, direction="maximize")


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
