"""Talking to the host that runs a study, from another terminal of the same user.

The host listens on a Unix socket in the study's directory, which nobody else may enter; there is no
network socket. One request is one JSON line, its answer another. Nothing of it is evaluated.

>>> send(folder.socket, Update({"trials": 40}))
>>> send(folder.socket, Kill(7))
annotate.errors.UsageError: trial 7 has ended: succeeded
>>> ask(folder.socket).waiting
{8: 'GPU 2: pid 4711, python, 31.2 GB of 40'}
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

from typing_extensions import assert_never

from annotate.errors import AnnotateError, UsageError
from annotate.study.standing import Standing
from annotate.trial import Json

TIMEOUT = 5.0  # seconds that a host may take to answer
PATIENCE = 0.25  # seconds that one who looks again soon waits for an answer
LONGEST = 100  # bytes of a socket's path; the kernel refuses more than 107


@dataclass(frozen=True)
class Stop:
    """End the study cleanly, or at once."""

    at_once: bool = False


@dataclass(frozen=True)
class Kill:
    """End one trial."""

    number: int


@dataclass(frozen=True)
class Update:
    """Change budgets or jobs, by the names of `StudyOptions`."""

    changes: Mapping[str, Json]


@dataclass(frozen=True)
class Ask:
    """Tell how the study stands."""


Request: TypeAlias = Stop | Kill | Update | Ask
_KINDS: Mapping[str, type[Request]] = {kind.__name__.lower(): kind for kind in (Stop, Kill, Update, Ask)}
_STRANGE = "the request is not understood: another version of annotate runs the study"
_JSON: Mapping[str, type] = {"at_once": bool, "number": int, "changes": dict}


class Controlled(Protocol):
    """What of a study can be asked from outside."""

    def stop(self, why: str) -> None: ...
    def abort(self, why: str) -> None: ...
    def kill(self, number: int) -> None: ...
    def update(self, changes: Mapping[str, Json]) -> None: ...
    def standing(self) -> Standing: ...


def carry_out(study: Controlled, request: Request) -> Mapping[str, Json]:
    """Do what is asked; returns what there is to say. Raises UsageError, and StorageError of the study's own."""
    match request:
        case Stop(at_once=True):
            study.abort("you stopped it at once, from another terminal")
        case Stop():
            study.stop("you stopped it from another terminal")
        case Kill(number):
            study.kill(number)
        case Update(changes):
            study.update(changes)
        case Ask():
            return study.standing().to_json()
        case _:
            assert_never(request)
    return {}


def encode(request: Request) -> bytes:
    """One line."""
    return json.dumps({"do": type(request).__name__.lower(), **asdict(request)}).encode() + b"\n"


def decode(line: bytes) -> Request:
    """What `encode` wrote. Raises UsageError."""
    try:
        document = json.loads(line)
        request = _KINDS[document.pop("do")](**document)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise UsageError(_STRANGE) from error
    if not all(isinstance(value, _JSON[name]) for name, value in document.items()):
        raise UsageError(_STRANGE)
    return request


@asynccontextmanager
async def listening(study: Controlled, path: Path) -> AsyncIterator[None]:
    """Carry out what comes to the socket at `path`, while the block runs. The study's lock must be held."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                writer.write(json.dumps(_answer(study, line)).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, ValueError):
            pass
        finally:
            writer.close()

    with _bound(path) as bound:
        server = await asyncio.start_unix_server(serve, sock=bound)
        try:
            yield
        finally:
            server.close()


def send(path: Path, request: Request) -> None:
    """Have the host of the study do something. Raises UsageError when there is none or it refuses."""
    try:
        answer = _exchange(path, request, TIMEOUT)
    except TimeoutError as error:
        raise UsageError(
            f"the host of {path.parent.name} does not answer", remedy="is it suspended? `fg` wakes it"
        ) from error
    except OSError as error:
        raise UsageError(
            f"{path.parent.name} is not running", remedy="`annotate resume` runs it on"
        ) from error
    if "error" in answer:
        raise UsageError(answer["error"], remedy=answer.get("remedy"))


def ask(path: Path) -> Standing | None:
    """How the study stands; None where its host does not say so at once: it is suspended, or another version."""
    try:
        return Standing.from_json(_exchange(path, Ask(), PATIENCE))
    except (OSError, TypeError, ValueError):
        return None


def _exchange(path: Path, request: Request, timeout: float) -> Mapping[str, Json]:
    with _short(path) as address, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout)
        connection.connect(address)
        connection.sendall(encode(request))
        with connection.makefile("rb") as answers:
            line = answers.readline()
    if not line:
        raise ConnectionResetError("the host has gone")
    answer = json.loads(line)
    if not isinstance(answer, dict):
        raise TypeError("no answer of a host")
    return answer


def _answer(study: Controlled, line: bytes) -> Mapping[str, Json]:
    try:
        return {"ok": True, **carry_out(study, decode(line))}
    except AnnotateError as error:
        return {"error": error.message, "remedy": error.remedy}


@contextmanager
def _bound(path: Path) -> Iterator[socket.socket]:
    """A socket at `path`; one that a killed host left there is in nobody's way."""
    path.unlink(missing_ok=True)
    with _short(path) as address, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as bound:
        bound.bind(address)
        path.chmod(0o600)
        try:
            yield bound
        finally:
            path.unlink(missing_ok=True)


@contextmanager
def _short(path: Path) -> Iterator[str]:
    """An address of the socket that is short enough: as it is, from here, or by way of an open directory."""
    candidates = [str(path.absolute()), os.path.relpath(path)]
    address = min(candidates, key=len)
    if len(os.fsencode(address)) <= LONGEST:
        yield address
        return
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{directory}/{path.name}"
    finally:
        os.close(directory)
