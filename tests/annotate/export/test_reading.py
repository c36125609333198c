"""Trials read back: our own exports to the letter, Optuna's storages, NNI's exports, and what is refused."""

import dataclasses
import json

import pytest

from annotate.errors import AnnotateError, SpaceError
from annotate.export import StudyRecord, optuna
from annotate.export.documents import as_json, as_lines
from annotate.export.importing import keep
from annotate.export.reading import Said, read
from annotate.export.tables import as_csv
from annotate.storage import StudyStore
from annotate.trial import TrialState
from annotate_tuners.space import SearchSpace


def over(record):
    """Without what runs or waits: that is what an export of a finished study holds."""
    return StudyRecord(record.meta, tuple(t for t in record.trials if t.state.finished))


def there_and_back(record, tmp_path, name, text, said=None):
    """The study that `annotate import` makes of the text, opened again."""
    (tmp_path / name).write_bytes(text.encode())
    found, _ = read(str(tmp_path / name), said or Said(), now=1e9)
    folder = keep(found, tmp_path, now=1e9, version="9")
    with StudyStore.open(folder.database, read_only=True) as store:
        return StudyRecord(store.meta(), tuple(store.trials(measurements=True)))


def without_id(text):
    document = json.loads(text)
    del document["study"]["study"], document["study"]["version"]
    return document


def test_json_comes_back_to_the_letter(record, two_metrics, tmp_path):
    """Every parameter, report, state and fact of the study, but for its id."""
    for each in (over(record), over(two_metrics)):
        text = as_json(each)
        assert without_id(as_json(there_and_back(each, tmp_path, "s.json", text))) == without_id(text)


def test_json_lines_come_back_to_the_letter(record, two_metrics, tmp_path):
    """The metrics and their directions stand in every line."""
    for each in (over(record), over(two_metrics)):
        text = as_lines(each)
        assert as_lines(there_and_back(each, tmp_path, "s.jsonl", text)) == text


@pytest.mark.parametrize("metrics", ["record", "two_metrics"])
def test_csv_comes_back_to_the_letter(metrics, request, tmp_path):
    """Also text that looks like a number, is empty, or holds commas, quotes and line breaks."""
    each = over(request.getfixturevalue(metrics))
    text = as_csv(each)
    said = Said(metrics={"acc": "maximize", "größe": "minimize"}, space=each.space)
    back = there_and_back(each, tmp_path, "s.csv", text, said)
    assert as_csv(back) == text
    assert [t.params for t in back.trials] == [t.params for t in each.trials]
    assert back.meta.defaults == each.meta.defaults


def test_a_parameter_that_was_never_asked_for_stays_so(record, tmp_path):
    """It was not active in that trial, there as here."""
    unread = frozenset({"train/lr/loguniform"})
    trials = [dataclasses.replace(t, unread=unread) if t.number == 1 else t for t in over(record).trials]
    each = StudyRecord(record.meta, tuple(trials))
    assert there_and_back(each, tmp_path, "s.json", as_json(each)).trials[1].unread == unread


def test_without_a_space_the_values_tell_the_ranges(record, tmp_path):
    """And it is said that they do."""
    (tmp_path / "s.jsonl").write_text(as_lines(over(record)))
    found, notes = read(str(tmp_path / "s.jsonl"), Said(), now=0)
    assert found.meta.space["train/lr/loguniform"] == {"_type": "uniform", "_value": [0.002, 0.01]}
    assert any("--space" in note for note in notes)


def test_what_ran_elsewhere_is_over_here(record, tmp_path):
    """An imported study has nothing that runs."""
    (tmp_path / "s.json").write_text(as_json(record))
    found, _ = read(str(tmp_path / "s.json"), Said(), now=0)
    assert [t.state for t in found.trials][5:7] == [TrialState.CANCELLED, TrialState.CANCELLED]
    assert "still running" in found.trials[5].message


@pytest.mark.parametrize("target", ["study.db", "study.journal"])
def test_what_optuna_was_told_comes_back(record, tmp_path, target):
    """Numbers, states, values, reports, reasons, the direction."""
    optuna.write_study(over(record), str(tmp_path / target))
    found, _ = read(str(tmp_path / target), Said(), now=0)
    back = there_and_back(found, tmp_path, "s.json", as_json(found))
    for one, other in zip(over(record).trials, back.trials, strict=True):
        assert (one.number, one.state, one.value, one.reason) == (
            other.number,
            other.state,
            other.value,
            other.reason,
        )
        assert other.ended == pytest.approx(one.ended)
    assert back.trials[1].params["lr"] == 0.01
    assert back.trials[0].baseline
    assert back.meta.defaults["lr"] == 0.5
    assert back.meta.direction == "maximize"
    assert back.meta.tuner == "tpe"


def test_a_study_of_optunas_own_is_read(tmp_path):
    """Its distributions are the space, pruned trials are stopped early, failed ones say why."""
    import optuna as library

    library.logging.set_verbosity(library.logging.ERROR)
    storage = f"sqlite:///{tmp_path / 'theirs.db'}"
    study = library.create_study(storage=storage, study_name="theirs", direction="minimize")

    def objective(trial):
        x = trial.suggest_float("x", 1e-3, 1.0, log=True)
        n = trial.suggest_int("n", 1, 8)
        kind = trial.suggest_categorical("kind", ["a", "b"])
        step = trial.suggest_int("step", 32, 128, step=32)
        trial.report(x, 0)
        if trial.number == 1:
            raise library.TrialPruned
        if trial.number == 2:
            raise ValueError("no such kind")
        return x * n + step + (kind == "a")

    study.optimize(objective, n_trials=4, catch=(ValueError,))
    reported = study.trials[1].intermediate_values
    study._storage.remove_session()
    study._storage._backend.engine.dispose()
    found, _ = read(storage, Said(), now=0)
    assert found.meta.space == {
        "x": {"_type": "loguniform", "_value": [1e-3, 1.0]},
        "n": {"_type": "randint", "_value": [1, 9]},
        "kind": {"_type": "choice", "_value": ["a", "b"]},
        "step": {"_type": "quniform", "_value": [32, 128, 32]},
    }
    assert [t.state.value for t in found.trials] == ["succeeded", "early-stopped", "failed", "succeeded"]
    assert found.trials[1].value == reported[0]
    assert found.meta.direction == "minimize"
    assert all(SearchSpace.from_json(dict(found.meta.space)).contains(t.params) for t in found.trials)


NNI = [
    {
        "parameter": {"lr": 0.1, "act": "relu"},
        "value": "0.9",
        "trialJobId": "kpItT",
        "intermediate": ["0.5", "0.9"],
    },
    {"parameter": {"lr": 0.01, "act": "tanh"}, "value": '{"default": 0.8, "loss": 2}', "trialJobId": "xHTti"},
    {"parameter": {"lr": 0.2, "act": "relu"}, "value": 0.7, "id": "old"},
]


def test_what_nnictl_exported_as_json_is_read(tmp_path):
    """Values as numbers, as text and as objects, with reports where they are."""
    (tmp_path / "nni.json").write_text(json.dumps(NNI))
    found, _ = read(str(tmp_path / "nni.json"), Said(direction="maximize"), now=0)
    assert [t.value for t in found.trials] == [0.9, 0.8, 0.7]
    assert [m.values["default"] for m in found.trials[0].measurements if not m.final] == [0.5, 0.9]
    assert found.trials[1].measurements[-1].values == {"default": 0.8, "loss": 2.0}
    assert found.trials[0].params == {"lr": 0.1, "act": "relu"}


def test_what_nnictl_exported_as_csv_is_read(tmp_path):
    """Parameters are columns, with values as Python writes them."""
    (tmp_path / "nni.csv").write_text(
        'reward,lr,layers,act,flag,trialJobId,intermediate\r\n0.9,0.1,"[8, 16]",relu,True,kpItT,"[0.5,0.9]"\r\n'
    )
    found, _ = read(str(tmp_path / "nni.csv"), Said(direction="minimize"), now=0)
    assert found.trials[0].params == {"lr": 0.1, "layers": [8, 16], "act": "relu", "flag": True}
    assert found.trials[0].value == 0.9
    assert len(found.trials[0].measurements) == 3


def change(text, **changes):
    document = json.loads(text)
    document["trials"][1].update(changes)
    return json.dumps(document)


@pytest.mark.parametrize(
    ("name", "text", "said", "words"),
    [
        ("a.json", "", Said(), "is empty"),
        ("a.json", '{"a": 1,\n "b" 2}', Said(), "a.json:2: it is no JSON"),
        ("a.json", '{"some": "object"}', Said(), "unknown kind"),
        ("a.jsonl", '{"number": 0}\n', Said(), "a.jsonl:1: a trial without"),
        ("a.jsonl", '{"number": 0}\nnot json\n', Said(), "a.jsonl:1"),
        ("a.csv", "one,two\n1,2\n", Said(), "these columns are not known: one, two"),
        ("a.json", json.dumps(NNI), Said(), "does not say which way is better"),
        ("a.json", '[{"parameter": {"x": 1}, "value": "high"}]', Said("maximize"), "entry 0"),
        ("a.csv", "trialJobId,reward,x\nq,high,1\n", Said("maximize"), "a.csv:2"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(tmp_path, name, text, said, words):
    """And with a remedy."""
    (tmp_path / name).write_text(text)
    with pytest.raises(AnnotateError) as refused:
        read(str(tmp_path / name), said, now=0)
    assert words in refused.value.message
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"state": "done"}, "'done' is not a valid TrialState"),
        ({"value": None}, "succeeded with no value"),
        ({"number": 0}, "two trials 0"),
        ({"reason": "nan"}, "its reason does not fit"),
        ({"metrics": [{"step": 0}]}, "trial 1"),
    ],
)
def test_a_trial_that_cannot_be_is_refused(record, tmp_path, changes, words):
    """Before anything is written."""
    (tmp_path / "s.json").write_text(change(as_json(over(record)), **changes))
    with pytest.raises(AnnotateError, match=words):
        read(str(tmp_path / "s.json"), Said(), now=0)


def test_a_later_format_is_refused(record, tmp_path):
    """With what to install."""
    (tmp_path / "s.json").write_text(as_json(record).replace('"version": 1', '"version": 2', 1))
    with pytest.raises(AnnotateError, match="newer annotate"):
        read(str(tmp_path / "s.json"), Said(), now=0)


def test_a_name_that_the_space_lacks_is_named(record, tmp_path):
    """With the nearest one."""
    (tmp_path / "nni.json").write_text(json.dumps([{"parameter": {"lrr": 1}, "value": 1}]))
    with pytest.raises(SpaceError, match="has no 'lrr'") as refused:
        read(str(tmp_path / "nni.json"), Said("maximize", space=record.space), now=0)
    assert "lr" in refused.value.remedy


def test_the_only_study_or_the_named_one(record, two_metrics, tmp_path):
    """A storage may hold several."""
    target = str(tmp_path / "study.db")
    optuna.write_study(record, target)
    other = StudyRecord(dataclasses.replace(record.meta, study="other"), record.trials[:2])
    optuna.write_study(other, target)
    with pytest.raises(AnnotateError, match="holds 2 studies"):
        read(target, Said(), now=0)
    with pytest.raises(AnnotateError, match="no study 'othr'"):
        read(target, Said(study="othr"), now=0)
    assert len(read(target, Said(study="other"), now=0)[0].trials) == 2


def test_a_table_of_several_metrics_is_told_which_way_each_is_better(two_metrics, tmp_path):
    """A guess would turn a front around."""
    (tmp_path / "s.csv").write_text(as_csv(over(two_metrics)))
    with pytest.raises(AnnotateError, match="which way größe is better"):
        read(str(tmp_path / "s.csv"), Said("maximize"), now=0)
    found, _ = read(str(tmp_path / "s.csv"), Said("maximize", {"acc": None, "größe": "minimize"}), now=0)
    assert [objective.direction for objective in found.meta.objectives] == ["maximize", "minimize"]
