"""Which ranges are drawn in, and which are left alone."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.narrow import Evidence, narrowing
from annotate_tuners.choices import Choice
from annotate_tuners.distributions import LogUniform, Normal, QUniform, RandInt, Uniform
from annotate_tuners.space import SearchSpace


def evidence(space, score, count=80, seed=0):
    """Random points of a space, ranked by what `score` says of them."""
    rng = random.Random(seed)
    points = [
        {key: d.options[rng.randrange(len(d.options))] if isinstance(d, Choice) else d.at(rng.random()) for key, d in space.items()}
        for _ in range(count)
    ]  # fmt: skip
    return Evidence(tuple(sorted(points, key=score, reverse=True)))


def test_a_range_is_drawn_in_around_what_did_well():
    """On the range's own scale: a learning rate near 0.003 out of three decades."""
    space = SearchSpace({"lr": LogUniform(1e-4, 1e-1)})
    found = narrowing(space, evidence(space, lambda p: -abs(math.log10(p["lr"]) + 2.5)))
    after = found.changes["lr"].after
    assert 1e-4 < after.low < 10**-2.5 < after.high < 1e-1
    assert f"{after.low:.2g}" == f"{after.low:.12g}"
    assert found.good == 20


def test_only_what_mattered_is_touched():
    """A parameter that has nothing to do with the result keeps its range, and so does one without ends."""
    space = SearchSpace(
        {"lr": Uniform(0, 1), "idle": Uniform(0, 1), "bell": Normal(0, 1), "pick": Choice(("a", "b"))}
    )
    found = narrowing(space, evidence(space, lambda p: -abs(p["lr"] - 0.5)))
    assert set(found.changes) == {"lr"}


@pytest.mark.parametrize(
    ("before", "best", "kind"),
    [
        (RandInt(0, 100), 50, RandInt),
        (QUniform(0, 100, 5), 50, QUniform),
        (Uniform(-1, 1), 0, Uniform),
    ],
)
def test_bounds_keep_to_their_kind(before, best, kind):
    """Whole numbers stay whole, steps stay on the grid, and the new range lies in the old one."""
    space = SearchSpace({"x": before})
    after = narrowing(space, evidence(space, lambda p: -abs(p["x"] - best))).changes["x"].after
    assert isinstance(after, kind)
    assert before.low < after.low < best < after.high < before.high
    if kind is QUniform:
        assert after.low % 5 == after.high % 5 == 0


def test_an_end_at_which_the_best_lie_stays_and_is_told():
    """Drawn in from the other side only; that the range may be too narrow is said."""
    space = SearchSpace({"x": Uniform(0, 1)})
    found = narrowing(space, evidence(space, lambda p: p["x"]))
    assert found.changes["x"].after.high == 1
    assert found.changes["x"].after.low > 0.5
    assert found.at_edge == {"x": "high"}


def test_an_option_that_never_did_well_goes():
    """The better ones stay."""
    space = SearchSpace({"pick": Choice(("good", "fair", "bad"))})
    rank = {"good": 2, "fair": 1, "bad": 0}
    found = narrowing(space, evidence(space, lambda p: rank[p["pick"]] + random.random()))
    assert "good" in found.changes["pick"].after.options
    assert "bad" not in found.changes["pick"].after.options


def test_an_option_that_was_hardly_tried_stays():
    """One trial that was none of the best is no evidence."""
    space = SearchSpace({"pick": Choice(("good", "fair", "rare"))})
    points = ({"pick": "good"},) * 30 + ({"pick": "fair"},) * 30 + ({"pick": "rare"},)
    assert narrowing(space, Evidence(points)).changes["pick"].after == Choice(("good", "rare"))


def test_a_choice_of_one_is_no_choice():
    """Where one option beats all others the choice is left for its owner to end."""
    space = SearchSpace({"pick": Choice(("a", "b"))})
    assert not narrowing(space, evidence(space, lambda p: p["pick"] == "a")).changes
    three = SearchSpace({"pick": Choice(("a", "b", "c"))})
    found = narrowing(three, evidence(three, lambda p: p["pick"] == "a"))
    assert len(found.changes["pick"].after.options) == 2


def test_inactive_parameters_say_nothing():
    """A trial that never read a parameter is no witness for its range."""
    space = SearchSpace({"x": Uniform(0, 1), "momentum": Uniform(0, 1)})
    rng = random.Random(1)
    points = [{"x": rng.random()} | ({"momentum": 0.5} if n % 40 == 0 else {}) for n in range(80)]
    found = narrowing(space, Evidence(tuple(sorted(points, key=lambda p: -abs(p["x"] - 0.5), reverse=True))))
    assert "momentum" not in found.changes


def test_the_cost_is_told_as_it_is():
    """`cut` counts good trials outside the new ranges; drawn without them it is never fewer."""
    space = SearchSpace({"x": Uniform(0, 1), "y": Uniform(0, 1)})
    given_ = evidence(space, lambda p: -abs(p["x"] - 0.5) - 0.3 * abs(p["y"] - 0.2), count=200)
    found = narrowing(space, given_)
    outside = [
        p
        for p in given_.good
        if any(not c.after.low <= p[k] <= c.after.high for k, c in found.changes.items())
    ]
    assert found.cut == len(outside) > 0
    assert found.cut_unseen >= found.cut


def test_a_quarter_of_the_range_is_left():
    """A tuner that has settled on one point has not shown that its neighbours are worse."""
    points = [{"x": 0.5 + n / 1e6} for n in range(20)] + [{"x": n / 60} for n in range(60)]
    found = narrowing(SearchSpace({"x": Uniform(0, 1)}), Evidence(tuple(points)))
    after = found.changes["x"].after
    assert (after.low, after.high) == (pytest.approx(0.37, abs=0.01), pytest.approx(0.63, abs=0.01))


def test_trials_that_went_wrong_are_witnesses():
    """Where everything above a half ended in NaN the range ends there, whatever the rest scored."""
    rng = random.Random(0)
    fine = tuple({"x": rng.random() / 2} for _ in range(40))
    found = narrowing(
        SearchSpace({"x": Uniform(0, 1)}),
        Evidence(fine, tuple({"x": 0.5 + rng.random() / 2} for _ in range(40))),
    )
    assert found.changes["x"].after.high <= 0.6


@given(
    st.integers(0, 10_000),
    st.sampled_from([Uniform(-3, 7), LogUniform(1e-6, 10), RandInt(-5, 300), QUniform(0, 1, 0.05)]),
)
def test_a_new_range_always_lies_in_the_old_one(seed, before):
    """Whatever did well: inside, not empty, and still holding most of what did well."""
    space = SearchSpace({"x": before})
    centre = random.Random(seed).random()
    found = narrowing(
        space, evidence(space, lambda p: -abs(before.position(p["x"]) - centre), seed=seed, count=40)
    )
    for each in found.changes.values():
        assert before.low <= each.after.low < each.after.high <= before.high
        assert each.cut <= 0.2 * found.good


def test_noise_narrows_nothing_as_a_rule():
    """Results that have nothing to do with five parameters draw a range in at most once in ten studies."""
    space = SearchSpace({name: Uniform(0, 1) for name in "abcde"})
    rng = random.Random(3)
    assert (
        sum(
            bool(narrowing(space, evidence(space, lambda _: rng.random(), 40, seed)).changes)
            for seed in range(60)
        )
        <= 6
    )
