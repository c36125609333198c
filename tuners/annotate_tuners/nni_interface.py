"""What a custom tuner or assessor written for NNI imports: its base classes, and nothing behind them.

Where NNI itself is not importable, `install` puts stand-ins for `nni`, `nni.tuner`, `nni.assessor` and
`nni.utils` in its place, once.
"""

from __future__ import annotations

import enum
import importlib.util
import sys
import types
from typing import Any


class NoMoreTrialError(Exception):
    """A tuner has nothing more to try."""


class AssessResult(enum.Enum):
    """An assessor's verdict."""

    Good = True
    Bad = False


class OptimizeMode(enum.Enum):
    """NNI's word for a direction."""

    Minimize = "minimize"
    Maximize = "maximize"


class Recoverable:
    """NNI's base of both; nothing is recovered from files here, but from the study's history."""

    def load_checkpoint(self) -> None: ...

    def save_checkpoint(self) -> None: ...


class Tuner(Recoverable):
    """The base of a custom tuner."""

    def generate_parameters(self, parameter_id: int, **kwargs: Any) -> dict[str, Any]:
        raise NotImplementedError

    def generate_multiple_parameters(
        self, parameter_id_list: list[int], **kwargs: Any
    ) -> list[dict[str, Any]]:
        return [self.generate_parameters(parameter_id, **kwargs) for parameter_id in parameter_id_list]

    def receive_trial_result(self, parameter_id: int, parameters: Any, value: Any, **kwargs: Any) -> None: ...

    def trial_end(self, parameter_id: int, success: bool, **kwargs: Any) -> None: ...

    def update_search_space(self, search_space: dict[str, Any]) -> None: ...

    def import_data(self, data: list[dict[str, Any]]) -> None: ...


class Assessor(Recoverable):
    """The base of a custom assessor."""

    def assess_trial(self, trial_job_id: str, trial_history: list[Any]) -> AssessResult | bool:
        raise NotImplementedError

    def trial_end(self, trial_job_id: str, success: bool) -> None: ...


def extract_scalar_reward(value: Any, scalar_key: str = "default") -> float:
    """The number of a result that is a number or a dict with `default`."""
    return float(value[scalar_key] if isinstance(value, dict) else value)


def extract_scalar_history(trial_history: list[Any], scalar_key: str = "default") -> list[float]:
    """The numbers of intermediate results."""
    return [extract_scalar_reward(value, scalar_key) for value in trial_history]


class ClassArgsValidator:
    """What a tuner registered with nnictl describes its arguments by; here they are held against its signature."""


def install() -> None:
    """Make `import nni.tuner` work where NNI is not installed."""
    if "nni" in sys.modules or importlib.util.find_spec("nni") is not None:
        return
    package = types.ModuleType("nni")
    package.__path__ = []
    vars(package).update(NoMoreTrialError=NoMoreTrialError, ClassArgsValidator=ClassArgsValidator)
    sys.modules["nni"] = package
    parts: dict[str, dict[str, Any]] = {
        "tuner": {"Tuner": Tuner},
        "assessor": {"Assessor": Assessor, "AssessResult": AssessResult},
        "utils": {
            "ClassArgsValidator": ClassArgsValidator,
            "OptimizeMode": OptimizeMode,
            "extract_scalar_history": extract_scalar_history,
            "extract_scalar_reward": extract_scalar_reward,
        },
    }
    for name, members in parts.items():
        module = types.ModuleType(f"nni.{name}")
        vars(module).update(members)
        setattr(package, name, module)
        sys.modules[f"nni.{name}"] = module


def no_more_trial() -> type[BaseException]:
    """The class of NoMoreTrialError that the user's file imports."""
    found = getattr(sys.modules.get("nni"), "NoMoreTrialError", NoMoreTrialError)
    return found if isinstance(found, type) else NoMoreTrialError


def plain(value: Any) -> Any:
    """`value` with numpy's scalars as Python's own."""
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    return (
        value.item()
        if hasattr(value, "item") and not isinstance(value, (int, float, str))
        else (float(value) if isinstance(value, float) else value)
    )
