"""The ranges that are proposed: each is legal, contains the value it was made for, and earns no warning."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.instrument import instrument
from annotate.suggest.ranges import range_of, words_of

NAMES = (
    "lr", "weight_decay", "momentum", "dropout", "batch_size", "hidden_size", "num_layers", "epochs", "optimizer",
)  # fmt: skip
LITERALS = st.one_of(
    st.integers(-2, 10_000),
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(0, 1),
    st.sampled_from(["sgd", "Adam", "ADAMW", "momentum", "x"]),
    st.booleans(),
    st.none(),
)


@given(st.sampled_from(NAMES), LITERALS)
def test_a_range_is_legal_and_contains_the_value(name: str, value: object) -> None:
    """Whatever the value: the annotated line is instrumented without an error or a warning."""
    sampler = range_of(name, repr(value))
    if sampler is None:
        return
    done = instrument(f"{name} = {value!r}  # @nni.{sampler}\n".encode(), "train", "train.py")
    assert done.diagnostics == ()
    assert done.defaults == {done.variables[0].key: value}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("lr", ("lr",)),
        ("self.opt.base_lr", ("base", "lr")),
        ("cfg['weight-decay']", ("weight", "decay")),
        ("cfg['a'].batchSize", ("batch", "size")),
        ("numLayers2", ("num", "layers", "2")),
        ("BATCH_SIZE", ("batch", "size")),
        ("headLR", ("head", "lr")),
        ("weights[i + 1]", ()),
    ],
)
def test_the_words_of_a_name(name: str, words: tuple[str, ...]) -> None:
    """Snake, camel and kebab case; only the last part counts."""
    assert words_of(name) == words
