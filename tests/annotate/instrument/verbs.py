"""The two verbs of these tests, and a trial that stands in for the real one."""

from __future__ import annotations

import contextlib
import io
import sys
import types
from collections.abc import Iterator, Mapping
from typing import Any

from annotate.instrument import Instrumented, instrument

HEADER = "from annotate_runtime.trial import trial as _annotate_trial; "


def read(source: str, module: str = "m") -> Instrumented:
    """Instrument a source of text."""
    return instrument(source.encode(), module, "m.py")


def codes(source: str) -> list[str]:
    """The codes of a source's diagnostics, in order."""
    return [d.code for d in read(source).diagnostics]


def check_transformed(before: str, after: str) -> Instrumented:
    """`before` is instrumented to `after`, where `T` is the trial and the import is left out."""
    done = read(before)
    assert not [d for d in done.diagnostics if d.code.startswith("E")], done.diagnostics
    text = done.code.decode().replace(HEADER, "", 1).replace("; " + HEADER.rstrip("; "), "", 1)
    text = text.replace('__import__("annotate_runtime.trial", None, None, ["trial"]).trial', "T")
    assert text.replace("_annotate_trial", "T") == after
    compile(done.code, "m.py", "exec")
    assert done.code.count(b"\n") == before.encode().count(b"\n")
    assert instrument(done.code, "m", "m.py").code == done.code
    return done


def check_noop(source: str | bytes) -> Instrumented:
    """A source comes back byte for byte, with nothing in its space."""
    data = source if isinstance(source, bytes) else source.encode()
    done = instrument(data, "m", "m.py")
    assert done.code == data
    assert not done.variables
    return done


class FakeTrial(dict[str, Any]):
    """A trial of given parameters; it keeps what is reported."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        super().__init__(params)
        self.reports: list[tuple[str, Any]] = []

    def chose(self, key: str, option: Any) -> bool:
        return key in self and type(self[key]) is type(option) and self[key] == option

    def report_intermediate_result(self, value: Any) -> None:
        self.reports.append(("intermediate", value))

    def report_final_result(self, value: Any) -> None:
        self.reports.append(("final", value))


@contextlib.contextmanager
def in_trial(params: Mapping[str, Any]) -> Iterator[FakeTrial]:
    """Let instrumented code find a trial of these parameters."""
    trial = FakeTrial(params)
    module = types.ModuleType("annotate_runtime.trial")
    module.trial = trial  # type: ignore[attr-defined]
    saved = sys.modules.get("annotate_runtime.trial")
    sys.modules["annotate_runtime.trial"] = module
    try:
        yield trial
    finally:
        if saved is None:
            del sys.modules["annotate_runtime.trial"]
        else:
            sys.modules["annotate_runtime.trial"] = saved


def run(code: bytes | str, params: Mapping[str, Any] | None = None) -> tuple[dict[str, Any], FakeTrial]:
    """Run a module; its globals and what it reported."""
    names: dict[str, Any] = {"__name__": "m"}
    with in_trial(params or {}) as trial:
        exec(compile(code, "m.py", "exec", dont_inherit=True), names)
    return names, trial


def output(code: bytes | str) -> str:
    """What a module prints when it runs outside a trial; its exception's name where it ends in one."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        try:
            run(code)
        except Exception as error:  # noqa: BLE001 - whatever the program ends in
            print(type(error).__name__)
    return printed.getvalue()
