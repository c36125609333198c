"""Spaces that do not stand in the source, parameters on the command line, algorithms and their arguments."""

import pytest

from annotate.cli.spaces import parameter, read_space
from annotate.errors import SpaceError, UsageError
from annotate_tuners.space import Choice, LogUniform, RandInt


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("lr=loguniform(1e-4,1e-1)", ("lr", LogUniform(1e-4, 1e-1))),
        ("--batch-size=nni.choice(32, 64)", ("batch-size", Choice((32, 64)))),
        ("opt = choice('sgd', \"adam\", True)", ("opt", Choice(("sgd", "adam", True)))),
        ("n=randint(1, 2**5)", ("n", RandInt(1, 32))),
    ],
)
def test_a_parameter_is_a_name_and_a_sampler(text, found):
    """As it is written in a source, dashes and all."""
    assert parameter(text) == found


@pytest.mark.parametrize(
    "text", ["lr", "lr=0.1", "=uniform(0, 1)", "a b=uniform(0, 1)", "lr=uniform(0", "lr=uniform(0, x)", "lr=choice()", "lr=uniform(*[0, 1])", "lr=uniform(low=0, high=1)"]
)  # fmt: skip
def test_what_is_no_parameter_is_refused_with_a_remedy(text):
    """Nothing is guessed and nothing is executed."""
    with pytest.raises(UsageError) as refused:
        parameter(text)
    assert refused.value.remedy


def test_what_a_space_file_says_in_vain_is_told_with_its_name(tmp_path):
    """JSON forgets the first of two entries without a word."""
    (tmp_path / "space.json").write_text(
        '{"lr": {"_type": "uniform", "_value": [0, 1]}, "lr": {"_type": "uniform", "_value": [0, 2], "_x": 1}}'
    )
    said = []
    assert read_space(str(tmp_path / "space.json"), said.append)["lr"].high == 2
    assert said == [
        f"{tmp_path}/space.json: lr stands twice; the last counts",
        f"{tmp_path}/space.json: lr: _x means nothing in a search space and is left out",
    ]


def test_a_space_may_stand_on_the_command_line():
    """JSON begins with a brace; nothing of it is taken for a path."""
    space = read_space('{"file": {"_type": "choice", "_value": ["a//b", "./c/."]}}')
    assert space.to_json()["file"]["_value"] == ["a//b", "./c/."]
    with pytest.raises(SpaceError, match="--space is not a search space"):
        read_space("{lr: 1}")
