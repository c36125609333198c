"""Every Python file of the standard library and the installed packages: none crashes, none is changed.

    python benchmarks/bench_corpus.py [--all]

A file without an annotation is decided by its bytes, so that alone would prove little: in one file of
fifty (in every file with --all) a line `_tuned_ = 0.1  # @nni.uniform(0, 1)` is put behind the last one, and the
instrumented file must be the original but for that line and the one that gets the import, and compile if the
original does. Exits with 1 where a file breaks that; names it.
"""

from __future__ import annotations

import sys
import sysconfig
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from annotate.instrument import instrument
from annotate.instrument.edits import IMPORT, INLINE, NAME
from annotate.instrument.source import Unreadable, read_source

EVERY = 50
LINE = "_tuned_ = 0.1  # @nni.uniform(0, 1)"


def corpus() -> Iterator[Path]:
    """All files, in a fixed order."""
    paths = {sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")}
    found = {path.resolve() for each in paths for path in Path(each).rglob("*.py") if path.is_file()}
    yield from sorted(found)


def annotated(data: bytes) -> bytes | None:
    """The file with one annotation more, None for a file that no compiler reads."""
    try:
        source = read_source(data, "corpus.py")
    except Unreadable:
        return None
    if not compiles(data) or b"@nni." in data:
        return None
    end = "\r\n" if "\r\n" in source.text else "\n"
    joint = "" if not source.text or source.text.endswith("\n") else end
    text = source.text + joint + LINE + end
    longer = source.encode(text)
    return longer if compiles(longer) else None  # a last line may end in a backslash


def fault(before: bytes) -> str | None:
    """What instrumenting an annotated file did wrong, None where it did right."""
    done = instrument(before, "corpus", "corpus.py")
    if [site.name for site in done.variables] != ["_tuned_"]:
        return f"{len(done.variables)} variables, {[d.cause for d in done.diagnostics]}"
    ours, theirs = done.code.split(b"\n"), before.split(b"\n")
    if len(ours) != len(theirs):
        return f"{len(theirs)} lines became {len(ours)}"
    changed = [number for number, (a, b) in enumerate(zip(ours, theirs, strict=True)) if a != b]
    last = ours[changed[-1]].decode("latin-1") if changed else ""
    added = [ours[number] for number in changed[:-1] if IMPORT.encode() not in ours[number]]
    if len(changed) > 2 or added or not (NAME in last or INLINE in last):
        return f"the lines {[number + 1 for number in changed]} were changed"
    return None if compiles(done.code) else "what came out does not compile"


def compiles(code: bytes) -> bool:
    """Whether Python reads it; what it warns about is the file's own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(code, "corpus.py", "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True


def main(every: int) -> int:
    """Run over the corpus and count."""
    began = time.process_time()
    files = list(corpus())
    faults: list[str] = []
    spent = 0.0
    sampled = lines = 0
    for number, path in enumerate(files):
        data = path.read_bytes()
        before = time.process_time()
        done = instrument(data, "corpus", str(path))
        spent += time.process_time() - before
        lines += data.count(b"\n")
        if b"@nni." not in data and done.code != data:
            faults.append(f"{path}: changed without an annotation")
        longer = annotated(data) if number % every == 0 else None
        if longer is not None:
            sampled += 1
            wrong = fault(longer)
            if wrong is not None:
                faults.append(f"{path}: {wrong}")
    print(f"{len(files)} files, {lines} lines, read and decided in {spent:.2f} s; none crashed")
    print(f"{sampled} of them annotated and instrumented; {time.process_time() - began:.0f} s in all")
    for each in faults:
        print(f"wrong: {each}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(1 if "--all" in sys.argv[1:] else EVERY))
