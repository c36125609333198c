"""An algorithm and its arguments as words on a command line."""

import pytest

from annotate.cli.naming import named
from annotate.errors import UsageError
from annotate_tuners import known


@pytest.mark.parametrize(
    ("text", "name", "arguments"),
    [
        ("TPE", "tpe", {}),
        ("hyperband:R=60,eta=3", "hyperband", {"R": 60, "eta": 3}),
        ("anneal:shrink=0.5,note=x,flag=true", "anneal", {"shrink": 0.5, "note": "x", "flag": True}),
        (
            'TPE:tpe_args={"gamma": 0.2, "prior_weight": 1},seed=3',
            "tpe",
            {"tpe_args": {"gamma": 0.2, "prior_weight": 1}, "seed": 3},
        ),
        ("naive_evolution:population_size=4", "evolution", {"population_size": 4}),
        ("a/mine.py:Mine", "a/mine.py:Mine", {}),
        ("a/mine.py:Mine:width=2", "a/mine.py:Mine", {"width": 2}),
        ("optuna:NSGAIISampler:population_size=10", "optuna:NSGAIISampler", {"population_size": 10}),
    ],
)
def test_an_algorithm_is_read_with_its_arguments(text, name, arguments):
    """Of ours, of the user's own file, of Optuna's."""
    assert named(text, known) == (name, arguments)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tpx", "did you mean"),
        ("tpe:5", "write tpe:key=value"),
        ("hyperband:R", "write hyperband:key=value"),
        ("mine.py:Mine:5", "write mine.py:Mine:key=value"),
    ],
)
def test_what_is_no_algorithm_is_refused_with_what_to_write(text, said):
    """The remedy names the nearest, or the form."""
    with pytest.raises(UsageError) as caught:
        named(text, known)
    assert said in caught.value.remedy
