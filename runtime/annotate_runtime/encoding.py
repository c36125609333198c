"""One line of a trial's `reports` file, as the trial writes it. `protocol` reads the same lines back.

Apart from `protocol` because it is imported by every trial: no dataclasses, no typing, no json, which
together cost a process 25 ms. Refuses nothing: what a number is has been settled by the caller.

>>> measurement("final", 12.5, 0, {"default": 0.9})
b'{"kind": "final", "time": 12.5, "step": 0, "values": {"default": 0.9}}\\n'
"""

from __future__ import annotations

from _json import encode_basestring_ascii as _quoted
from _json import make_scanner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def measurement(kind: str, time: float, step: int, values: dict[str, float]) -> bytes:
    """An intermediate or final result. NaN and infinity are written as Python's json writes them."""
    pairs = ", ".join([f"{_quoted(key)}: {_number(value)}" for key, value in values.items()])
    return f'{{"kind": "{kind}", "time": {time!r}, "step": {step}, "values": {{{pairs}}}}}\n'.encode()


def read(key: str) -> bytes:
    """The script asked for the parameter `key` for the first time."""
    return f'{{"kind": "read", "key": {_quoted(key)}}}\n'.encode()


def event(fields: dict[str, str | float]) -> bytes:
    """One line of the fork server's to the launcher."""
    pairs = [
        f"{_quoted(key)}: {_quoted(value) if isinstance(value, str) else repr(value)}"
        for key, value in fields.items()
    ]
    return f"{{{', '.join(pairs)}}}\n".encode()


def _number(value: float) -> str:
    text = float.__repr__(value)
    return _SPECIAL.get(text, text)


_SPECIAL = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


def parsed(text: str) -> dict[str, Any]:
    """A JSON object, read without importing `json`, which costs a process 7 ms."""
    document: dict[str, Any]
    document, _ = _scan(text, 0)
    return document


class _Scan:
    """What the scanner of the `json` module is told by it."""

    strict = True
    object_hook = object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": -float("inf")}.__getitem__
    memo: dict[str, str] = {}  # noqa: RUF012 - the scanner's own


_scan = make_scanner(_Scan)  # type: ignore[arg-type]
