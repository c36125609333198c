"""One file at a time: its annotations found, matched to what they change, and carried out."""

from annotate.instrument.instrumenting import Instrumented, instrument
from annotate.instrument.sites import ConstraintSite, ReportSite, VariableSite

__all__ = ["ConstraintSite", "Instrumented", "ReportSite", "VariableSite", "instrument"]
