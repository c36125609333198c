"""Tuners by name."""

from __future__ import annotations

import pytest

import annotate_tuners
from annotate_tuners.errors import InvalidArguments, UnknownName
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


def test_optimize_mode_may_repeat_the_direction_and_not_contradict_it():
    annotate_tuners.make("random", SMALL, direction="minimize", seed=0, optimize_mode="minimize")
    with pytest.raises(InvalidArguments, match="optimize_mode is 'maximize', but the study is to minimize"):
        annotate_tuners.make("random", SMALL, direction="minimize", seed=0, optimize_mode="maximize")


def test_nnis_tpe_args_are_taken():
    arguments = {"tpe_args": {"n_startup_jobs": 3, "constant_liar_type": "worst"}}
    annotate_tuners.make("tpe", SMALL, direction="minimize", seed=0, **arguments)
    with pytest.raises(InvalidArguments, match="tpe_args has no argument 'startup'; did you mean 'n_startup_jobs'"):
        annotate_tuners.make("tpe", SMALL, direction="minimize", seed=0, tpe_args={"startup": 3})
