"""A study as JSON, and its trials as JSON lines; and both read back.

    {"format": "annotate-study", "version": 1, "study": {"metric": "acc", "space": {...}, ...},
     "trials": [{"number": 0, "state": "succeeded", "parameters": {...}, "value": 0.9, "metrics": [...], ...}]}

A line of JSON lines is one of the trials. NaN and the infinities, which JSON does not have, are words.
What is read back and written again is the same text.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from annotate.errors import UsageError
from annotate.export.record import StudyRecord
from annotate.storage import StudyMeta
from annotate.trial import FailureReason, Json, Measurement, Trial, TrialState

FORMAT: Final = "annotate-study"
VERSION: Final = 1
_OF_THE_MACHINE = frozenset({"code_dir", "cwd", "python", "slots", "start", "nni", "flags"})
"""Facts that mean nothing elsewhere, and that nobody who passes results on wants to give away."""


def document(record: StudyRecord) -> dict[str, Json]:
    """The whole study."""
    facts = {k: v for k, v in dataclasses.asdict(record.meta).items() if k not in _OF_THE_MACHINE}
    facts["script"] = Path(record.meta.script).name
    facts["command"] = [Path(word).name if word.startswith("/") else word for word in record.meta.command]
    return {
        "format": FORMAT,
        "version": VERSION,
        "study": facts,
        "trials": [trial_document(t) for t in record.trials],
    }


def as_json(record: StudyRecord) -> str:
    """The document as text."""
    return json.dumps(document(record), indent=2, ensure_ascii=False) + "\n"


def as_lines(record: StudyRecord) -> str:
    """One trial a line, each with the metrics of its study and which way they are better."""
    objectives = [dataclasses.asdict(objective) for objective in record.meta.objectives]
    return "".join(
        json.dumps({**trial_document(t), "objectives": objectives}, ensure_ascii=False) + "\n"
        for t in record.trials
    )


def trial_document(trial: Trial) -> dict[str, Json]:
    """A trial with all that it reported."""
    return {
        "number": trial.number,
        "state": trial.state.value,
        "reason": trial.reason.value if trial.reason else None,
        "message": trial.message,
        "baseline": trial.baseline,
        "parameters": dict(trial.params),
        "unread": sorted(trial.unread),
        "value": finite(trial.value),
        "values": [finite(value) for value in trial.values],
        "metrics": [
            {
                "step": m.step,
                "time": m.time,
                "final": m.final,
                "values": {k: finite(v) for k, v in m.values.items()},
            }
            for m in trial.measurements
        ],
        "start": trial.started,
        "end": trial.ended,
        "exit_code": trial.exit_code,
        "gpus": list(trial.gpus),
        "attempt": trial.attempt,
    }


def finite(value: float | None) -> float | str | None:
    """JSON has no NaN and no infinity: they are written as words."""
    return value if value is None or value - value == 0 else str(value)


def trial_from(entry: Mapping[str, Json], where: str) -> Trial:
    """The trial of such a document; `where` is its place in the file. Raises UsageError."""
    try:
        values = [float(value) for value in entry.get("values", [])]
        value = entry["value"]
        return Trial(
            number=int(entry["number"]),
            params=dict(entry["parameters"]),
            state=TrialState(entry["state"]),
            baseline=bool(entry.get("baseline", False)),
            value=None if value is None else float(value),
            further=tuple(values[1:]),
            measurements=tuple(map(_measurement, entry.get("metrics", []))),
            started=entry.get("start"),
            ended=entry.get("end"),
            reason=FailureReason(entry["reason"]) if entry.get("reason") else None,
            message=entry.get("message"),
            exit_code=entry.get("exit_code"),
            gpus=tuple(entry.get("gpus") or ()),
            unread=frozenset(entry.get("unread", ())),
            attempt=int(entry.get("attempt", 1)),
        )
    except KeyError as error:
        raise UsageError(
            f"{where}: a trial without {error}", remedy="import what `annotate export` wrote"
        ) from error
    except (TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"{where}: {error}", remedy="import what `annotate export` wrote") from error


def study_from(facts: Mapping[str, Json], where: str) -> StudyMeta:
    """The study of a document. Raises UsageError."""
    gone: dict[str, Any] = {"code_dir": "", "cwd": ""}
    try:
        return StudyMeta.from_json({**gone, **facts})
    except (TypeError, AttributeError) as error:
        raise UsageError(
            f"{where}: its study is not understood: {error}",
            remedy="import what `annotate export --to json` wrote",
        ) from error


def _measurement(entry: Mapping[str, Json]) -> Measurement:
    return Measurement(
        step=int(entry["step"]),
        time=float(entry["time"]),
        values={str(key): float(value) for key, value in entry["values"].items()},
        final=bool(entry["final"]),
    )
