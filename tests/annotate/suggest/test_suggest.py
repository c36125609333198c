"""What `suggest` proposes and what it leaves alone: three rows change for every two that do not."""

from __future__ import annotations

import pytest

from annotate.annotations.diagnostics import has_errors
from annotate.instrument import instrument
from annotate.suggest import suggest


def check_suggested(before: str, after: str) -> None:
    """The source becomes `after`, which is instrumented without a word and tunes what was suggested."""
    done = suggest(before.encode(), "train.py")
    assert done.code.decode() == after
    instrumented = instrument(done.code, "train", "train.py")
    assert instrumented.diagnostics == ()
    assert {site.name for site in instrumented.variables} >= {each.name for each in done.suggestions}


def check_left_alone(source: str) -> None:
    """Not a byte is changed."""
    done = suggest(source.encode(), "train.py")
    assert (done.code.decode(), done.suggestions) == (source, ())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("lr = 0.1", "lr = 0.1  # @nni.loguniform(0.01, 1)"),
        ("self.lr = 3e-4\n", "self.lr = 3e-4  # @nni.loguniform(3e-5, 0.003)\n"),
        ("cfg['lr'] = 0.01\n", "cfg['lr'] = 0.01  # @nni.loguniform(0.001, 0.1)\n"),
        ("LEARNING_RATE: float = 1e-5\n", "LEARNING_RATE: float = 1e-5  # @nni.loguniform(1e-6, 1e-4)\n"),
        ("baseLr = 1.0\n", "baseLr = 1.0  # @nni.loguniform(0.1, 1)\n"),
        ("weight_decay = 5e-4\n", "weight_decay = 5e-4  # @nni.loguniform(5e-5, 0.005)\n"),
        ("wd = 0.0\n", "wd = 0.0  # @nni.choice(0.0, 1e-5, 1e-4, 1e-3)\n"),
        ("momentum = 0.9\n", "momentum = 0.9  # @nni.uniform(0.8, 0.99)\n"),
        ("momentum = 0.59375\n", "momentum = 0.59375  # @nni.uniform(0.59375, 0.99)\n"),
        ("momentum = 0\n", "momentum = 0  # @nni.choice(0, 0.5, 0.9, 0.95)\n"),
        ("dropout_p = .5\n", "dropout_p = .5  # @nni.uniform(0.0, 0.6)\n"),
        ("drop_rate = 0.8\n", "drop_rate = 0.8  # @nni.uniform(0.0, 0.9)\n"),
        ("BATCH_SIZE = 64\n", "BATCH_SIZE = 64  # @nni.choice(16, 32, 64, 128)\n"),
        ("batch_size = 1\n", "batch_size = 1  # @nni.choice(1, 2)\n"),
        ("hidden_size = 1_00\n", "hidden_size = 1_00  # @nni.choice(50, 1_00, 200)\n"),
        ("d_model = 512\n", "d_model = 512  # @nni.choice(256, 512, 1024)\n"),
        ("num_layers = 2\n", "num_layers = 2  # @nni.randint(1, 5)\n"),
        ("max_epochs = 10\n", "max_epochs = 10  # @nni.choice(5, 10, 20)\n"),
        ("optimizer = 'adam'\n", "optimizer = 'adam'  # @nni.choice('adam', 'sgd', 'adamw', 'rmsprop')\n"),
        ('opt_name = "SGD"\n', 'opt_name = "SGD"  # @nni.choice("SGD", "Adam", "AdamW", "RMSprop")\n'),
        (
            "p.add_argument('--learning-rate', type=float, default=0.1)\n",
            "p.add_argument('--learning-rate', type=float, default=0.1)  # @nni.loguniform(0.01, 1)\n",
        ),
        (
            "p.add_argument(\n    '--bs',\n    default=8,\n)\n",
            "p.add_argument(\n    '--bs',\n    default=8,  # @nni.choice(2, 4, 8, 16)\n)\n",
        ),
        (
            "p.add_argument('--optim', default='sgd', choices=['sgd', 'lars'])\n",
            "p.add_argument('--optim', default='sgd', choices=['sgd', 'lars'])  # @nni.choice('sgd', 'lars')\n",
        ),
        (
            "a = Adam(\n    p,\n    lr=1e-3,\n    eps=1e-8,\n)\n",
            "a = Adam(\n    p,\n    lr=1e-3,  # @nni.loguniform(1e-4, 0.01)\n    eps=1e-8,\n)\n",
        ),
        ("c = {\n    'lr': 0.1\n}\n", "c = {\n    'lr': 0.1  # @nni.loguniform(0.01, 1)\n}\n"),
        (
            "@dataclass\nclass C:\n    epochs: int = 3\n    name: str = 'x'\n",
            "@dataclass\nclass C:\n    epochs: int = 3  # @nni.choice(3, 6)\n    name: str = 'x'\n",
        ),
        (
            "def f(\n    x,\n    lr=0.1,\n): pass\n",
            "def f(\n    x,\n    lr=0.1,  # @nni.loguniform(0.01, 1)\n): pass\n",
        ),
        ("lr = 0.1  # by hand\n", "lr = 0.1  # @nni.loguniform(0.01, 1)  by hand\n"),
        ("lr = 0.1 #by hand\n", "lr = 0.1 # @nni.loguniform(0.01, 1)  by hand\n"),
        ("if x: lr = 0.1\r\n", "if x: lr = 0.1  # @nni.loguniform(0.01, 1)\r\n"),
        (
            "lr = 0.1\nother.lr = 0.1\ndef f():\n    lr = 0.1\n",
            (
                "lr = 0.1  # @nni.loguniform(0.01, 1)\nother.lr = 0.1  # @nni.loguniform(0.01, 1)\n"
                "def f():\n    lr = 0.1  # @nni.loguniform(0.01, 1)\n"
            ),
        ),
        (
            "lr = 0.1\nx = 1\n\nlr = 0.5\n",
            "lr = 0.1  # @nni.loguniform(0.01, 1)\nx = 1\n\nlr = 0.5\n",
        ),
    ],
)
def test_suggested(before: str, after: str) -> None:
    """A value known by its name gets a range that contains it, on its own line."""
    check_suggested(before, after)


@pytest.mark.parametrize(
    "source",
    [
        "",
        "lr = 0.1  # @nni.uniform(0, 1)\n",
        "'''@nni.variable(nni.uniform(0, 1), name=lr)'''\nlr = 0.1\n",
        "# @nni.variable(nni.uniform(0, 1), name=lr)\n\nlr = 0.1\n",
        "lr = 0.1  # @nni.uniform(0, 1)\ndef f():\n    lr = 0.2\n",
        "lr = 0.1  # # @nni.uniform(0, 1)\n",
        "lr = 0.1  # noqa: E501\n",
        "lr = 0.1  # type: ignore\n",
        "lr = 30.0\n",
        "lr = -0.1\n",
        "lr = True\n",
        "lr = schedule(0.1)\n",
        "lr = other_lr = 0.1\n",
        "lr, momentum = 0.1, 0.9\n",
        "lr *= 0.1\n",
        "min_lr = 1e-6\nlr_decay = 0.1\neval_batch_size = 8\nwarmup_epochs = 3\n",
        "bn_momentum = 0.1\nmomentum = 0.1\n",
        "x = '''\nlr = 0.1\n'''\n",
        "# lr = 0.1\n",
        "f(lr=0.1, momentum=0.9)\n",
        "drop_last = True\ndropout = None\nepochs = 0\n",
        "return_rate = 0.1\nframe_rate = 30\n",
        "optimizer = 'bayesian'\n",
        "raise SystemExit\nlr = 0.1\n",
    ],
)
def test_left_alone(source: str) -> None:
    """Annotated already, meant for a tool, not what the name says, or in no place that is legal."""
    check_left_alone(source)


def test_a_file_with_errors_gets_no_suggestion() -> None:
    """Its errors come first."""
    done = suggest(b"lr = 0.1\nx = 1  # @nni.unifrm(0, 1)\n", "train.py")
    assert done.suggestions == ()
    assert has_errors(done.diagnostics)


def test_encoding_and_mark_survive() -> None:
    """Everything but the added text is byte for byte what it was."""
    before = "\ufeff# -*- coding: utf-8 -*-\r\nname = 'ä'\tif x else 1\r\nlr = 0.1\r\n# no newline".encode()
    done = suggest(before, "train.py").code
    assert done.replace(b"  # @nni.loguniform(0.01, 1)", b"") == before
    assert len(done) > len(before)


def test_suggested_twice_is_suggested_once() -> None:
    """The second time there is nothing left to say."""
    once = suggest(b"lr = 0.1\nbatch_size = 64\n", "train.py").code
    assert suggest(once, "train.py").suggestions == ()


@pytest.mark.parametrize(
    ("source", "code"), [(b"lr = 0.1\nx = =\n", "E301"), (b"lr = 0.1  # \xff\n", "E302")]
)
def test_a_file_that_python_cannot_read_is_told_of(source: bytes, code: str) -> None:
    """Also where it carries no annotation, which `instrument` would leave alone."""
    done = suggest(source, "train.py")
    assert (done.code, [each.code for each in done.diagnostics]) == (source, [code])
