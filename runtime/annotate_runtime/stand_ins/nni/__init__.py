"""The trial API of NNI 2.10, by annotate: `import nni` works in a trial where NNI is not installed.

Outside a trial `get_next_parameter()` is {} and reports are printed, as NNI's are. What belongs to
other parts of NNI (nas, compression) is not here, and says so when it is asked for.
"""

from .smartparam import (
    choice,
    function_choice,
    lognormal,
    loguniform,
    normal,
    qlognormal,
    qloguniform,
    qnormal,
    quniform,
    randint,
    uniform,
)
from .trial import (
    get_current_parameter,
    get_experiment_id,
    get_next_parameter,
    get_next_parameters,
    get_sequence_id,
    get_trial_id,
    report_final_result,
    report_intermediate_result,
)

__version__ = "2.10"


class NoMoreTrialError(Exception):
    """A tuner has nothing more to try."""


def __getattr__(name: str) -> object:
    if name == "Experiment":
        from .experiment import Experiment

        return Experiment
    raise AttributeError(
        f"nni.{name} is not part of the trial API that annotate provides; "
        "with NNI itself installed, `annotate run --nni real` uses it"
    )


__all__ = [
    "NoMoreTrialError",
    "choice",
    "function_choice",
    "get_current_parameter",
    "get_experiment_id",
    "get_next_parameter",
    "get_next_parameters",
    "get_sequence_id",
    "get_trial_id",
    "lognormal",
    "loguniform",
    "normal",
    "qlognormal",
    "qloguniform",
    "qnormal",
    "quniform",
    "randint",
    "report_final_result",
    "report_intermediate_result",
    "uniform",
]
