"""`--metric`: which keys of what is reported count, and which way is better."""

import pytest

from annotate.cli.metrics import goals, keys_of
from annotate.errors import UsageError
from annotate.trial import Objective

ACC, MS = Objective("acc", "maximize", "acc"), Objective("ms", "minimize", "ms")


def named(*words, direction=None, reported=None, shown="metric"):
    return goals(words, direction=direction, reported=reported, shown=shown).named


def test_without_it_the_plain_number_counts_and_its_name_says_which_way():
    goal = goals([], direction=None, reported="val_loss", shown="val_loss")
    assert goal.first == Objective("default", "minimize", "val_loss")
    assert goal.named == ()
    assert goal.why == "read off the metric's name, val_loss"


def test_a_pattern_is_named_by_its_word_where_that_says_which_way_is_better():
    """The whole pattern is no name; it is told where only the rest of it says it."""
    word = goals((), direction=None, reported=r"val_acc[=: ]+(\S+)", shown="val_acc")
    assert word.why == "read off the metric's name, val_acc"
    rest = goals((), direction=None, reported=r"step, loss (\S+)", shown="step")
    assert (rest.first.direction, rest.why) == ("minimize", r"read off the metric's name, step, loss (\S+)")


@pytest.mark.parametrize(("words", "direction", "objectives"), [
    (["acc:max", "ms:min"], None, (ACC, MS)),
    (["acc:maximize", "ms:minimize"], None, (ACC, MS)),
    (["acc"], None, (ACC,)),
    (["ms"], "minimize", (MS,)),
    (["acc:max"], "maximize", (ACC,)),
    (["metric:min"], None, (Objective("default", "minimize", "score"),)),
    (["default", "ms:min"], None, (Objective("default", "maximize", "score"), MS)),
    (["time:total:min"], None, (Objective("time:total", "minimize", "time:total"),)),
])  # fmt: skip
def test_what_is_named_counts_in_its_order(words, direction, objectives):
    assert named(*words, direction=direction, reported="score", shown="score") == objectives


@pytest.mark.parametrize(("words", "direction", "said"), [
    (["size"], None, "which way is better"),
    (["acc:up"], None, "not understood"),
    ([":max"], None, "not understood"),
    (["acc:max", "acc:min"], None, "given twice"),
    (["default:max", "metric:max"], None, "given twice"),
    (["acc:max"], "minimize", "contradict"),
    (["acc", "ms"], "maximize", "says nothing of 2 metrics"),
])  # fmt: skip
def test_what_leaves_a_doubt_is_refused_with_the_remedy(words, direction, said):
    with pytest.raises(UsageError, match=said) as refused:
        named(*words, direction=direction)
    assert refused.value.remedy


BOTH = '{"acc": correct / total, "ms": ms}'


def test_the_keys_of_a_dictionary_are_known_where_they_stand_in_the_source():
    assert keys_of(BOTH) == {"acc": "correct / total", "ms": "ms"}
    assert keys_of("acc") is None
    assert keys_of("{**scores}") is None
    assert keys_of("{name: 1}") is None
    assert keys_of("a b") is None


def test_a_dictionary_is_shown_and_judged_by_its_default():
    goal = goals([], direction=None, reported='{"default": loss, "acc": acc}', shown="metric")
    assert goal.first == Objective("default", "minimize", "loss")


@pytest.mark.parametrize(("words", "said", "remedy"), [
    ([], "reports acc, ms, and no default", "--metric acc"),
    (["accu:max"], "reports no accu", "did you mean acc?"),
    (["f1:max"], "reports no f1", "it reports acc, ms"),
    (["default:max"], "reports no default", "it reports acc, ms"),
])  # fmt: skip
def test_what_the_script_does_not_report_is_refused_before_it_runs(words, said, remedy):
    with pytest.raises(UsageError, match=said) as refused:
        named(*words, reported=BOTH)
    assert remedy in refused.value.remedy
