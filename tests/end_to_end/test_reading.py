"""The commands that read studies, over one that holds every kind of trial."""

import csv
import io
import json
import subprocess
import time

import pytest
import yaml

from annotate.storage import StudyFolder, StudyMeta, StudyStore
from annotate.trial import FailureReason, Measurement, Trial, cancel, fail, start, stop_early, succeed

from .conftest import COMMAND

LR, WIDTH, VALUE = "train/lr/loguniform", "train/width/choice", "train/value/choice"
NAN = float("nan")


def study(tmp_path, script="train.py", *, trials=True, direction="maximize", now=None):
    """Six trials: two succeeded, one stopped early, one failed with NaN, one cancelled, one queued."""
    now = time.time() if now is None else now
    folder = StudyFolder.create(tmp_path, script=script, now=now)
    meta = StudyMeta(
        study=folder.id, script=str(tmp_path / script), code_dir=str(tmp_path), cwd=str(tmp_path),
        command=["python", script], created=now, tuner="tpe", direction=direction, seed=0, metric="acc",
        space={
            LR: {"_type": "loguniform", "_value": [1e-4, 1e-1]},
            WIDTH: {"_type": "choice", "_value": [16, [32, 64]]},
            VALUE: {"_type": "choice", "_value": ["a b", "c"]},
        },
        defaults={LR: 0.1, WIDTH: 16, VALUE: "c"}, names={LR: "lr", WIDTH: "width", VALUE: "value"},
    )  # fmt: skip
    with StudyStore.create(folder.database, meta) as store:
        if trials:
            point = {LR: 0.01, WIDTH: [32, 64], VALUE: "a b"}
            running = [start(Trial(n, point if n else {}, baseline=n == 0), at=now + n) for n in range(5)]
            store.save(
                succeed(running[0], at=now + 10, value=0.5),
                succeed(running[1], at=now + 10, value=0.75),
                stop_early(running[2], at=now + 10, value=0.25, message="worse than the median"),
                fail(
                    running[3],
                    at=now + 10,
                    reason=FailureReason.NAN,
                    message="its result is nan",
                    exit_code=0,
                ),
                cancel(running[4], at=now + 10, message="killed by you"),
                Trial(5, point),
            )
            store.record(3, [Measurement(0, now, {"default": NAN, "loss": float("inf")}, final=True)])
            for n in range(2):
                folder.trial(n).mkdir()
                (folder.trial(n) / "log").write_bytes(b"said by %d\n\xff" % n)
    return folder


def test_every_study_is_listed_with_its_best(annotate):
    """One row a study, the latest last, also where several began in one minute."""
    first, second = (study(annotate.cwd, name, now=1e9 + n) for n, name in enumerate(["z.py", "a.py"]))
    rows = json.loads(annotate("ls", "--format", "json").stdout)
    assert [row["study"] for row in rows] == [first.id, second.id]
    assert [row["best"] for row in rows] == [0.75, 0.75]
    assert [row["finished"] for row in rows] == [5, 5]


def test_a_study_that_is_damaged_hides_no_other(annotate):
    """`ls` names the damaged one on stderr and lists the rest."""
    study(annotate.cwd, "bad.py", now=1e9).database.write_bytes(b"no database at all, whatever it says")
    good = study(annotate.cwd, now=2e9)
    done = annotate("ls", "--format", "json")
    assert [row["study"] for row in json.loads(done.stdout)] == [good.id]
    assert "bad" in done.stderr


@pytest.mark.parametrize(
    "words", [("show",), ("top",), ("best",), ("log",), ("export",), ("resume",), ("stop",), ("watch",)]
)
def test_where_there_is_no_study_it_is_said_how_to_begin(annotate, words):
    """Exit code 2 and `annotate run`; nothing is made."""
    done = annotate(*words)
    assert done.returncode == 2
    assert "annotate run" in done.stderr
    assert not (annotate.cwd / ".annotate").exists()


def test_no_study_is_an_empty_list(annotate):
    """For programs the answer is [], for people a line on stderr."""
    assert json.loads(annotate("ls", "--format", "json").stdout) == []
    assert "annotate run" in annotate("ls").stderr


@pytest.mark.parametrize(
    "words", [("show",), ("top",), ("export", "--to", "csv"), ("export", "--to", "jsonl"), ("export",)]
)
def test_a_study_without_trials_reads_as_one(annotate, words):
    """Nothing, and no error."""
    study(annotate.cwd, trials=False)
    done = annotate(*words)
    assert done.returncode == 0, done.stderr
    text = done.stdout.strip()
    assert text in ("", "[]") or text.startswith("trial,state,") or json.loads(text)["trials"] == []


def test_a_study_without_a_success_has_no_best(annotate):
    """`best` and `log` say so."""
    study(annotate.cwd, trials=False)
    assert "no succeeded trial yet" in annotate("best").stderr
    assert "annotate log 0" in annotate("log").stderr


def test_the_best_come_first_in_the_direction_of_the_study(annotate):
    """Only succeeded trials are ranked."""
    study(annotate.cwd)
    assert [row["trial"] for row in json.loads(annotate("top", "--format", "json").stdout)] == [1, 0]
    down = study(annotate.cwd, "down.py", direction="minimize", now=time.time() + 120)
    assert [row["trial"] for row in json.loads(annotate("top", down.id, "--format", "json").stdout)] == [0, 1]


@pytest.mark.parametrize(("direction", "gain"), [("maximize", 0.25), ("minimize", -0.25)])
def test_every_table_shows_the_gain_over_the_defaults(annotate, direction, gain):
    """More is better whatever the direction; the baseline gained nothing, nor did what has no result of its own."""
    study(annotate.cwd, direction=direction)

    def asked(*words):
        return json.loads(annotate(*words, "--format", "json").stdout)

    (listed,) = asked("ls")
    assert listed["gain"] == max(gain, 0.0)
    assert [row["gain"] for row in asked("show")] == [None, gain, None, None, None, None]
    assert {row["trial"]: row["gain"] for row in asked("top")} == {0: None, 1: gain}
    assert {"name": "gain", "value": gain} in asked("show", "1")
    assert {"trial": "gain", "0": None, "1": gain} in asked("compare", "0", "1")
    assert f"{gain:+}" in annotate("top").stdout


def test_a_duration_is_a_number_for_a_program_and_words_for_a_person(annotate):
    """Seconds in JSON and CSV, which need not be taken apart; the table says 9.0s."""
    study(annotate.cwd)
    assert json.loads(annotate("top", "--format", "json").stdout)[0]["duration"] == 9.0
    assert next(csv.DictReader(io.StringIO(annotate("top", "--format", "csv").stdout)))["duration"] == "9.0"
    assert "9.0s" in annotate("top").stdout


def test_a_study_without_a_baseline_has_no_column_for_the_gain(annotate):
    """`--no-baseline`: nothing to compare with, and no empty column that says so on every line."""
    folder = study(annotate.cwd, trials=False)
    with StudyStore.open(folder.database) as store:
        store.save(succeed(start(Trial(0, {LR: 0.01}), at=1.0), at=2.0, value=0.5))
    assert "gain" not in json.loads(annotate("top", "--format", "json").stdout)[0]
    assert json.loads(annotate("ls", "--format", "json").stdout)[0]["gain"] is None


@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_a_table_is_a_table_in_every_format(annotate, form):
    """A parameter that is called as a column is shown by its key, so that neither hides the other."""
    study(annotate.cwd)
    said = annotate("show", "--format", form).stdout
    if form == "table":
        assert "failed (nan)" in said
        return
    rows = json.loads(said) if form == "json" else list(csv.DictReader(io.StringIO(said)))
    assert [int(row["trial"]) for row in rows] == list(range(6))
    assert float(rows[1]["value"]) == 0.75
    assert rows[1][VALUE] == "a b"
    assert rows[0][VALUE] == "c"
    assert rows[1]["width"] == ([32, 64] if form == "json" else "[32, 64]")


def test_the_best_parameters_fit_where_they_are_wanted(annotate):
    """As a command line, as JSON, as YAML; the baseline's are the literals of the source."""
    study(annotate.cwd)
    wanted = {"lr": 0.01, "width": [32, 64], "value": "a b"}
    assert json.loads(annotate("best", "--format", "json").stdout) == wanted
    assert yaml.safe_load(annotate("best", "--format", "yaml").stdout) == wanted
    args = annotate("best", "--format", "args")
    assert args.stdout == "--lr 0.01 --width '[32, 64]' --value 'a b'\n"
    assert "the source holds lr, width, value: only a script that has such options" in args.stderr


def test_the_best_parameters_are_options_as_the_trials_were_given_them(annotate):
    """One letter has one dash, and argparse takes a negative value behind a `=` only."""
    (annotate.cwd / "line.py").write_text(
        "import argparse\n"
        "parser = argparse.ArgumentParser()\n"
        "parser.add_argument('-x', type=float)\n"
        "parser.add_argument('--low', type=float)\n"
        "print('loss:', parser.parse_args().low)\n"
    )
    x, low = ("--param", "x=uniform(1, 2)"), ("--param", "low=uniform(-2e-5, -1e-5)")
    annotate("run", "line.py", "--trials", "1", "--no-baseline", *x, *low, "--metric-pattern", r"loss: (\S+)")
    args = annotate("best", "--format", "args")
    assert args.stderr == ""
    assert [word.partition("=")[0] for word in args.stdout.split()][::2] == ["-x", "--low"]


def test_numbers_that_json_does_not_have_are_words(annotate):
    """NaN and infinity make no invalid JSON."""

    def refuse(constant):
        raise AssertionError(constant)

    study(annotate.cwd)
    (report,) = json.loads(annotate("export").stdout, parse_constant=refuse)["trials"][3]["metrics"]
    assert report["values"] == {"default": "nan", "loss": "inf"}
    json.loads(annotate("show", "3", "--format", "json").stdout, parse_constant=refuse)


def test_every_export_has_every_trial(annotate, tmp_path):
    """JSON, JSON lines and CSV, on stdout or in a file."""
    study(annotate.cwd)
    objects = json.loads(annotate("export").stdout)["trials"]
    lines = [json.loads(line) for line in annotate("export", "--to", "jsonl").stdout.splitlines()]
    assert [{name: line[name] for name in objects[0]} for line in lines] == objects
    assert annotate("export", "--to", "csv", "-o", "out.csv").returncode == 0
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text())))
    assert len(rows) == len(objects) == 6
    assert "cannot be written" in annotate("export", "-o", "no/where.json").stderr


def test_a_trial_is_called_by_its_number_or_its_id(annotate):
    """The study in the id may be shortened; one that is not there is named."""
    folder = study(annotate.cwd)
    for name in ("1", f"{folder.id}-1", "train-1"):
        facts = {
            row["name"]: row["value"] for row in json.loads(annotate("show", name, "--format", "json").stdout)
        }
        assert facts["trial"] == 1
    assert "has no trial 9" in annotate("show", "9").stderr
    assert annotate("show", "9").returncode == 2


def test_trials_stand_side_by_side(annotate):
    """One row a fact, one column a trial."""
    study(annotate.cwd)
    rows = {
        row["trial"]: row
        for row in json.loads(annotate("compare", "0", "train-1", "--format", "json").stdout)
    }
    assert (rows["lr"]["0"], rows["lr"]["train-1"]) == (0.1, 0.01)
    assert (rows["value"]["0"], rows["value"]["train-1"]) == (0.5, 0.75)
    assert annotate("compare", "0", "77").returncode == 2


def test_a_log_comes_out_as_it_was_printed(annotate):
    """Byte for byte; the best trial's where none is named; a trial without one is told from one that is not there."""
    study(annotate.cwd)
    read = [[*COMMAND, "log", *words] for words in ((), ("0",))]
    said = [
        subprocess.run(words, cwd=annotate.cwd, env=annotate.env, capture_output=True, check=True).stdout
        for words in read
    ]
    assert said == [b"said by 1\n\xff", b"said by 0\n\xff"]
    assert "has not started" in annotate("log", "5").stderr
    assert "has no trial 6" in annotate("log", "6").stderr


@pytest.mark.parametrize("words", [("show",), ("export",), ("log", "0"), ("ls", "--format", "csv")])
def test_a_reader_that_leaves_early_is_no_error_of_ours(annotate, words):
    """`annotate ... | true` prints no traceback."""
    folder = study(annotate.cwd)
    (folder.trial(0) / "log").write_bytes(b"x" * 1_000_000)
    shell = f"{' '.join([*COMMAND, *words])} | true"
    done = subprocess.run(
        ["sh", "-c", shell], cwd=annotate.cwd, env=annotate.env, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""


@pytest.mark.parametrize("encoding", ["latin-1", "ascii:surrogateescape"])
def test_a_terminal_without_the_letter_of_a_check_mark_ends_no_command(annotate, tmp_path, encoding):
    """The second is what Python takes in the C locale, where its UTF-8 mode is off."""
    study(tmp_path)
    annotate.env["PYTHONIOENCODING"] = encoding
    done = annotate("watch")
    assert done.returncode == 0
    assert r"\u2713 2 done" in done.stdout
