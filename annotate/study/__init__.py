"""The loop of a study, and the values it takes and gives."""

from __future__ import annotations

from annotate.study.direction import infer_direction
from annotate.study.events import (
    Listener,
    Notice,
    StudyEnded,
    StudyEvent,
    TrialEnded,
    TrialReported,
    TrialRetried,
    TrialStarted,
    TrialWaiting,
)
from annotate.study.failures import OnFailure, parse_on_failure
from annotate.study.launching import Launcher, LaunchPlan
from annotate.study.options import StudyOptions, parse_duration
from annotate.study.slots import MachineSlots, SlotOptions
from annotate.study.snapshot import GpuReading, Machine, StudySnapshot
from annotate.study.study import Study

__all__ = [
    "GpuReading", "LaunchPlan", "Launcher", "Listener", "Machine", "MachineSlots", "Notice", "OnFailure", "SlotOptions", "Study", "StudyEnded",
    "StudyEvent", "StudyOptions", "StudySnapshot", "TrialEnded", "TrialReported", "TrialRetried", "TrialStarted",
    "TrialWaiting",
    "infer_direction", "parse_duration", "parse_on_failure",
]  # fmt: skip
