"""Which sources import NNI's API."""

import pytest

from annotate.annotations.api import imported


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
