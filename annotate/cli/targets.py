"""From the words behind `annotate run` to the command of a trial and the annotated script in it.

    train.py --epochs 3            python train.py --epochs 3
    torchrun --nproc-per-node 2 train.py    as it stands; the script is found among its arguments
    bash run.sh                    as it stands; the script is found in what run.sh says, and the others beside it
    sh -c "python a.py && python train.py"    likewise
    -m package.train               python -m package.train

Reading only. Refuses what names no Python script, saying which one was probably meant.
"""

from __future__ import annotations

import difflib
import itertools
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from annotate.annotations.api import imported
from annotate.errors import LaunchError, UsageError
from annotate.notebooks import python_name
from annotate.sources.above import importable

_IN_SHELL = re.compile(
    r"\bcd[ \t]+(?P<cd>[\w./~+-]+)|(?P<path>[\w./~+-]+\.py)\b|-m[ \t]+(?P<module>[A-Za-z_][\w.]*)"
)
LARGEST = 1 << 20  # bytes of a file that is searched for the name of a script
OLDEST = (3, 9)  # what the trial side runs on
PATIENCE = 60.0  # seconds for an interpreter to start, on a slow file system too
_NAME_ONE = "name one: --python .venv/bin/python"


@dataclass(frozen=True)
class Target:
    """What a trial runs. `command` names the script by the user's own path; `code_dir` is None for the script's.

    `others` are annotated files that the command names besides: scripts that it runs, configurations in Python.
    """

    script: Path
    command: tuple[str, ...]
    code_dir: Path | None = None
    others: tuple[Path, ...] = ()


def aim(words: Sequence[str], *, module: str | None, script: Path | None, python: str, cwd: Path) -> Target:
    """The target of these words; `script` names it where they do not. Raises UsageError, LaunchError."""
    try:
        return _aim(words, module=module, script=script, python=python, cwd=cwd)
    except OSError as error:
        raise UsageError(
            f"cannot read {error.filename}: {error.strerror}", remedy="check its permissions"
        ) from error


def _aim(words: Sequence[str], *, module: str | None, script: Path | None, python: str, cwd: Path) -> Target:
    if module is not None:
        found = (script, cwd) if script is not None else _module_file(module, cwd)
        if found is None:
            raise UsageError(
                f"there is no module {module} in {cwd}", remedy="run from the directory above the package"
            )
        return Target(existing(found[0]), (python, "-m", module, *words), found[1], _others(words))
    if not words:
        raise UsageError("no script is named", remedy="annotate run train.py --trials 20")
    first, *arguments = words
    if Path(first).suffix in (".yml", ".yaml") and Path(first).is_file():
        raise UsageError(f"{first} is no script", remedy=f"of NNI's? annotate nnictl create --config {first}")
    if _is_script(Path(first)):
        path = followed(Path(first))
        return Target(path, (python, python_name(str(path)), *arguments), others=_others(arguments))
    program = shutil.which(first)
    if program is None and any(word.endswith(".py") for word in arguments):
        raise UsageError(
            f"there is no program {first} on the PATH", remedy="activate the environment that has it"
        )
    if program is None:
        raise _missing(Path(first), "script or program")
    program = os.path.abspath(program)  # noqa: PTH100 - a link is not followed
    if script is not None:
        return Target(existing(script), (program, *arguments), others=_others(arguments))
    for (path, base), *rest in _candidates(words, cwd):
        others = tuple(other for other, _ in rest if _is_to_be_tuned(other.read_bytes()))
        return Target(path, (program, *arguments), base, (*others, *_others(arguments)))
    raise UsageError(
        f"no Python script is found in the command {shlex.join(words)}",
        remedy="name the annotated one: annotate run --script train.py -- " + shlex.join(words),
    )


def interpreter(given: Path | None, default: str) -> str:
    """The absolute path of the Python that trials run in; links stay, since a virtual environment is one.

    Raises LaunchError for one that trials cannot run in; our own is not asked.
    """
    found = default if given is None else shutil.which(given) or shutil.which(given.absolute())
    if found is None:
        raise LaunchError(f"--python {given}: there is no such interpreter", remedy=_NAME_ONE)
    path = os.path.abspath(found)  # noqa: PTH100 - a link is not followed
    if path != sys.executable:
        _refuse_unfit(path)
    return path


def _refuse_unfit(python: str) -> None:
    """Refuse what is no Python, or one too old for the trial side; takes some 10 ms."""
    try:
        asked = subprocess.run(
            [python, "-I", "-S", "-c", "import sys; print(*sys.version_info[:2])"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
        version = tuple(map(int, asked.stdout.split()))
    except (OSError, ValueError, subprocess.TimeoutExpired):
        version = ()
    if len(version) != len(OLDEST):
        raise LaunchError(f"{python} does not answer as a Python interpreter does", remedy=_NAME_ONE)
    if version < OLDEST:
        old, new = (".".join(map(str, each)) for each in (version, OLDEST))
        raise LaunchError(f"{python} is Python {old}; trials run on {new} or later", remedy=_NAME_ONE)


def _is_script(path: Path) -> bool:
    if path.suffix == ".py" or os.path.isdir(path):  # noqa: PTH112 - as in `_is_file`
        return True
    if not _is_file(path):
        return False
    with path.open("rb") as file:
        first = file.readline(200)
    if first.startswith(b"#!"):
        return b"python" in first and _is_to_be_tuned(path.read_bytes())
    return b"\0" not in first and not os.access(path, os.X_OK)


def _is_file(path: Path) -> bool:
    """Also asked of words that are longer than a file's name can be, which `Path` takes for a fault."""
    return os.path.isfile(path)  # noqa: PTH113


def _is_to_be_tuned(source: bytes) -> bool:
    """Tells a script of the user's from a program that happens to be written in Python, such as torchrun."""
    return re.search(rb"@nni\b", source) is not None or bool(imported(source))


def _others(arguments: Sequence[str]) -> tuple[Path, ...]:
    """The annotated Python files that are named as `configs/a.py` or `--config=configs/a.py`."""
    named = (Path(word.rpartition("=")[2]) for word in arguments if word.endswith(".py"))
    return tuple(path for path in named if _is_file(path) and _is_to_be_tuned(path.read_bytes()))


def existing(path: Path, command: str = "run") -> Path:
    """The path of a script that is there. Raises UsageError, which says what was probably meant."""
    if path.is_dir():
        raise UsageError(
            f"{path} is a directory", remedy=f"name the script in it: annotate {command} train.py"
        )
    if not path.is_file():
        raise _missing(path)
    return path


def followed(script: Path, command: str = "run") -> Path:
    """An existing script; for a link what it points to, since Python imports from beside that. Raises UsageError."""
    return existing(script.resolve() if script.is_symlink() else script, command)


def _missing(path: Path, what: str = "script") -> UsageError:
    names = [p.name for p in path.parent.glob("*.py")] if os.path.isdir(path.parent) else []  # noqa: PTH112 - as in `_is_file`
    near = difflib.get_close_matches(path.name, names, 1) or difflib.get_close_matches(
        f"{path.name}.py", names, 1
    )
    if near:
        return UsageError(f"there is no {what} {path}", remedy=f"did you mean {path.parent / near[0]}?")
    remedy = f"the scripts there are {', '.join(sorted(names)[:5])}" if names else "name a Python file"
    return UsageError(f"there is no {what} {path}", remedy=remedy)


_Found = tuple[Path, Path | None]
"""A script, and its code directory where that is known."""


def _candidates(words: Sequence[str], cwd: Path) -> Iterator[Sequence[_Found]]:
    """Scripts that the command names, the most certain first; those of one shell script together."""
    for flag, name in itertools.pairwise(words):
        if flag in ("-m", "--module") and (module := _module_file(name, cwd)):
            yield [module]
    yield from ([(Path(word), None)] for word in words[1:] if word.endswith(".py") and _is_file(Path(word)))
    for word in words:
        if (
            found := _named_in(word, Path(), cwd)
            if any(map(str.isspace, word))
            else _named_by(Path(word), cwd)
        ):
            yield sorted(found, key=_rank)


def _named_by(path: Path, cwd: Path) -> list[_Found]:
    if not _is_file(path) or path.stat().st_size > LARGEST:
        return []
    return _named_in(path.read_bytes().decode("utf-8", "replace"), path.parent, cwd)


def _named_in(shell: str, beside: Path, cwd: Path) -> list[_Found]:
    """The scripts that this shell code names: by a path from where it has gone, from here, or from where it lies."""
    found: dict[Path, Path | None] = {}
    gone = Path()
    for match in _IN_SHELL.finditer(shell):
        if match["cd"]:
            gone /= Path(match["cd"]).expanduser()
            continue
        if match["module"]:
            root = cwd / gone
            if module := _module_file(match["module"], root):
                found.setdefault(*module)
            continue
        path = Path(match["path"]).expanduser()
        for base in (gone, Path(), beside):
            if (base / path).is_file():
                found.setdefault(base / path, None)
                break
    return list(found.items())


def _rank(found: _Found) -> tuple[bool, bool]:
    """The one that reports comes first, then what is annotated."""
    source = found[0].read_bytes()
    return b"report_final_result" not in source, b"nni" not in source


def _module_file(module: str, cwd: Path) -> _Found | None:
    """The file that `python -m module` runs from `cwd`, and the directory above its package; None where it is not there."""
    for above in (cwd, *importable(cwd, cwd)):
        base = above.joinpath(*module.split("."))
        for path in (base / "__main__.py", base.with_name(f"{base.name}.py")):
            if path.is_file():
                return path, above
    return None
