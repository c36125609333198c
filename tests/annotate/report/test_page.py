"""The page as text: one file, harmless, and telling the truth of any study."""

import base64
import dataclasses
import hashlib
import json
import math
import re

import pytest

from annotate.report import Importance, Refused, plotly_js
from annotate.report.curves import chosen, thinned
from annotate.report.document import as_json
from annotate.report.fanova import Share
from annotate.trial import Measurement, Trial, start, succeed

from .pages import Page, written
from .studies import (
    BEGAN,
    EVIL,
    LR,
    META,
    WIDTH,
    curve,
    evil,
    metrics,
    only_failures,
    still_running,
    subject,
    trials,
)

LOADS = ("src", "href", "srcset", "data", "action", "poster", "background")


@pytest.mark.parametrize(
    "study",
    [subject(), subject(trials(1)), subject(trials(2)), subject(only_failures()), subject(still_running()), subject(trials(40)), evil(), metrics([(1, 2)])],
    ids=["none", "one", "two", "failures", "cut off", "many", "evil", "metrics"],
)  # fmt: skip
def test_every_study_gives_a_whole_page(study):
    """Tags are balanced, no anchor is there twice, every link within the page leads somewhere, the document is JSON."""
    page = Page(written(study))
    assert page.balanced
    assert not page.open
    assert len(page.ids) == len(set(page.ids))
    links = {a["href"] for a in page.all("a")}
    numbers = {f"#trial-{t.number}" for t in study.trials}
    assert links <= {f"#{i}" for i in page.ids} | numbers
    assert page.document["trials"]["number"] == [t.number for t in study.trials]


def test_nothing_is_loaded_from_anywhere():
    """No element names a file or an address, and the policy forbids what a script could try."""
    page = Page(written(subject(trials(20)), library=plotly_js()))
    for tag, attrs in page.elements:
        for name in LOADS:
            assert (attrs.get(name) or "#").startswith("#"), (tag, attrs)
    assert not page.all("link")
    assert not page.all("iframe")
    assert "url(" not in "".join(page.texts["style"])
    (policy,) = (a["content"] for a in page.all("meta") if a.get("http-equiv"))
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "http" not in policy


def test_only_our_own_scripts_may_run():
    """The policy names the hash of each script as it stands on the page, plotly's among them."""
    html = written(subject(trials(3)), library=plotly_js())
    scripts = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    assert len(scripts) == 2
    for script in scripts:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in html
    assert "\r" not in "".join(scripts)


def test_what_a_study_says_never_becomes_markup():
    """A name, a value, a message, a path, a log, a diff that are markup stay text, on the page and in its document."""
    html = written(evil())
    page = Page(html)
    assert len(page.all("script")) == 3
    assert not page.all("b") or all("onclick" not in attrs for attrs in page.all("b"))
    assert "<script>alert" not in html
    assert "alert(1)" in page.text
    document = page.document
    assert document["metric"] == EVIL
    assert document["trials"]["messages"] == [EVIL]
    assert EVIL in document["axes"][0]["options"]


def test_a_page_can_be_written_whatever_is_in_it():
    """Half a surrogate pair, which JSON can carry, is no reason to fail."""
    assert written(evil()).encode()


def test_json_in_a_script_ends_no_script():
    """Round trip, without a character that HTML would see."""
    document = {"a": [EVIL, "\u2029", "<!--"], "b": 1.5}
    text = as_json(document)
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == document


def test_numbers_that_json_has_not_are_null():
    """NaN and infinity among the reports and values make no invalid document."""
    odd = (
        Measurement(0, BEGAN, {"default": math.nan, "loss": math.inf}),
        Measurement(1, BEGAN, {"default": 0.5, "loss": 1.0}),
    )
    page = Page(written(subject(trials(2), curves={1: odd})))
    assert page.document["curves"] == {
        "default": [[1, [0, 1], [None, 0.5]]],
        "loss": [[1, [0, 1], [None, 1.0]]],
    }
    assert "no finite number" in page.text


def test_the_headline_is_the_best_and_its_gain_over_the_defaults():
    """Value, trial, parameters, and what it is better than."""
    study = subject(trials(30))
    text = Page(written(study)).text
    best = study.best
    assert f"{best.value:.5g}" in text
    assert f"trial {best.number}" in text
    assert "better" in text
    assert "The best of 21 results owes something to chance" in text


def test_a_lower_metric_is_better_where_it_is_minimized():
    """The gain is positive where the value went down."""
    listed = [
        succeed(start(Trial(n, {}, baseline=n == 0), at=BEGAN), at=BEGAN + 1, value=v)
        for n, v in enumerate([4.0, 3.0, 5.0])
    ]
    study = subject(listed, meta=dataclasses.replace(META, direction="minimize"))
    assert study.best.number == 1
    assert "+1 (+25.0 %) better" in Page(written(study)).text


@pytest.mark.parametrize(
    ("study", "said"),
    [
        (subject(), "The study has no trials."),
        (subject(running=True), "No trial has begun yet."),
        (subject(only_failures()), "No trial succeeded, so there is no best one."),
        (subject(only_failures(), running=True), "No trial has succeeded yet."),
        (subject(trials(1)), "there is nothing to compare it with"),
        (subject([t for t in trials(3) if not t.baseline]), "the script's own defaults were not tried"),
        (subject(still_running(), running=True), "running: 4 trials so far"),
        (subject(still_running()), "2 trials lost with the host"),
        (subject(trials(30), seconds=0.0), "30 trials · tpe"),
        (subject(trials(5), diff=""), "ran with the values that stand in the source"),
        (subject(trials(9)), "1 trial failed, in 1 way."),
    ],
)  # fmt: skip
def test_a_page_tells_how_things_stand(study, said):
    """In a sentence, whatever there is and is not."""
    assert said in Page(written(study)).text


def test_of_several_metrics_the_headline_is_the_front_and_its_middle():
    """Metric by metric against the defaults, which one metric alone would call no gain."""
    study = metrics([(0.9, 10.0), (0.85, 4.0), (0.2, 3.0), (0.1, 11.0)])
    study = dataclasses.replace(
        study, trials=(dataclasses.replace(study.trials[0], baseline=True), *study.trials[1:])
    )
    page = Page(written(study))
    assert {"3 trials", "trial 1"} <= set(page.texts["a"])
    assert "acc 0.85, -0.05 (-5.6 %) worse (maximized)" in page.texts["li"]
    assert "ms 4, +6 (+60.0 %) better (minimized)" in page.texts["li"]
    assert "Nothing better" not in page.text


def test_a_trial_worse_than_the_defaults_is_no_gain():
    """Nothing better was found, and that is said."""
    listed = [
        succeed(start(Trial(n, {}, baseline=n == 0), at=BEGAN), at=BEGAN + 1, value=v)
        for n, v in enumerate([0.9, 0.5])
    ]
    assert "Nothing better than the script's own defaults was found." in Page(written(subject(listed))).text


def test_a_large_study_keeps_its_page_small_and_says_what_is_left_out():
    """10,000 trials of 100 reports: every trial is in the table, some of the curves, and the page says how many."""
    study = subject(trials(10_000))
    study = dataclasses.replace(study, curves={n: curve(100) for n in chosen(study)})
    html = written(study)
    assert len(html) < 5_000_000
    page = Page(html)
    assert len(page.document["trials"]["number"]) == 10_000
    assert f"the curves of {len(study.curves)} of 10,000 trials" in page.text
    assert "The last 2,000 of 10,000 are drawn." in page.text
    assert len(study.curves) <= 210


def test_importance_says_what_it_is_and_of_which_trials():
    """The method, the trials, the draws, the uncertainty; or why there is none."""
    found = Importance(
        (Share("lr", 0.6, 0.1), Share(EVIL, 0.1, 0.05)),
        Share("chance", 0.02, 0.01),
        trials=734,
        drawn=250,
        times=10,
        filled=("width",),
    )
    text = Page(written(subject(trials(30)), found)).text
    for said in (
        "fANOVA",
        "250 trials drawn at random",
        "734 that succeeded",
        "10 random forests",
        "standard deviation",
        "width played no part",
    ):
        assert said in text
    assert "Too few trials." in Page(written(subject(trials(30)), Refused("Too few trials."))).text


def test_a_parameter_that_a_trial_never_asked_for_is_not_shown_as_used():
    """In the headline, in the table, on its axis."""
    used = dataclasses.replace(
        succeed(start(Trial(0, {LR: 0.01, WIDTH: 16}), at=BEGAN), at=BEGAN + 1, value=1.0),
        unread=frozenset({WIDTH}),
    )
    page = Page(written(subject([used])))
    assert "Not asked for in this trial: width." in page.text
    assert page.document["trials"]["params"] == [[0.01, None]]
    assert page.document["axes"][1]["places"] == [None]


def test_the_source_and_what_stands_in_none():
    """Added and removed lines are told apart; options of the command line are named."""
    study = subject(
        trials(3),
        diff="--- a/t.py\n+++ b/t.py\n@@ -1 +1 @@\n-lr = 0.1\n+lr = 0.2 < 1\n",
        elsewhere=("On the command line: --lr 0.2",),
    )
    page = Page(written(study))
    kinds = [
        a.get("class") for a in page.all("span") if a.get("class") in ("added", "removed", "file", "place")
    ]
    assert kinds == ["file", "file", "place", "removed", "added"]
    assert "+lr = 0.2 < 1" in page.text
    assert "On the command line: --lr 0.2" in page.text


def test_a_watched_page_tells_its_scripts_when_to_read_it_anew():
    """A page that is final never reads itself anew."""
    assert Page(written(subject(trials(2), reload=10.0))).document["reload"] == 10.0
    assert Page(written(subject(trials(2)))).document["reload"] is None


def test_what_is_pressed_has_a_name():
    """Every control has a label, every chart a description, every section a heading."""
    page = Page(written(subject(trials(12))))
    assert all(a.get("aria-label") for tag, a in page.elements if a.get("role") == "img")
    assert all(a.get("aria-labelledby") in page.ids or a.get("aria-label") for a in page.all("section"))
    assert len(page.all("legend")) == len(page.all("fieldset"))
    assert page.all("html")[0]["lang"] == "en"


def test_thinning_keeps_both_ends_and_every_spike():
    """Few points in, the same out; many in, no more than asked for, the extremes among them."""
    assert thinned([0, 1, 2], [1.0, math.nan, 3.0], 10) == ((0, 1, 2), (1.0, None, 3.0))
    values = [0.0] * 1000
    values[123], values[777] = 9.0, -9.0
    steps, kept = thinned(range(1000), values, 50)
    assert len(kept) <= 50
    assert (steps[0], steps[-1]) == (0, 999)
    assert {9.0, -9.0} <= set(kept)


def test_the_best_curves_are_always_there():
    """And the baseline's, and those that run now."""
    study = subject(
        still_running() + [dataclasses.replace(t, number=t.number + 4) for t in trials(2000)], running=True
    )
    kept = set(chosen(study))
    assert {t.number for t in study.ranked[:50]} <= kept
    assert {0, 1, 2} <= kept
    assert len(kept) <= 50 + 150 + 4
