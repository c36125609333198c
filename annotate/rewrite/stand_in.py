"""A few lines of Python in the place of NNI, for a script that imports `nni` by hand and is run without it.

`nni.get_next_parameter()` gives what the trial had, reports are printed as NNI prints them outside an experiment.
"""

from __future__ import annotations

import pprint
from collections.abc import Mapping
from pathlib import Path

import annotate_runtime
from annotate.trial import Json

_NNI = '''\
"""Stands in for NNI, so that the script runs without it: the parameters of {name}, and reports that are printed."""

PARAMETERS = {parameters}


def get_next_parameter():
    return dict(PARAMETERS)


get_next_parameters = get_next_parameter


def get_current_parameter(tag=None):
    return dict(PARAMETERS) if tag is None else PARAMETERS.get(tag)


def report_intermediate_result(metric):
    print("Intermediate result:", metric)


def report_final_result(metric):
    print("Final result:", metric)


def get_experiment_id():
    return "STANDALONE"


def get_trial_id():
    return "STANDALONE"


def get_sequence_id():
    return 0
'''

_TRIAL = """\
from nni import (
    get_current_parameter,
    get_experiment_id,
    get_next_parameter,
    get_next_parameters,
    get_sequence_id,
    get_trial_id,
    report_final_result,
    report_intermediate_result,
)
"""

_DLKIT = """\
from nni import get_next_parameter as get_parameter
from nni import report_final_result, report_intermediate_result


def report_loss(loss):
    print("Loss:", loss)
"""


def stand_in(parameters: Mapping[str, Json], name: str, *, dlkit: bool) -> dict[str, str]:
    """The files by their path beside the script; `name` is the trial's, `dlkit` asks for MLhub's names as well."""
    shown = pprint.pformat(dict(parameters), sort_dicts=False)
    utils = Path(annotate_runtime.__file__).parent / "stand_ins" / "nni" / "utils.py"
    return {
        "nni/__init__.py": _NNI.format(name=name, parameters=shown),
        "nni/trial.py": _TRIAL,
        "nni/utils.py": utils.read_text(encoding="utf-8"),
        **({"dlkit_utils.py": _DLKIT} if dlkit else {}),
    }
