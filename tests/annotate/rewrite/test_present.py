"""A trial's values in files that may have changed since the study began."""

from __future__ import annotations

import pytest

from annotate.errors import SourceError, UsageError
from annotate.rewrite import onto_present, values_only
from tests.annotate.rewrite.studies import made

SOURCE = """\
import net
lr = 0.1  # @nni.loguniform(1e-4, 1e-1)
'''@nni.variable(nni.choice(16, 32, 64), name=width)'''
width = 2 ** 5
'''@nni.report_final_result(lr)'''
"""
NET = "drop = 0.5  # @nni.uniform(0, 1)\n"


@pytest.fixture
def study(tmp_path):
    return made(tmp_path, {"train.py": SOURCE, "net.py": NET})


def applied(study, trial, others=(), **options):
    """Today's files after a trial is applied, by name, and the conflicts."""
    merged = onto_present(study.folder, study.meta, trial, [trial, *others], **options)
    return {file.name: file.after.decode() for file in merged.source.files}, merged


def test_values_go_to_every_file_of_the_study(study):
    """Each file its own, the script first."""
    files, merged = applied(study, study.trial(1, lr=0.01, width=64, drop=0.25))
    assert list(files) == ["train.py", "net.py"]
    assert files["train.py"] == SOURCE.replace("0.1", "0.01", 1).replace("2 ** 5", "64")
    assert files["net.py"] == NET.replace("0.5", "0.25")
    assert merged.conflicts == ()


def test_code_may_have_moved_and_ranges_may_be_others(study):
    """Values are merged, not lines: only the default of each variable is looked at."""
    changed = "# new\n" + SOURCE.replace("1e-4, 1e-1", "1e-3, 2e-2").replace("import net", "import net, os")
    parts = changed.partition("'''@nni.variable")
    moved = parts[1] + parts[2].replace("lr)'''", "width)'''", 1) + parts[0]
    study.write(moved)
    files, merged = applied(study, study.trial(1, lr=0.01, width=64))
    assert merged.conflicts == ()
    assert files["train.py"] == moved.replace("lr = 0.1 ", "lr = 0.01 ").replace("2 ** 5", "64")


def test_a_default_that_the_user_changed_is_a_conflict(study):
    """It tells what stood there, what stands there, and what the trial has."""
    study.write(SOURCE.replace("0.1", "0.05", 1))
    _, merged = applied(study, study.trial(1, lr=0.01, width=64))
    (conflict,) = merged.conflicts
    assert (conflict.name, conflict.line, conflict.was, conflict.now, conflict.value) == (
        "train.py",
        2,
        "0.1",
        "0.05",
        0.01,
    )


def test_a_variable_that_is_gone_is_a_conflict(study):
    """Its annotation has been taken away, so nobody knows where its value belongs."""
    study.write("drop = 0.5\n", "net.py")
    _, merged = applied(study, study.trial(1, drop=0.25))
    assert [(each.name, each.line, each.was) for each in merged.conflicts] == [("net.py", None, "0.5")]


def test_what_the_trial_does_not_say_is_no_conflict(study):
    """A parameter that was not active, a value that the user has set herself, a variable that is new."""
    study.write(SOURCE.replace("0.1", "0.01", 1).replace("2 ** 5", "16") + "new = 1  # @nni.uniform(0, 1)\n")
    files, merged = applied(study, study.trial(1, lr=0.01, drop=0.25))
    assert merged.conflicts == ()
    assert files == {"train.py": study.read(), "net.py": NET.replace("0.5", "0.25")}


def test_another_trial_may_be_applied_after_the_first(study):
    """Today's defaults are a trial's, so nothing of the user's is lost; what the next has nothing of goes back."""
    first, second = study.trial(1, lr=0.01, width=64), study.trial(2, lr=0.02)
    files, _ = applied(study, first)
    study.write("# moved\n" + files["train.py"])
    files, merged = applied(study, second, [first])
    assert merged.conflicts == ()
    assert merged.applied == first
    assert files["train.py"] == "# moved\n" + SOURCE.replace("0.1", "0.02", 1)


def test_a_rounded_trial_counts_as_applied(study):
    """What `--digits` wrote is known again."""
    first, second = study.trial(1, lr=0.012345), study.trial(2, lr=0.02)
    study.write(SOURCE.replace("0.1", "0.0123", 1))
    _, merged = applied(study, second, [first])
    assert (merged.applied, merged.conflicts) == (first, ())


def test_one_value_of_the_users_among_a_trials_is_a_conflict(study):
    """Only where all that changed is one trial's is it taken for applied."""
    first, second = study.trial(1, lr=0.01, width=64), study.trial(2, lr=0.02, width=16)
    study.write(SOURCE.replace("0.1", "0.05", 1).replace("2 ** 5", "64"))
    _, merged = applied(study, second, [first])
    assert [each.now for each in merged.conflicts] == ["0.05", "64"]


def test_the_baseline_changes_nothing_and_undoes_a_trial(study):
    """On the source as it was; after a trial was applied it puts the defaults back as they were written."""
    files, _ = applied(study, study.trial(0))
    assert files == {"train.py": SOURCE, "net.py": NET}
    first = study.trial(1, lr=0.01, width=64)
    study.write(applied(study, first)[0]["train.py"])
    assert applied(study, study.trial(0), [first])[0]["train.py"] == SOURCE


def test_the_users_own_default_stays_where_the_baseline_is_applied(study):
    """There is nothing to undo."""
    study.write(SOURCE.replace("0.1", "0.05", 1))
    files, merged = applied(study, study.trial(0), [study.trial(1, lr=0.01)])
    assert (files["train.py"], merged.conflicts) == (study.read(), ())


def test_stripped_twice_is_stripped_once(study):
    """A file that is what it would become is left alone, though nothing in it is annotated any more."""
    trial = study.trial(1, lr=0.01, width=64)
    files, _ = applied(study, trial, strip=True)
    for name, text in files.items():
        study.write(text, name)
    again, merged = applied(study, trial, strip=True)
    assert (again, merged.conflicts) == (files, ())


def test_line_named_blocks_are_found_where_they_have_moved_to(tmp_path):
    """Keys of mutable_layers hold a line number; the annotation's own text tells two of them apart."""
    block = "# @nni.mutable_layers({{layer_choice: [f(), g()], layer_output: {}}})\n"
    source = "def f(i): return 1\ndef g(i): return 2\n" + block.format("a") + block.format("b")
    study = made(tmp_path, {"train.py": source})
    keys = list(study.meta.space)
    chose = [{"mutable_layer_0": {"chosen_layer": each, "chosen_inputs": []}} for each in ("f()", "g()")]
    trial = study.trial(1, **dict(zip(keys, chose, strict=True)))
    study.write("\n\n" + source)
    files, merged = applied(study, trial)
    assert merged.conflicts == ()
    done = (
        "\n\n"
        + source.replace(
            "# @nni.mutable_layers({layer_choice: [f(), g()], layer_output: b",
            "a = f([[], []])\n# @nni.mutable_layers({layer_choice: [f(), g()], layer_output: b",
        )
        + "b = g([[], []])\n"
    )
    assert files["train.py"] == done
    study.write(done)
    assert applied(study, trial)[0]["train.py"] == done


def test_a_file_that_is_gone_is_refused_where_it_is_needed(study):
    """Its values would be lost without a word."""
    (study.cwd / "net.py").unlink()
    with pytest.raises(UsageError, match=r"net\.py is there no longer"):
        applied(study, study.trial(1, lr=0.01))


def test_a_file_with_faults_is_refused_as_check_refuses_it(study):
    """With its diagnostics, and before anything is decided."""
    study.write(SOURCE.replace("1e-4, 1e-1", "1, 0"))
    with pytest.raises(SourceError, match="E108"):
        applied(study, study.trial(1, lr=0.01))


@pytest.mark.parametrize(
    ("today", "same"),
    [
        (SOURCE, True),
        (SOURCE.replace("0.1", "0.03", 1).replace("2 ** 5", "64"), True),
        (SOURCE.replace("1e-4", "1e-5"), False),
        (SOURCE.replace("report_final_result(lr)", "report_final_result(-lr)"), False),
        (SOURCE + "print(lr)\n", False),
        (SOURCE.replace("loguniform(", "loguni("), False),
        ("lr = nni.choice(1, 2)\n", False),
    ],
)
def test_files_that_differ_in_their_defaults_only_are_known(today, same):
    """Ranges, code, and what can no longer be read are more than that."""
    assert values_only({"train.py": SOURCE.encode()}, {"train.py": today.encode()}) is same


def test_a_range_in_the_scripts_own_call_is_no_default():
    """`nni.uniform(0, 1)` by hand is where the value is drawn, and its range."""
    before, after = (f"import nni\nlr = nni.uniform(0, {high}, name='lr')\n".encode() for high in (1, 2))
    assert not values_only({"train.py": before}, {"train.py": after})


def test_a_file_that_has_gone_is_more_than_a_default():
    """Whichever side lacks it."""
    assert not values_only({"train.py": b"", "net.py": b""}, {"train.py": b""})
