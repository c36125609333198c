"""A really installed NNI in a trial, with `--nni real`: its parameters are the trial's, its reports the study's.

NNI asks for parameters and sends metrics through one module, made for its own manager: `nni.platform.local`
in NNI 1, `nni.runtime.platform.local` in 2, `nni.runtime.trial_command_channel.local_legacy` in 3. Once that
is imported, its two ends are ours: so a report keeps what every report has (one process of a trial reports,
and it is on disk when the call returns), where NNI's own would start a process for each. What the script prints
stays in the trial's log; NNI would put it into a file among the outputs. All else is NNI's.
"""

from __future__ import annotations

import sys

from annotate_runtime.trial import trial

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any


def connect(module: ModuleType) -> None:
    """Put the trial's parameters and reports at the two ends of such a module, or the log's own stdout."""
    if module.__name__ == "nni.runtime.log":
        module.__dict__.update(_LogFileWrapper=lambda _: sys.stdout)
        return
    channel: Any = getattr(module, "LocalLegacyTrialCommandChannel", None)
    if channel is None:
        module.__dict__.update(get_next_parameter=_parameters, send_metric=_send)
    else:
        channel.receive_parameter = lambda *_: _parameters()
        channel.send_metric = lambda *_, **metric: _report(metric["type"], metric["value"])


def _parameters() -> dict[str, Any]:
    """What NNI's tuner would have sent."""
    return {
        "parameter_id": trial.document["number"],
        "parameter_source": "algorithm",
        "parameters": trial.parameters(),
        "parameter_index": 0,
    }


def _send(line: str) -> None:
    """A line that was meant for NNI's manager; the value in it is JSON once more."""
    import json

    metric = json.loads(line)
    _report(metric["type"], json.loads(metric["value"]))


def _report(kind: str, value: Any) -> None:
    if kind == "FINAL":
        trial.report_final_result(value)
    elif kind == "PERIODICAL":
        trial.report_intermediate_result(value)
