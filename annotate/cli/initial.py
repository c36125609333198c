"""Points that a study begins with: `--init lr=0.01,batch=32`, a trial of another study, or a file.

A file holds one object of parameters or several: JSON, JSON lines or YAML; what `annotate best --format json`
and `annotate export` write, and NNI's parameter.cfg. Of exported trials, those that succeeded are meant.

>>> [given.values for given in read("lr=0.01,act=relu")]
[{'lr': '0.01', 'act': 'relu'}]
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from annotate.cli.finding import named, opened
from annotate.cli.naming import parts
from annotate.documents import from_yaml
from annotate.errors import UsageError
from annotate.storage import studies
from annotate.study.points import Given
from annotate.study.warming import ran_with
from annotate.trial import Json, TrialState

_PAIRS = re.compile(r"\s*[^\s=,]+\s*=")
_FORMS = "write lr=0.01,batch=32, the number of a trial, or the name of a file of parameters"


def read(text: str) -> list[Given]:
    """The points that an `--init` stands for. Raises UsageError."""
    path = Path(text).expanduser()
    if path.is_file():
        return list(_of_file(path))
    if _PAIRS.match(text):
        return [Given(text, _pairs(text), typed_in=True)]
    trial = named(text, None)
    if trial is None and text in (folder.id for folder in studies(Path.cwd())):
        raise UsageError(f"--init {text}: that is a study", remedy=f"name a trial of it: --init {text}-0")
    if trial is None:
        raise UsageError(f"--init {text}: there is no such file, and it is no point", remedy=_FORMS)
    with opened(trial[0]) as (folder, store, meta):
        found = store.trial(trial[1])
    return [Given(f"{folder.id}-{found.number}", ran_with(found, meta), foreign=True)]


def _pairs(text: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for part in parts(text):
        name, equals, value = (word.strip() for word in part.partition("="))
        if not equals or not name or not value:
            raise UsageError(f"--init {text}: {part.strip()!r} is not understood", remedy=_FORMS)
        if name in pairs:
            raise UsageError(f"--init {text}: {name} is given twice")
        pairs[name] = value
    return pairs


def _of_file(path: Path) -> Iterator[Given]:
    try:
        documents = _documents(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"--init {path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise UsageError(f"--init {path}: it is neither JSON nor YAML: {error}") from error
    points = [point for number, document in enumerate(documents) if (point := _point(path, number, document))]
    if not points:
        raise UsageError(f"--init {path}: it holds no point", remedy='write {"lr": 0.01}, or a list of such')
    yield from points


def _documents(text: str) -> list[Json]:
    """What a file holds, one or several. Raises ValueError."""
    try:
        document = json.loads(text)
    except ValueError:
        lines = [line for line in text.splitlines() if line.strip()]
        try:
            return [json.loads(line) for line in lines]
        except ValueError:
            document = from_yaml(text)
    if isinstance(document, dict) and isinstance(document.get("trials"), list):
        document = document["trials"]
    return document if isinstance(document, list) else [document]


def _point(path: Path, number: int, document: Json) -> Given | None:
    """The point of one object, None of an exported trial that came to nothing."""
    if not isinstance(document, dict):
        raise UsageError(
            f"--init {path}: {json.dumps(document, default=str)[:40]} is no object of parameters"
        )
    said = f"{path}" if number == 0 else f"{path} ({number + 1})"
    parameters = document.get("parameters")
    if not isinstance(parameters, dict):
        return Given(said, document)
    if document.get("state", TrialState.SUCCEEDED.value) != TrialState.SUCCEEDED.value:
        return None
    return Given(said, parameters, foreign=True)
