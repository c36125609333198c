"""NNI's config.yml, version 1 and 2, read into an `Experiment`.

Version 1 is mapped to version 2 field by field, so there is one reading of both. A field that NNI knows and that means
nothing here is passed over and named; one that NNI does not know is refused with the nearest that it does.

>>> read_config(Path("config.yml")).command
'python3 train.py'
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from annotate.documents import from_yaml
from annotate.errors import UsageError
from annotate.nni.experiment import Algorithm, Experiment

T = TypeVar("T")

VERSION_1 = {
    "searchSpacePath": "searchSpaceFile",
    "maxExecDuration": "maxExperimentDuration",
    "maxTrialNum": "maxTrialNumber",
    "logDir": "experimentWorkingDirectory",
    "trainingServicePlatform": "trainingService.platform",
    "trial.command": "trialCommand",
    "trial.codeDir": "trialCodeDirectory",
    "trial.gpuNum": "trialGpuNumber",
    "localConfig.gpuIndices": "trainingService.gpuIndices",
    "localConfig.maxTrialNumPerGpu": "trainingService.maxTrialNumberPerGpu",
    "localConfig.useActiveGpu": "trainingService.useActiveGpu",
    **{
        f"{each}.{old}": f"{each}.{new}"
        for each, name in (
            ("tuner", "builtinTunerName"),
            ("assessor", "builtinAssessorName"),
            ("advisor", "builtinAdvisorName"),
        )
        for old, new in ((name, "name"), ("codeDir", "codeDirectory"))
    },
}
"""What a field of version 1 is called in version 2."""

_ALGORITHM = ("name", "className", "classFileName", "codeDirectory", "classArgs")
HEEDED = {
    "searchSpaceFile", "searchSpace", "trialCommand", "trialCodeDirectory", "trialConcurrency", "trialGpuNumber",
    "maxExperimentDuration", "maxTrialNumber", "maxTrialDuration", "useAnnotation", "trainingService.platform",
    "trainingService.gpuIndices", "trainingService.maxTrialNumberPerGpu", "trainingService.useActiveGpu",
    *(f"{each}.{field}" for each in ("tuner", "assessor", "advisor") for field in _ALGORITHM),
}  # fmt: skip
IGNORED = {
    "authorName", "experimentName", "description", "experimentWorkingDirectory", "nniManagerIp", "logLevel", "debug",
    "versionCheck", "logCollection", "multiPhase", "multiThread", "nniManagerPort", "tunerGpuIndices", "sharedStorage",
    "experimentType", "trainingService.trialGpuNumber", "trainingService.trialCommand",
    "trainingService.trialCodeDirectory", "trainingService.debug",
    *(f"{each}.{field}" for each in ("tuner", "assessor", "advisor") for field in ("gpuIndices", "includeIntermediateResults", "gpuNum")),
}  # fmt: skip
_SECTIONS = ("tuner", "assessor", "advisor", "trainingService", "trial", "localConfig")
LOCAL = "local"


def read_config(path: Path) -> Experiment:
    """The experiment of a file; its paths are relative to it. Raises UsageError."""
    try:
        document = from_yaml(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", remedy="name a config.yml") from error
    except ValueError as error:
        raise UsageError(f"{path} is no YAML: {error}", remedy="mend it") from error
    if not isinstance(document, dict):
        raise UsageError(f"{path} is no config of NNI's", remedy="it holds fields such as trialCommand")
    return _Reading(path, document).experiment()


class _Reading:
    """One file's fields by their names in version 2, `tuner.name`, with what each was called in the file."""

    def __init__(self, path: Path, document: Mapping[str, Any]) -> None:
        self._path = path
        self._base = path.absolute().parent
        self._fields: dict[str, Any] = {}
        self._called: dict[str, str] = {}
        self._refuse_other_platforms(document)
        for name, value in _flat(document):
            known = VERSION_1.get(name, name)
            if known not in HEEDED | IGNORED:
                raise self._unknown(name)
            self._fields[known], self._called[known] = value, name

    def experiment(self) -> Experiment:
        """All of it, checked."""
        command = self._text("trialCommand")
        if not command:
            raise self._refused("no command of a trial is named", "write trialCommand: python3 train.py")
        tuner, advisor = self._algorithm("tuner"), self._algorithm("advisor")
        if tuner and advisor:
            raise self._refused("it names a tuner and an advisor", "leave one out")
        return Experiment(
            command,
            self._inside(self._text("trialCodeDirectory") or "."),
            space=self._space(),
            jobs=self._number("trialConcurrency"),
            trials=self._number("maxTrialNumber"),
            max_duration=self._duration("maxExperimentDuration"),
            trial_duration=self._duration("maxTrialDuration"),
            tuner=tuner or advisor,
            assessor=self._algorithm("assessor"),
            gpus_per_trial=self._number("trialGpuNumber", least=0),
            gpus=self._gpus(),
            trials_per_gpu=self._number("trainingService.maxTrialNumberPerGpu"),
            use_busy_gpus=self._flag("trainingService.useActiveGpu"),
            ignored=tuple(self._called[name] for name in self._fields if name in IGNORED),
        )

    def _space(self) -> Path | Mapping[str, Any] | None:
        inline = self._of("searchSpace", dict, "a search space")
        if self._flag("useAnnotation"):
            return None
        if inline is not None:
            return inline
        path = self._text("searchSpaceFile")
        return self._inside(path) if path else None

    def _algorithm(self, which: str) -> Algorithm | None:
        arguments = self._of(f"{which}.classArgs", dict, "arguments by their names") or {}
        name, custom = self._text(f"{which}.name"), self._text(f"{which}.className")
        if name and not custom:
            return Algorithm(name, arguments)
        if not custom:
            if any(field.startswith(f"{which}.") for field in self._fields):
                raise self._refused(f"its {which} has no name", f"write {which}: name: ...")
            return None
        if which == "advisor":
            raise self._refused(
                f"its advisor {custom} speaks to NNI's manager, which is not here",
                "write it as a tuner, which generates parameters and receives results",
            )
        *modules, cls = custom.split(".")
        file = self._text(f"{which}.classFileName") or "/".join(modules) + ".py"
        if file == ".py":
            raise self._refused(f"{which}: {custom} names no module", f"write className: module.{cls}")
        return Algorithm(
            f"{self._inside(self._text(f'{which}.codeDirectory') or '.') / file}:{cls}", arguments
        )

    def _gpus(self) -> str | None:
        value = self._fields.get("trainingService.gpuIndices")
        if value is None:
            return None
        indices = value if isinstance(value, list) else str(value).split(",")
        if not indices or not all(re.fullmatch(r"\s*\d+\s*", str(each)) for each in indices):
            raise self._wrong("trainingService.gpuIndices", value, "0, or 0,2")
        return ",".join(str(each).strip() for each in indices)

    def _duration(self, name: str) -> str | None:
        value = self._fields.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not re.fullmatch(r"\d+(\.\d+)?\s*[smhd]?", str(value).strip()):
            raise self._wrong(name, value, "90s, 10m, 1h or 2d")
        written = str(value).replace(" ", "")
        return written if written[-1].isalpha() else f"{written}s"

    def _number(self, name: str, *, least: int = 1) -> int | None:
        value = self._of(name, int, "a whole number")
        if value is not None and (isinstance(value, bool) or value < least):
            raise self._wrong(name, value, f"a whole number, {least} or more")
        return value

    def _flag(self, name: str) -> bool:
        return bool(self._of(name, bool, "true or false"))

    def _text(self, name: str) -> str:
        return self._of(name, str, "text") or ""

    def _of(self, name: str, kind: type[T], told: str) -> T | None:
        value = self._fields.get(name)
        if value is not None and not isinstance(value, kind):
            raise self._wrong(name, value, told)
        return value

    def _inside(self, path: str) -> Path:
        return self._base / Path(path).expanduser()

    def _refuse_other_platforms(self, document: Mapping[str, Any]) -> None:
        """First of all: the fields of another platform are none of ours."""
        service = document.get("trainingService")
        several = service if isinstance(service, list) else [service]
        named = [each.get("platform") for each in several if isinstance(each, dict)]
        for platform in (document.get("trainingServicePlatform"), *named):
            if platform not in (None, LOCAL):
                raise self._refused(
                    f"its platform is {platform}, and trials run on this machine here",
                    "write local for the platform, and take the fields of the other one out",
                )

    def _unknown(self, name: str) -> UsageError:
        near = difflib.get_close_matches(name, [*VERSION_1, *HEEDED, *IGNORED], 1)
        remedy = f"did you mean {near[0]}?" if near else "take it out"
        return self._refused(f"NNI knows no field {name}", remedy)

    def _wrong(self, name: str, value: object, told: str) -> UsageError:
        called = self._called[name]
        return self._refused(f"{called} is {value!r}", f"write {called.rpartition('.')[2]}: {told}")

    def _refused(self, what: str, remedy: str) -> UsageError:
        return UsageError(f"{self._path}: {what}", remedy=remedy)


def _flat(document: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """Fields of sections as `section.field`; an empty section is none, a list of one section is that."""
    for name, given in document.items():
        value = given[0] if name in _SECTIONS and isinstance(given, list) and len(given) == 1 else given
        if name not in _SECTIONS:
            yield str(name), value
        elif isinstance(value, dict):
            yield from ((f"{name}.{field}", each) for field, each in value.items())
        elif value is not None:
            yield f"{name}.{value}", None
