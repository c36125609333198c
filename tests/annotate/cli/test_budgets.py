"""Budgets as words on a command line."""

import pytest

from annotate.cli.budgets import AtDeadline, changes
from annotate.errors import UsageError


def test_only_what_was_given_is_changed():
    """A budget that is not named stays as it is; none lifts it."""
    assert changes() == {}
    assert changes(trials=40, jobs=2) == {"trials": 40, "jobs": 2}
    assert changes(max_duration="2h", trial_timeout="none") == {"max_duration": 7200.0, "trial_timeout": None}
    assert changes(at_deadline=AtDeadline.finish) == {"at_deadline": "finish"}


def test_a_duration_that_is_none_is_refused():
    """With what to write instead."""
    with pytest.raises(UsageError, match="'soon' is not a duration"):
        changes(max_duration="soon")
