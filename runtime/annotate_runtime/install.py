"""Copies the trial side into a study's `lib/`, the one directory that trials have on their PYTHONPATH.

What is copied serves any Python from 3.9 on, needs nothing installed, and is never changed after the
study has begun. `redirects` says where the user's instrumented files are (see `redirect`).

    install_lib(study / "lib", Redirects(code_dir, study / "code", ("train.py", "models/net.py")))
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import cache_from_source
from pathlib import Path

from annotate_runtime.redirect import Mirror

TRIAL_SIDE = (
    "__init__.py",
    "encoding.py",
    "trial.py",
    "api.py",
    "reporter.py",
    "redirect.py",
    "tracebacks.py",
    "uncaught.py",
    "own_source.py",
    "as_written.py",
    "postmortem.py",
    "real_nni.py",
    "run_forkserver.py",
    "forkserver.py",
    "forksafety.py",
    "native_threads.py",
    "shared.py",
    "leaving.py",
    "generators.py",
    "threads.py",
)
AT_START = (
    "__init__.py",
    "encoding.py",
    "trial.py",
    "reporter.py",
    "redirect.py",
    "tracebacks.py",
    "own_source.py",
)
STAND_INS = ("sitecustomize.py", "dlkit_utils.py", "nni")


@dataclass(frozen=True)
class Redirects:
    """The user's code directory, its mirror, and the files (relative, with /) that are copied there.

    Whatever of them a trial runs or imports by its user's path, it gets from the mirror.
    """

    code_dir: Path
    mirror: Path
    files: tuple[str, ...]


def install_lib(into: Path, redirects: Redirects | None = None, *, nni: bool = True) -> Path:
    """Write the trial side into the directory `into`, made if need be; returns it, absolute.

    `nni=False` leaves the `nni` stand-in out, for a user who wants her own installed NNI.
    """
    here = Path(__file__).parent
    into = into.absolute()
    install_package(into)
    for name in TRIAL_SIDE:
        _copy_byte_code(here / name, into / "annotate_runtime" / name)
    for name in STAND_INS if nni else STAND_INS[:-1]:
        source = here / "stand_ins" / name
        if source.is_dir():
            shutil.copytree(
                source, into / name, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")
            )
        else:
            shutil.copyfile(source, into / name)
            _copy_byte_code(source, into / name)
    if redirects is not None:
        fields = [str(redirects.code_dir.absolute()), str(redirects.mirror.absolute()), *redirects.files]
        (into / "redirects").write_bytes(b"\0".join(map(os.fsencode, fields)))
    if sys.dont_write_bytecode:
        _compile(into)
    return into


def _copy_byte_code(source: Path, copy: Path) -> None:
    """Give a copied module the byte code that the original has for this Python; it names the original's time."""
    cached, wanted = Path(cache_from_source(str(source))), Path(cache_from_source(str(copy)))
    if cached.is_file():
        times = source.stat()
        os.utime(copy, ns=(times.st_atime_ns, times.st_mtime_ns))
        wanted.parent.mkdir(exist_ok=True)
        shutil.copyfile(cached, wanted)


def _compile(lib: Path) -> None:
    """Write the byte code of what every process imports: a trial that may not would compile it each time (5 ms)."""
    import py_compile

    for path in (lib / "sitecustomize.py", *(lib / "annotate_runtime" / name for name in AT_START)):
        if not _is_current(path):
            py_compile.compile(str(path), doraise=True)


def _is_current(module: Path) -> bool:
    """Whether there is byte code that names the module's time, as Python asks; its first four words tell."""
    try:
        header = Path(cache_from_source(str(module))).read_bytes()[:16]
    except FileNotFoundError:
        return False
    return int.from_bytes(header[8:12], "little") == int(module.stat().st_mtime)


def install_package(into: Path) -> None:
    """Write what instrumented code imports, and no more, into the directory `into`, made if need be."""
    here = Path(__file__).parent
    package = into / "annotate_runtime"
    package.mkdir(parents=True, exist_ok=True)
    for name in TRIAL_SIDE:
        shutil.copyfile(here / name, package / name)


def point_at(lib: Path, mirror: Path) -> None:
    """Have an installed `lib` redirect to the place to which its mirror has been moved."""
    path = lib / "redirects"
    code_dir, _, *files = path.read_bytes().split(b"\0")
    path.write_bytes(b"\0".join([code_dir, os.fsencode(mirror.absolute()), *files]))


def mirrored_command(command: tuple[str, ...], cwd: Path, mirror: Mirror) -> tuple[str, ...]:
    """The command with every argument that is a mirrored file, by its path, replaced by the copy.

    Saves a process its redirection (20 ms), and serves tools that read the script themselves, such as
    `python -m cProfile train.py`. The program itself is never replaced.
    """
    return (command[0], *(_mirrored(argument, cwd, mirror) for argument in command[1:]))


def _mirrored(argument: str, cwd: Path, mirror: Mirror) -> str:
    """`train.py`, or `--config=configs/a.py`, with the copy of the file."""
    option, equals, path = argument.rpartition("=")
    copy = mirror.to_mirror(str(cwd / path))
    return argument if copy is None else f"{option}{equals}{copy}"


def installed_nni(python: str) -> str | None:
    """Where NNI itself is installed for that interpreter, None where it is not; takes some 30 ms."""
    source = "import importlib.util as u; s = u.find_spec('nni'); print(s.origin if s else '')"
    found = subprocess.run([python, "-c", source], capture_output=True, text=True, check=False, cwd="/")
    return found.stdout.strip() or None
