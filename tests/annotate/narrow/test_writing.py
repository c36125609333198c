"""New bounds in the text of a file, before and after; and what is left alone."""

import pytest

from annotate.instrument import instrument
from annotate.narrow import Narrowed, narrower
from annotate_tuners.choices import Choice
from annotate_tuners.distributions import LogUniform, QUniform, RandInt, Uniform

LR = LogUniform(1e-4, 1e-1)


def rewritten(before, after, distribution=None):
    """The file with its one range replaced."""
    space = instrument(before.encode(), "m", "m.py").space
    [key] = space
    return narrower(before.encode(), "m", "m.py", {key: Narrowed(distribution or space[key], after, 0)})


ROWS = [
    ("lr = 0.1  # @nni.loguniform(1e-4, 1e-1)\n", LogUniform(0.002, 1e-1), "lr = 0.1  # @nni.loguniform(0.002, 1e-1)\n"),
    ("lr = 0.1  # @nni.loguniform( 1e-4,1e-1 )  tuned\n", LogUniform(2.3e-4, 0.031), "lr = 0.1  # @nni.loguniform( 2.3e-4,0.031 )  tuned\n"),
    ("'''@nni.variable(nni.loguniform(1e-4, 1e-1), name=lr)'''\nlr = 0.1\n", LogUniform(1e-4, 0.05),
     "'''@nni.variable(nni.loguniform(1e-4, 0.05), name=lr)'''\nlr = 0.1\n"),
    ("# @nni.variable(nni.uniform(0, 1), name=p)\r\np = 0.5\r\n", Uniform(0.2, 0.8), "# @nni.variable(nni.uniform(0.2, 0.8), name=p)\r\np = 0.5\r\n"),
    ("n = 3  # @nni.randint(1, 100)", RandInt(1, 40), "n = 3  # @nni.randint(1, 40)"),
    ("b = 64  # @nni.quniform(32, 256, 32)\n", QUniform(64, 128, 32), "b = 64  # @nni.quniform(64, 128, 32)\n"),
    ("w = 16  # @nni.choice(16, 32, 64)\n", Choice((16, 64)), "w = 16  # @nni.choice(16, 64)\n"),
    ("w = 16  # @nni.choice(16, 32, 64)\n", Choice((32, 64)), "w = 16  # @nni.choice(32, 64)\n"),
    ("w = 16  # @nni.choice(16, 32, 64, 128)\n", Choice((16, 32)), "w = 16  # @nni.choice(16, 32)\n"),
    ("w = f(1)  # @nni.choice(f(1), g(2, 3), [4, 5])\n", Choice(("f(1)", "[4, 5]")), "w = f(1)  # @nni.choice(f(1), [4, 5])\n"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "text"), ROWS)
def test_only_the_bounds_that_move_are_written(before, after, text):
    """Everything else stays to the byte, and the file then reads as the narrower space."""
    if isinstance(after, Choice) and isinstance(after.options[0], str):
        [site] = instrument(before.encode(), "m", "m.py").variables
        after = Choice(tuple(o for o in site.distribution.options if o in after.options))
    done = rewritten(before, after)
    assert done.code.decode() == text
    assert list(instrument(done.code, "m", "m.py").space.values()) == [after]


def test_a_range_that_its_owner_has_changed_is_told_and_left():
    """It is not the study's to narrow any more."""
    source = "lr = 0.1  # @nni.loguniform(1e-5, 1)\n"
    done = rewritten(source, LogUniform(0.002, 1e-1), LR)
    assert done.code.decode() == source
    [changed] = done.changed
    assert (changed.line, changed.written) == (1, "nni.loguniform(1e-5, 1)")


def test_what_is_narrow_already_stays():
    """Written twice is written once."""
    source = "lr = 0.1  # @nni.loguniform(0.002, 1e-1)\n"
    done = rewritten(source, LogUniform(0.002, 1e-1), LR)
    assert (done.code.decode(), done.changed) == (source, ())


def test_a_file_without_the_range_is_left_alone():
    """Other ranges, and files without any, do not change."""
    for source in (b"x = 1\n", b"x = 1  # @nni.choice(1, 2)\n"):
        done = narrower(source, "m", "m.py", {"m/lr/loguniform": Narrowed(LR, Uniform(0, 1), 0)})
        assert (done.code, done.keys) == (source, ())
