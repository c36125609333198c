"""Which sources import NNI's API."""

import pytest

from annotate.annotations.api import begins_experiments, imported


@pytest.mark.parametrize(
    ("source", "found"),
    [
        (b"import nni", {b"nni"}),
        (b"if True:\n    import os, nni\n", {b"nni"}),
        (b"import numpy as np, nni as tuner", {b"nni"}),
        (b"from nni.tuner import Tuner\nfrom dlkit_utils import x", {b"nni", b"dlkit_utils"}),
        (b"import nnipy\nfrom os import nni\n# import nni\nimport os as nni", set()),
    ],
)
def test_an_import_is_found_wherever_it_stands_on_its_line(source, found):
    """And nothing else that has its name."""
    assert imported(source) == found


@pytest.mark.parametrize(
    ("source", "begins"),
    [
        (b"import os\nfrom nni.experiment import Experiment", True),
        (b"    import nni.experiment as e", True),
        (b"from nni.experiment.config import ExperimentConfig", True),
        (b"from nni import report_final_result, Experiment", True),
        (b"import nni", False),
        (b"# from nni.experiment import Experiment", False),
        (b"from nni.retiarii.experiment.pytorch import RetiariiExperiment", False),
    ],
)
def test_what_begins_experiments_is_told_from_a_trial(source, begins):
    """NNI's search of architectures is another matter."""
    assert begins_experiments(source) is begins
