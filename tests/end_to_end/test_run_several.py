"""A study of two metrics, from the command line to a front, in real processes."""

import csv
import io
import json

import pytest

TWO = """\
width = 32  # @nni.randint(1, 65)
lr = 0.1  # @nni.uniform(0.0, 1.0)
result = {"acc": 1 - (lr - 0.5) ** 2 - 1 / (width + 1), "latency_ms": 2.0 * width + lr}
# @nni.report_intermediate_result(result)
# @nni.report_final_result(result)
"""
BOTH = ("--metric", "acc:max", "--metric", "latency_ms:min")


def reached(trial):
    return trial["values"]


@pytest.fixture
def study(annotate):
    annotate.write("train.py", TWO)
    done = annotate("run", "train.py", *BOTH, "--trials", 16, "--seed", 1)
    assert done.returncode == 0, done.stderr
    return annotate, done.stdout


def test_every_trial_has_both_and_the_front_is_what_none_beats(study):
    """By the definition: a trial is on the front where no other is better in one and no worse in the other."""
    annotate, said = study
    trials = annotate.trials()
    assert all(len(reached(trial)) == 2 for trial in trials)
    front = {
        one["number"]
        for one in trials
        if not any(
            reached(other) != reached(one)
            and reached(other)[0] >= reached(one)[0]
            and reached(other)[1] <= reached(one)[1]
            for other in trials
        )
    }
    rows = json.loads(annotate("top", "-n", 16, "--format", "json").stdout)
    assert {row["trial"] for row in rows if row["rank"] == 1} == front
    assert [row["rank"] for row in rows] == sorted(row["rank"] for row in rows)
    assert f"best  {len(front)} of 16 trials, which none beats in all metrics" in said
    assert "acc is maximized, latency_ms is minimized" in said
    assert f"{len(front)} on the front" in annotate("ls").stdout


def test_the_one_in_the_middle_is_for_a_command_line_and_any_other_by_its_number(study):
    annotate, _ = study
    done = annotate("best", "--format", "json")
    assert "none beats another" in done.stderr
    assert json.loads(done.stdout)["width"] in range(1, 65)
    other = annotate("best", "--format", "json", "--trial", 0)
    assert (json.loads(other.stdout), other.stderr) == ({"width": 32, "lr": 0.1}, "")


def test_each_metric_has_its_column(study):
    annotate, _ = study
    (row,) = json.loads(annotate("show", "0", "--format", "json").stdout)[2:3]
    assert (row["name"], row["value"]) == ("acc", pytest.approx(1 - 0.16 - 1 / 33))
    rows = list(csv.DictReader(io.StringIO(annotate("export", "--to", "csv").stdout)))
    assert float(rows[0]["latency_ms"]) == pytest.approx(64.1)
    assert "latency_ms" in annotate("compare", "0", "1").stdout


def test_a_resumed_study_still_has_both(study):
    """The same metrics, the same front, two trials more; and another study learns from it."""
    annotate, _ = study
    (first,) = annotate.studies
    done = annotate("resume", "--trials", 18)
    assert "acc is maximized, latency_ms is minimized" in done.stdout
    assert [len(reached(trial)) for trial in annotate.trials()] == [2] * 18
    done = annotate("run", "train.py", *BOTH, "--trials", 2, "--from", first.name)
    assert f"--from: 18 of 18 trials of {first.name} taken" in done.stdout
    refused = annotate("run", "train.py", "--metric", "acc:max", "--from", first.name)
    assert refused.returncode == 2
    assert "maximize acc and minimize latency_ms, and this study is to maximize acc" in refused.stderr


def test_one_key_of_a_dictionary_is_the_metric_in_place_of_default(annotate):
    annotate.write("train.py", TWO)
    done = annotate("run", "train.py", "--metric", "latency_ms:min", "--trials", 6, "--pruner", "median")
    assert done.returncode == 0, done.stderr
    assert "latency_ms is minimized (--metric); --metric latency_ms:max changes it" in done.stdout
    values = [trial["value"] for trial in annotate.trials() if trial["state"] == "succeeded"]
    best = json.loads(annotate("top", "-n", 1, "--format", "json").stdout)[0]["value"]
    assert best == min(values)


def test_a_result_that_lacks_a_metric_fails_and_says_what_it_has(annotate):
    """Where the dictionary does not stand in the report itself, only a trial can tell."""
    annotate.write("train.py", TWO)
    done = annotate("run", "train.py", "--metric", "acc:max", "--metric", "f1:max", "--trials", 4)
    assert done.returncode == 1
    (reason,) = {trial["reason"] for trial in annotate.trials() if trial["state"] == "failed"}
    assert reason == "no-metric"
    assert "its final result has no f1; it has acc, latency_ms" in done.stdout


@pytest.mark.parametrize(("words", "said"), [
    ((*BOTH, "--tuner", "anneal"), "anneal knows one metric only; those that know several are"),
    (("--metric", "acc", "--metric", "latency_ms", "--maximize"), "says nothing of 2 metrics"),
    (("--metric", "speed"), "which way is better"),
    ((*BOTH, "--on-failure", "value:0"), "one metric only"),
    ((*BOTH, "--metric-pattern", "acc: (.*)"), "finds one number"),
])  # fmt: skip
def test_what_does_not_go_together_is_refused_before_anything_is_written(annotate, words, said):
    annotate.write("train.py", TWO)
    done = annotate("run", "train.py", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert annotate.studies == []


def test_a_dictionary_in_the_source_tells_before_any_trial_what_cannot_be(annotate):
    annotate.write("train.py", TWO.replace("_final_result(result)", '_final_result({"acc": lr, "ms": 1})'))
    for words, remedy in (((), "--metric acc"), (("--metric", "acd:max"), "did you mean acc?")):
        done = annotate("run", "train.py", *words)
        assert done.returncode == 2
        assert remedy in done.stderr


def test_json_lines_name_each_metric(annotate):
    annotate.write("train.py", TWO)
    done = annotate("run", "train.py", *BOTH, "--trials", 1, "--log-format", "json")
    (ended,) = [e for e in map(json.loads, done.stdout.splitlines()) if e["event"] == "trial-ended"]
    assert ended["values"] == {"acc": pytest.approx(1 - 0.16 - 1 / 33), "latency_ms": pytest.approx(64.1)}
