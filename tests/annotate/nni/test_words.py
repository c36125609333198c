"""nnictl's words, and ours for them."""

import shlex

import pytest

from annotate.cli.app import COMMANDS
from annotate.errors import UsageError
from annotate.nni import called_here
from annotate.nni.words import CALLED


@pytest.mark.parametrize(
    ("words", "theirs", "here"),
    [
        (["stop"], "nnictl stop", "annotate stop"),
        (["stop", "--all"], "nnictl stop", "annotate stop"),
        (["update", "trialnum", "--value", "40"], "nnictl update trialnum", "annotate update --trials N"),
        (["trial", "kill", "XyZ"], "nnictl trial kill", "annotate kill TRIAL"),
    ],
)
def test_a_word_of_nnictls_is_told_in_ours(words, theirs, here):
    """With whatever stands behind it."""
    assert called_here(words) == (theirs, here)


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (["stpo"], "did you mean nnictl stop?"),
        (["trial"], "did you mean nnictl trial ls?"),
        (["qqq"], "nnictl create"),
    ],
)
def test_what_nnictl_does_not_have_is_answered_with_the_nearest(words, remedy):
    """Or with where to begin."""
    with pytest.raises(UsageError) as refused:
        called_here(words)
    assert remedy in refused.value.remedy


@pytest.mark.parametrize("theirs", CALLED)
def test_every_command_that_is_named_is_there(theirs):
    """A remedy that cannot be typed is none."""
    words = shlex.split(CALLED[theirs].replace(",", ""))
    named = [words[at + 1] for at, word in enumerate(words) if word == "annotate"]
    assert all(name in COMMANDS for name in named)
