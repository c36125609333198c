"""Tuners and assessors in a user's own file."""

from __future__ import annotations

import sys

import pytest

import annotate_tuners
from annotate_tuners.errors import InvalidArguments, MissingPackage, UnknownName
from annotate_tuners.pruner import Continue, Curve, Stop
from annotate_tuners.tuner import Observation, SpaceExhausted
from tests.tuners.conformance import SMALL

NNI = """
import helper_beside_it
import nni
from nni.tuner import Tuner
from nni import ClassArgsValidator
from nni.utils import extract_scalar_history, extract_scalar_reward

class Mine(Tuner):
    def __init__(self, optimize_mode, start=0, seed=None):
        self.mode, self.told, self.start, self.seed = optimize_mode, [], start, seed
    def update_search_space(self, space):
        self.options = space["act"]["_value"]
    def generate_parameters(self, parameter_id, **kwargs):
        if parameter_id >= 4:
            raise nni.NoMoreTrialError("done")
        return {"act": self.options[parameter_id % 2], "layers": 1 + self.start + parameter_id // 2}
    def receive_trial_result(self, parameter_id, parameters, value, **kwargs):
        self.told.append((parameter_id, parameters["act"], extract_scalar_reward(value)))
    def trial_end(self, parameter_id, success, **kwargs):
        self.told.append((parameter_id, success))
    def import_data(self, data):
        self.told.append(data)

class Same(Tuner):
    def generate_parameters(self, parameter_id, **kwargs):
        return {"act": "relu", "layers": 1}
"""
ASSESSOR = """
from nni.assessor import Assessor, AssessResult
class Strict(Assessor):
    def assess_trial(self, trial_job_id, trial_history):
        return AssessResult.Good if trial_history[-1] > 0.5 else AssessResult.Bad
class Plain(Assessor):
    def assess_trial(self, trial_job_id, trial_history):
        return len(trial_history) < 2
"""
OURS = """
from annotate_tuners.algorithm import Proposal
class First:
    def __init__(self, dimensions, *, reverse=False):
        self.dimensions, self.reverse = dimensions, reverse
    def propose(self, history, number, rng):
        points = list(self.dimensions.points())
        yield from map(Proposal, reversed(points) if self.reverse else points)
class Whole:
    def __init__(self, space, *, direction, seed):
        self.direction = direction
    def suggest(self, number):
        return {"act": "relu", "layers": number}
    def forget(self, number): pass
    def observe(self, observation): pass
class Same(Whole):
    def suggest(self, number):
        return {"act": "relu", "layers": 1.0 if number else 1}
class Stubborn:
    def __init__(self, direction, *, after=1):
        self.after = after
    def decide(self, others, curve):
        from annotate_tuners.pruner import Continue, Stop
        return Stop("enough") if curve.step >= self.after else Continue()
class Neither: pass
"""


@pytest.fixture
def files(tmp_path):
    (tmp_path / "helper_beside_it.py").write_text("")
    for name, text in {"theirs.py": NNI, "assess.py": ASSESSOR, "ours.py": OURS}.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def make(files, name, **more):
    return annotate_tuners.make(f"{files}/{name}", SMALL, direction="maximize", seed=0, **more)


def test_a_tuner_written_for_nni_runs_unchanged(files):
    tuner = make(files, "theirs.py:Mine", start=1)
    assert [tuner.suggest(n) for n in range(3)] == [
        {"act": act, "layers": layers} for act, layers in (("relu", 2), ("tanh", 2), ("relu", 3))
    ]
    tuner.observe(Observation(0, {"act": "relu"}, 0.5))
    tuner.observe(Observation(1, {"act": "tanh"}, None))
    tuner.forget(2)
    tuner.observe(Observation(-1, {"act": "relu"}, 0.7))
    inner = tuner._tuner._tuner
    assert (inner.mode, inner.seed) == ("maximize", 0)
    assert inner.told == [
        (0, "relu", 0.5),
        (0, True),
        (1, False),
        (2, False),
        [{"parameter": {"act": "relu"}, "value": 0.7}],
    ]


def test_no_more_trial_error_ends_the_search(files):
    with pytest.raises(SpaceExhausted, match="done"):
        make(files, "theirs.py:Mine").suggest(4)


def test_nnis_tuner_obeys_the_constraint(files):
    tuner = make(files, "theirs.py:Mine", constraint=lambda p: p["act"] == "tanh")
    assert tuner.suggest(1)["act"] == "tanh"
    with pytest.raises(SpaceExhausted, match="break the constraint"):
        tuner.suggest(0)


def test_an_assessor_written_for_nni_runs_unchanged(files):
    strict = annotate_tuners.make_pruner(f"{files}/assess.py:Strict", direction="maximize")
    assert strict.decide([], Curve(0, (0.6,))) == Continue()
    assert strict.decide([], Curve(0, (0.6, 0.4))) == Stop("Strict called it bad")
    plain = annotate_tuners.make_pruner(f"{files}/assess.py:Plain", direction="maximize")
    assert [type(plain.decide([], Curve(0, (0.0,) * n))) for n in (1, 2)] == [Continue, Stop]


def test_an_algorithm_of_our_interface_is_held_to_the_rules_of_all(files):
    tuner = make(files, "ours.py:First", reverse=True, constraint=lambda p: p["layers"] != 3)
    assert [tuner.suggest(n)["layers"] for n in range(4)] == [2, 1, 2, 1]
    with pytest.raises(SpaceExhausted):
        tuner.suggest(4)


def test_a_whole_tuner_of_our_interface_obeys_the_constraint(files):
    assert make(files, "ours.py:Whole").suggest(7) == {"act": "relu", "layers": 7}
    tuner = make(files, "ours.py:Whole", constraint=lambda p: p["layers"] == 2)
    assert tuner.suggest(2) == {"act": "relu", "layers": 2}
    with pytest.raises(SpaceExhausted, match="break the constraint"):
        tuner.suggest(3)


@pytest.mark.parametrize("name", ["theirs.py:Same", "ours.py:Same"])
def test_a_whole_tuner_repeats_no_point_unless_asked(files, name):
    once, twice = make(files, name), make(files, name, repeats=2)
    assert once.suggest(0) == twice.suggest(0) == twice.suggest(1) == {"act": "relu", "layers": 1}
    for tuner in (once, twice):
        with pytest.raises(SpaceExhausted, match="have run already"):
            tuner.suggest(2)


def test_a_point_that_differs_only_in_what_was_never_read_is_a_repeat_of_a_whole_tuner_too(files):
    tuner = make(files, "ours.py:Whole")
    tuner.observe(Observation(0, {"act": "relu"}, 1.0, inactive=("layers",)))
    with pytest.raises(SpaceExhausted, match="have run already"):
        tuner.suggest(1)


def test_a_pruner_of_our_interface_is_taken_as_it_is(files):
    pruner = annotate_tuners.make_pruner(f"{files}/ours.py:Stubborn", direction="maximize", after=2)
    assert pruner.decide([], Curve(0, (1.0, 1.0, 1.0))) == Stop("enough")


@pytest.mark.parametrize(
    ("line", "package"),
    [
        ("import no_such_package.part", "no_such_package"),
        ("from nni.utils import json2space", "nni"),
        ("import nni.algorithms", "nni"),
    ],
)
def test_a_package_that_a_file_lacks_is_named_with_the_python_that_lacks_it(files, line, package):
    """It need not be the one that trials run in."""
    (files / "lacking.py").write_text(f"{line}\nclass Mine: ...\n")
    with pytest.raises(MissingPackage, match=f"{sys.executable} -m pip install {package}$"):
        make(files, "lacking.py:Mine")


def test_what_is_not_there_is_named(files):
    with pytest.raises(UnknownName, match="no file"):
        make(files, "nowhere.py:Mine")
    with pytest.raises(UnknownName, match="no class 'Mien'; it has Mine"):
        make(files, "theirs.py:Mien")
    with pytest.raises(InvalidArguments, match="none of propose, suggest"):
        make(files, "ours.py:Neither")
    with pytest.raises(InvalidArguments, match="startt"):
        make(files, "theirs.py:Mine", startt=1)
