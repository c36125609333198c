"""Optuna's samplers, and CMA-ES."""

from __future__ import annotations

import builtins

import pytest

import annotate_tuners
from annotate_tuners.errors import InvalidArguments, MissingPackage, UnknownName
from annotate_tuners.tuner import Observation
from tests.tuners.conformance import SMALL, SQUARE, Conformance, bowl


class TestNsga2(Conformance):
    name = "nsga2"
    class_args = {"population_size": 6}  # noqa: RUF012
    trials = 14

    def test_several_metrics_spread_over_their_front(self):
        def metrics(p):
            return (abs(p["x"] - 2) + abs(p["y"]), abs(p["x"] + 2) + abs(p["y"]))

        tuner = self.make(SQUARE, directions=("minimize", "minimize"))
        points = []
        for number in range(90):
            params = tuner.suggest(number)
            points.append(params)
            values = metrics(params)
            tuner.observe(Observation(number, params, values[0], values=values))
        first, last = points[:30], points[-30:]
        assert sum(abs(p["y"]) for p in last) < sum(abs(p["y"]) for p in first) * 0.75
        assert max(p["x"] for p in last) - min(p["x"] for p in last) > 1

    def test_a_long_history_is_borne_and_what_was_best_long_ago_is_kept(self):
        tuner = self.make(SQUARE, population_size=2)
        for number in range(900):
            point = (
                {"x": 1.0, "y": -2.0 + number * 1e-9} if number < 2 else {"x": -5 + number / 300, "y": 5.0}
            )
            tuner.observe(Observation(number, point, bowl(point)))
        suggested = [tuner.suggest(number) for number in range(1000, 1020)]
        assert min(abs(params["y"] + 2) for params in suggested) < 1


class TestAnySampler(Conformance):
    name = "optuna:TPESampler"
    class_args = {"n_startup_trials": 5}  # noqa: RUF012
    trials = 12

    def test_a_sampler_that_optuna_does_not_have_is_told_the_nearest(self):
        with pytest.raises(UnknownName, match="Optuna has no sampler 'TPESample'; did you mean 'TPESampler'"):
            annotate_tuners.make("optuna:TPESample", SMALL, direction="minimize", seed=0)

    def test_an_argument_that_the_sampler_does_not_take_is_told_the_nearest(self):
        with pytest.raises(InvalidArguments, match="TPESampler has no argument 'n_startup'; did you mean"):
            self.make(SMALL, n_startup=1)


HUB = """
import optuna
class Corner(optuna.samplers.BaseSampler):
    def __init__(self, share=0.0):
        self.share = share
    def infer_relative_search_space(self, study, trial):
        return {}
    def sample_relative(self, study, trial, search_space):
        return {}
    def sample_independent(self, study, trial, name, distribution):
        return distribution.low + self.share * (distribution.high - distribution.low)
"""


def test_a_package_of_optunahub_is_taken_from_its_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("OPTUNAHUB_CACHE_HOME", str(tmp_path))
    package = tmp_path / "github.com/optuna/optunahub-registry/main/package/samplers/corner"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(HUB)
    tuner = annotate_tuners.make(
        "optunahub:samplers/corner", SQUARE, direction="minimize", seed=0, share=0.25
    )
    assert tuner.suggest(0) == {"x": -2.5, "y": -2.5}


class TestMotpe(Conformance):
    name = "motpe"
    class_args = {"n_startup_trials": 5}  # noqa: RUF012
    trials = 12

    def test_it_learns_several_metrics(self):
        tuner = annotate_tuners.make(
            "motpe", SQUARE, direction="minimize", directions=("minimize", "maximize"), seed=0
        )
        for number in range(20):
            params = tuner.suggest(number)
            values = (bowl(params), -bowl(params))
            tuner.observe(Observation(number, params, values[0], values=values))
        assert sum(bowl(tuner.suggest(number)) for number in range(20, 25)) / 5 < 20


class TestCmaes(Conformance):
    name = "cmaes"
    trials = 20

    def test_it_contracts_around_the_optimum(self):
        points = self.drive(self.make(SQUARE), bowl, 120)
        assert sum(map(bowl, points[-12:])) < sum(map(bowl, points[:12])) / 10


@pytest.mark.parametrize(("name", "package"), [("nsga2", "optuna"), ("cmaes", "cmaes"), ("gp", "sklearn")])
def test_a_missing_package_is_named_with_the_extra_that_brings_it(name, package, monkeypatch):
    real = builtins.__import__

    def without(module, *rest, **more):
        if module == package:
            raise ImportError(module)
        return real(module, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingPackage, match=r"pip install 'annotate-trials\["):
        annotate_tuners.make(name, SMALL, direction="minimize", seed=0)


@pytest.mark.parametrize("name", ["BruteForceSampler", "GPSampler"])
def test_a_sampler_that_looks_at_points_as_wholes_bears_what_was_never_read(name):
    tuner = annotate_tuners.make(f"optuna:{name}", SMALL, direction="minimize", seed=0)
    tuner.observe(Observation(-1, {"act": "relu", "layers": 9}, 1.0))  # defaults that lie outside
    for number in range(3):
        given = tuner.suggest(number)
        read = {"act": given["act"]} if number == 1 else given
        inactive = ("layers",) if number == 1 else ()
        tuner.observe(Observation(number, read, float(number), inactive=inactive, given=given))
    assert SMALL.contains(tuner.suggest(3))
