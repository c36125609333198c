"""A study as one HTML page: frozen values in, text out. It opens no file but its own style and scripts."""

from __future__ import annotations

from annotate.report.curves import chosen
from annotate.report.document import GENERATOR, axes_of, page
from annotate.report.fanova import Importance, Outcome, Refused, importance
from annotate.report.library import plotly_js
from annotate.report.subject import Confirmed, RunAgain, Subject

__all__ = [
    "GENERATOR", "Confirmed", "Importance", "Outcome", "Refused", "RunAgain", "Subject", "axes_of", "chosen", "importance", "page", "plotly_js",
]  # fmt: skip
