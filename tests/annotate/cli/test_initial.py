"""`--init` in all its forms: pairs, files of many kinds; what is none of them is refused."""

import json

import pytest

from annotate.cli.initial import read
from annotate.errors import UsageError


def values(text):
    return [dict(given.values) for given in read(text)]


@pytest.mark.parametrize(("text", "pairs"), [
    ("lr=0.01,act=relu", {"lr": "0.01", "act": "relu"}),
    ("layers=[1, 2],opt=Adam(lr, 3)", {"layers": "[1, 2]", "opt": "Adam(lr, 3)"}),
    ("sep='a,b' , n=3", {"sep": "'a,b'", "n": "3"}),
    ("train/lr/uniform=1e-3", {"train/lr/uniform": "1e-3"}),
])  # fmt: skip
def test_pairs_are_parted_at_commas_but_not_within_brackets_and_quotes(text, pairs):
    assert values(text) == [pairs]


@pytest.mark.parametrize("text", ["lr=", "lr=1,=2", "lr=1,batch", "lr=1,lr=2"])
def test_half_a_pair_and_one_twice_are_refused(text):
    with pytest.raises(UsageError, match="--init"):
        read(text)


LR = {"lr": 0.5}


@pytest.mark.parametrize(("content", "points"), [
    (json.dumps(LR), [LR]),
    (json.dumps([LR, {"n": 2}]), [LR, {"n": 2}]),
    ('{"lr": 0.5}\n\n{"n": 2}\n', [LR, {"n": 2}]),
    ("lr: 0.5\n", [LR]),
    (json.dumps({"parameter_id": 3, "parameter_source": "algorithm", "parameters": LR}), [LR]),
    (json.dumps({"format": "annotate-study", "trials": [
        {"number": 0, "state": "succeeded", "parameters": LR}, {"number": 1, "state": "failed", "parameters": {"lr": 1}},
    ]}), [LR]),
])  # fmt: skip
def test_a_file_of_points_is_read_whatever_wrote_it(tmp_path, content, points):
    path = tmp_path / "points"
    path.write_text(content)
    assert values(str(path)) == points


@pytest.mark.parametrize(("content", "said"), [
    ("lr: [1", "neither JSON nor YAML"), ("[]", "holds no point"), ("[1, 2]", "no object"), ("word", "no object"),
])  # fmt: skip
def test_a_file_of_something_else_is_refused(tmp_path, content, said):
    path = tmp_path / "points.json"
    path.write_text(content)
    with pytest.raises(UsageError, match=said):
        read(str(path))
