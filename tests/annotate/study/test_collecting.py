"""Python's garbage collector beside a study."""

import gc

from annotate.study.collecting import held_back


def test_within_what_was_there_before_is_never_looked_at_and_all_is_as_it_was_after():
    before = gc.get_threshold()
    with held_back():
        assert gc.get_freeze_count() > 1000
        assert gc.get_threshold()[:2] == before[:2]
        assert gc.get_threshold()[2] > before[2]
    assert gc.get_freeze_count() == 0
    assert gc.get_threshold() == before
