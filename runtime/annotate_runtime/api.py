"""The trial API under the names that NNI gave it, for the `nni` and `dlkit_utils` stand-ins."""

from __future__ import annotations

from annotate_runtime.trial import trial

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_printed: dict[str, int] = {}


def get_next_parameter() -> dict[str, Any]:
    """Every parameter of this trial by key; {} outside a trial."""
    return trial.parameters()


get_next_parameters = get_next_parameter


def get_current_parameter(tag: str | None = None) -> Any:
    """All parameters, or the one called `tag`, None where there is none of that name."""
    parameters = trial.parameters()
    return parameters if tag is None else parameters.get(tag)


def report_intermediate_result(metric: Any) -> None:
    """Report how the trial does; a number, or a dictionary with `default`."""
    trial.report_intermediate_result(metric)
    if not trial.active:
        index = _printed.get("intermediate", 0)
        _printed["intermediate"] = index + 1
        print(f"Intermediate result: {metric}  (Index {index})")


def report_final_result(metric: Any) -> None:
    """Report what the trial came to."""
    trial.report_final_result(metric)
    if not trial.active:
        print(f"Final result: {metric}")


def get_experiment_id() -> str:
    """The study's id; NNI's word outside a trial."""
    return str(trial.document["study"]) or "STANDALONE"


def get_trial_id() -> str:
    """This trial's id; NNI's word outside a trial."""
    return str(trial.document["trial"]) or "STANDALONE"


def get_sequence_id() -> int:
    """This trial's number, from 0."""
    return int(trial.document["number"])
