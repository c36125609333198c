"""MLhub's `dlkit_utils`, by annotate: the same trial API under MLhub's names."""

from __future__ import annotations

from annotate_runtime.api import get_next_parameter as get_parameter
from annotate_runtime.api import report_final_result, report_intermediate_result
from annotate_runtime.trial import trial

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["get_parameter", "report_final_result", "report_intermediate_result", "report_loss"]


def report_loss(loss: Any) -> None:
    """Report a loss beside the metric: the key `loss`, with steps of its own."""
    trial.report_intermediate_result({"loss": loss})
