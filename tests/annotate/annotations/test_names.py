"""The shortest names that tell keys apart."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from annotate.annotations import short_names

words = st.sampled_from(["a", "b", "net", "lr", "self.x", "c['a/b']"])
keys = st.builds(
    lambda m, n, k: f"{m}/{n}/{k}", st.lists(words, min_size=1, max_size=3).map(".".join), words, words
)


def test_a_name_grows_only_as_far_as_it_must() -> None:
    names = short_names(
        ["train/lr/uniform", "a.net/x/choice", "b.net/x/choice", "t/y/choice", "t/y/uniform", "plain"]
    )
    assert list(names.values()) == ["lr", "a.net/x", "b.net/x", "y/choice", "y/uniform", "plain"]


@given(st.lists(keys, unique=True))
def test_every_key_has_a_name_of_its_own(listed: list[str]) -> None:
    names = short_names(listed)
    assert list(names) == listed
    assert len(set(names.values())) == len(listed)
