"""What annotate reads in the examples: their search spaces, as files a person can check."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from annotate.instrument import Instrumented, instrument

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "examples"


def read(example: str) -> Instrumented:
    path = EXAMPLES / example / "train.py"
    return instrument(path.read_bytes(), "train", path)


@pytest.mark.parametrize("example", ["annotated_cifar", "annotated_tabular"])
def test_the_search_space_is_the_one_that_was_approved(example: str) -> None:
    expected = json.loads((HERE / "spaces" / f"{example}.json").read_text())
    space = {site.key: site.distribution for site in read(example).variables}
    assert as_json(space) == expected


@pytest.mark.parametrize("example", ["annotated_cifar", "annotated_tabular"])
def test_there_is_nothing_to_complain_about(example: str) -> None:
    assert read(example).diagnostics == ()


def test_the_cifar_example_shows_each_way_of_writing_an_annotation() -> None:
    source = (EXAMPLES / "annotated_cifar" / "train.py").read_text()
    for way in (
        "flip = 0.5  # @nni.uniform(",
        "default=0.01)  # @nni.loguniform(",
        '"""@nni.variable(',
        '"""@nni.function_choice(',
        '"""@nni.report_intermediate_result(',
        '"""@nni.report_final_result(',
    ):
        assert way in source


def as_json(space: dict) -> dict:
    from annotate_tuners.space import SearchSpace

    return SearchSpace(space).to_json()
