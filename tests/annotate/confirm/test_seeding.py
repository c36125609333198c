"""Where a script takes its seed from, and the same script with another seed."""

import ast

import pytest

from annotate.confirm.seeding import is_seed, reseeded, seed_literals, seed_option

REPLACED = [
    ("SEED = 0", "SEED = 7"),
    ("random_seed: int = 1234", "random_seed: int = 7"),
    ("self.seed = 3", "self.seed = 7"),
    ('cfg["seed"] = 3', 'cfg["seed"] = 7'),
    ('cfg = {"lr": 1, "seed": 3}', 'cfg = {"lr": 1, "seed": 7}'),
    ("train(x, seed=0, lr=2)", "train(x, seed=7, lr=2)"),
    ("split(x, random_state=42)", "split(x, random_state=7)"),
    ("def main(lr=1, seed=0): pass", "def main(lr=1, seed=7): pass"),
    ("def main(*, a, seed=0): pass", "def main(*, a, seed=7): pass"),
    ("torch.manual_seed(0)", "torch.manual_seed(7)"),
    ("torch.Generator().manual_seed(0)", "torch.Generator().manual_seed(7)"),
    ("torch.cuda.manual_seed_all(0)", "torch.cuda.manual_seed_all(7)"),
    ("pl.seed_everything(0, workers=True)", "pl.seed_everything(7, workers=True)"),
    ("random.seed(0); np.random.seed(1)", "random.seed(7); np.random.seed(7)"),
    ("rng = np.random.default_rng(0)", "rng = np.random.default_rng(7)"),
    ("jax.random.PRNGKey(0)", "jax.random.PRNGKey(7)"),
    ("set_random_seed(0x2a)", "set_random_seed(7)"),
    ('p.add_argument("--seed", type=int, default=0)', 'p.add_argument("--seed", type=int, default=7)'),
    ('flags.DEFINE_integer("seed", 0, "help")', 'flags.DEFINE_integer("seed", 7, "help")'),
    ("seed = 0  # é ü\r\nx = 'ж'; seed = 1\r\n", "seed = 7  # é ü\r\nx = 'ж'; seed = 7\r\n"),
    ("\f\nif True:\n\tseed = 0", "\f\nif True:\n\tseed = 7"),
]

LEFT_ALONE = [
    "seed = None",
    "seed = args.seed",
    "seed = True",
    "seed = 1.5",
    'seed = "0"',
    "n_seeds = 5",
    "seeds = 5",
    "reseed_every = 10",
    "seed_interval = 10",
    "x = 0",
    "torch.manual_seed(args.seed)",
    "torch.manual_seed(seed + 1)",
    "plant(0)",
    "feed(0)",
    "# seed = 0",
    "'seed = 0'",
    'p.add_argument("--epochs", default=0)',
    "def broken(:",
    "seed == 0",
]


@pytest.mark.parametrize(("before", "after"), REPLACED)
def test_every_seed_that_is_written_as_a_number_is_replaced(before, after):
    """Only the number changes; the file is otherwise the same to the byte and still Python."""
    assert reseeded(before.encode(), "a.py", 7) == after.encode()
    ast.parse(after)


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_what_is_no_literal_seed_is_left_alone(text):
    """Nothing but whole numbers that seed something is ever touched."""
    assert reseeded(text.encode(), "a.py", 7) == text.encode()


def test_the_encoding_and_the_mark_stay():
    """A file in Latin-1 and one with a byte order mark come back as they were."""
    latin = "# -*- coding: latin-1 -*-\nx = 'é'; seed = 10\n".encode("latin-1")
    assert reseeded(latin, "a.py", 7) == latin.replace(b"10", b"7")
    marked = b"\xef\xbb\xbfseed = 0\n"
    assert reseeded(marked, "a.py", 7) == b"\xef\xbb\xbfseed = 7\n"
    assert reseeded(b"\xff seed = 0", "a.py", 7) == b"\xff seed = 0"


def test_a_seed_is_told_with_its_line():
    """What is replaced can be shown to its owner."""
    [first, second] = seed_literals(b"x = 1\nseed = 0\n\nrandom.seed(12)\n", "a.py")
    assert [(first.line, first.text), (second.line, second.text)] == [(2, "0"), (4, "12")]


@pytest.mark.parametrize(
    ("source", "option"),
    [
        ('p.add_argument("--seed", type=int)', "--seed"),
        ('p.add_argument("-s", "--random-seed", type=int)', "--random-seed"),
        ('@click.option("--seed", default=0)\ndef f(seed): pass', "--seed"),
        ('seed: int = typer.Option(0, "--random-state")', "--random-state"),
        ('flags.DEFINE_integer("seed", 0, "help")', "--seed"),
        ('p.add_argument("--seeds")', None),
        ('p.add_argument("seed", type=int)', None),
        ('p.parse("--seed")', None),
        ("seed = 0", None),
        ("def (", None),
    ],
)
def test_the_option_for_a_seed_is_found_where_it_is_declared(source, option):
    """argparse, click, typer and absl declare it in a call; a positional one is none."""
    assert seed_option([b"import os\n", source.encode()]) == option


def test_an_option_that_a_module_has_only_when_it_is_run_itself_is_none():
    """The script would refuse it; one of its own stands there as often as not."""
    text = b'if __name__ == "__main__":\n    p.add_argument("--seed", type=int)\n'
    assert seed_option([text, b"import os\n"]) == "--seed"
    assert seed_option([b"import os\n", text]) is None
    assert seed_option([b"import os\n", text.replace(b"__name__", b"name")]) == "--seed"


@pytest.mark.parametrize(
    "name", ["seed", "SEED", "random_seed", "--seed", "randomSeed", "random_state", "train/seed"]
)
def test_names_of_seeds(name):
    """However it is spelt."""
    assert is_seed(name)


@pytest.mark.parametrize("name", ["seeds", "n_seeds", "state", "lr", "seed_count", ""])
def test_names_of_other_things(name):
    """A count of seeds is no seed."""
    assert not is_seed(name)
