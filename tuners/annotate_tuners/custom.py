"""A tuner or assessor in a user's own file: `path/to/file.py:Class`, ours or NNI's.

A class with `propose` is an algorithm of ours, one with `suggest` a whole tuner, one with
`generate_parameters` a tuner of NNI's, one with `assess_trial` an assessor of NNI's. A file may import
`nni.tuner`, `nni.assessor` and `nni.utils` whether or not NNI is installed.
"""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotate_tuners import nni_interface
from annotate_tuners.errors import InvalidArguments, MissingPackage, UnknownName
from annotate_tuners.pruner import Continue, Curve, Stop, Verdict
from annotate_tuners.tuner import Direction, Observation, SpaceExhausted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annotate_tuners.space import Params, SearchSpace


def is_custom(name: str) -> bool:
    """Whether `name` is that of a file and a class."""
    return ".py:" in name


def load_class(name: str) -> type[Any]:
    """The class of `path/to/file.py:Class`. Raises UnknownName, MissingPackage."""
    path, _, class_name = name.rpartition(":")
    file = Path(path).expanduser().resolve()
    if not file.is_file():
        raise UnknownName(f"there is no file {path}")
    module_name = f"_annotate_custom_{hashlib.sha256(str(file).encode()).hexdigest()[:12]}"
    spec = importlib.util.spec_from_file_location(module_name, file)
    if spec is None or spec.loader is None:
        raise UnknownName(f"{path} is no Python file")
    nni_interface.install()
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    sys.path.insert(0, str(file.parent))
    try:
        spec.loader.exec_module(module)
    except ImportError as error:
        package = (error.name or "").partition(".")[0]
        install = f"; it runs in annotate's own Python: {sys.executable} -m pip install {package}"
        raise MissingPackage(f"{path}: {error}{install if package else ''}") from error
    finally:
        sys.path.remove(str(file.parent))
    found = getattr(module, class_name, None)
    if not inspect.isclass(found):
        classes = ", ".join(
            n for n, c in vars(module).items() if inspect.isclass(c) and c.__module__ == module_name
        )
        raise UnknownName(f"{path} has no class {class_name!r}; it has {classes or 'none'}")
    return found


def nni_arguments(
    custom: type[Any], direction: Direction, class_args: dict[str, Any], seed: int | None = None
) -> dict[str, Any]:
    """`class_args` with the study's `optimize_mode` and `seed`, where the class takes them and has not got them."""
    takes = inspect.signature(custom).parameters
    known = {"optimize_mode": direction, "seed": seed}
    return {
        **{name: value for name, value in known.items() if name in takes and value is not None},
        **class_args,
    }


class NniTuner:
    """NNI's `Tuner`, unchanged, as a tuner of ours."""

    def __init__(self, space: SearchSpace, tuner: Any) -> None:
        self._tuner = tuner
        self._given: dict[int, Params] = {}
        tuner.update_search_space(space.to_json())

    def suggest(self, number: int) -> Params:
        try:
            given = self._tuner.generate_parameters(number)
        except nni_interface.no_more_trial() as error:
            raise SpaceExhausted(str(error) or "the tuner has no more trials") from error
        if not isinstance(given, dict):
            raise InvalidArguments(f"{type(self._tuner).__name__} gave {given!r}, which is no dict")
        params: Params = nni_interface.plain(given)
        self._given[number] = params
        return params

    def pending(self, number: int, params: Params) -> None:
        """NNI's tuners have no word for this: the trial is told when it has finished."""

    def observe(self, observation: Observation) -> None:
        number, value = observation.number, observation.value
        given = self._given.pop(number, None)
        if given is None:
            if value is not None:
                self._tuner.import_data([{"parameter": dict(observation.params), "value": value}])
            return
        if value is not None:
            self._tuner.receive_trial_result(number, given, value)
        self._tuner.trial_end(number, success=value is not None)

    def forget(self, number: int) -> None:
        if self._given.pop(number, None) is not None:
            self._tuner.trial_end(number, success=False)


class NniAssessor:
    """NNI's `Assessor`, unchanged, as a pruner of ours."""

    def __init__(self, assessor: Any) -> None:
        self._assessor = assessor
        self._ended: set[int] = set()

    def decide(self, others: Sequence[Curve], curve: Curve) -> Verdict:
        for other in others:
            if other.completed and other.number not in self._ended:
                self._ended.add(other.number)
                self._assessor.trial_end(str(other.number), success=True)
        result = self._assessor.assess_trial(str(curve.number), list(curve.values))
        good = result if isinstance(result, bool) else getattr(result, "name", "") == "Good"
        return Continue() if good else Stop(f"{type(self._assessor).__name__} called it bad")
