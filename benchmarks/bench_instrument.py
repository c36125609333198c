"""How long reading annotations takes, beside NNI 2.10's expander, `ast.parse` and LibCST's own parser.

    python benchmarks/bench_instrument.py [--without-nni]

Files of 200, 1,000 and 5,000 lines of ordinary training code, an annotation in every 25 lines, in the form
that NNI reads too; then a tree of 1,000 modules of which three are annotated. The figures are the best of
some runs. NNI is installed without its dependencies (but for astor, which its expander needs) into a
temporary directory, and its two steps are timed there by the same interpreter. Exits with 1 where a goal
is missed: what it must not cost is said beside each figure.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from pathlib import Path

import libcst as cst
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1]))
from annotate.instrument import instrument
from annotate.sources import read_closure

SIZES = (200, 1000, 5000)
MODULES, ANNOTATED = 1000, (0, 400, 999)
PARSES = 4.0  # LibCST's parse, times this, is what an annotated file of 1,000 lines may cost
TREE = 1.0  # seconds that the tree may cost

BLOCK = '''\
class Block{n}(nn.Module):
    """Two convolutions and a shortcut, as in block {n} of the paper."""

    def __init__(self, width, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(width, width * 2, kernel_size=3, stride=stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(width * 2)
        self.shortcut = nn.Sequential() if stride == 1 else nn.Conv2d(width, width * 2, 1, stride)
        {annotation}
        self.dropout{n} = 0.5

    def forward(self, x, *, scale: float = 1.0):
        out = F.relu(self.norm1(self.conv1(x)))
        if self.training and self.dropout{n} > 0:
            out = F.dropout(out, self.dropout{n})
        # the shortcut keeps its own scale
        return F.relu(out + scale * self.shortcut(x))


def train_{n}(model, loader, optimizer, epochs=10, *, log=print):
    for epoch in range(epochs):
        losses = [step(model, batch, optimizer) for batch in loader]
        log(f"epoch {{epoch}}: {{sum(losses) / max(1, len(losses)):.4f}} ({n})")
    return {{"loss": losses[-1], "epochs": epochs, "block": {n}}}
'''
LINES = BLOCK.count("\n")
ANNOTATION = "'''@nni.variable(nni.uniform(0.1, 0.9), name=self.dropout{n})'''"

NNI = """\
import importlib, json, sys, time, types, warnings
warnings.simplefilter("ignore")
package = types.ModuleType("expander")
package.__path__ = [sys.argv[1]]
sys.modules["expander"] = package
expand = importlib.import_module("expander.code_generator").parse
generate = importlib.import_module("expander.search_space_generator").generate
times = []
for paths, runs in json.load(sys.stdin):
    sources = [open(path).read() for path in paths]
    best = float("inf")
    for _ in range(runs):
        before = time.process_time()
        for source in sources:
            expanded = expand(source)
            if expanded is not None:
                generate("module", expanded)
        best = min(best, time.process_time() - before)
    times.append(best)
print(json.dumps(times))
"""


def program(lines: int, *, annotated: bool) -> str:
    """Training code of so many lines."""
    other = "# nothing is tuned here"
    text = "".join(
        BLOCK.format(n=n, annotation=ANNOTATION.format(n=n) if annotated else other)
        for n in range(lines // LINES + 1)
    )
    return "".join(text.splitlines(keepends=True)[: lines // LINES * LINES])


def seconds(do: Callable[[], object], runs: int = 5) -> float:
    """Of this process's CPU time, the best of some runs."""
    best = float("inf")
    for _ in range(runs):
        before = time.process_time()
        do()
        best = min(best, time.process_time() - before)
    return best


def of_one_file(path: Path, plain: Path) -> dict[str, float]:
    """Seconds of every way to read one file; `plain` is the same without annotations."""
    data, text, bare = path.read_bytes(), path.read_text(), plain.read_bytes()
    runs = 20 if len(data) < 50_000 else 4
    return {
        "read a file": seconds(plain.read_bytes, 200),
        "annotate, no annotation": seconds(lambda: instrument(bare, "module", "module.py"), 200),
        "ast.parse": seconds(lambda: ast.parse(text), runs),
        "LibCST: parse": seconds(lambda: cst.parse_module(text), runs),
        "LibCST: parse, empty transformer, code": seconds(
            lambda: cst.parse_module(text).visit(cst.CSTTransformer()),
            runs,  # type: ignore[union-attr]
        ),
        "annotate": seconds(lambda: instrument(data, "module", "module.py"), runs),
    }


def plant(root: Path) -> list[Path]:
    """A script that imports 999 modules; three of the thousand files are annotated."""
    names = [f"part{number:03}" for number in range(1, MODULES)]
    for number, name in enumerate(["main", *names]):
        body = program(LINES * 3, annotated=number in ANNOTATED)
        imported = "".join(f"import {each}\n" for each in names) if number == 0 else ""
        (root / f"{name}.py").write_text(imported + body)
    return sorted(root.glob("*.py"))


def of_nni(directory: Path, work: list[tuple[list[str], int]]) -> list[float]:
    """Seconds of NNI's two steps on each list of files. Raises CalledProcessError where NNI doesn't run."""
    venv.create(directory, with_pip=True)
    python = directory / "bin" / "python"
    for package in ("nni==2.10", "astor"):
        subprocess.run(
            [python, "-m", "pip", "install", "-q", "--no-deps", package], check=True, stderr=subprocess.PIPE
        )
    (expander,) = directory.glob("lib/*/site-packages/nni/tools/annotation")
    done = subprocess.run(
        [python, "-c", NNI, str(expander)], input=json.dumps(work), capture_output=True, text=True, check=True
    )
    return list(json.loads(done.stdout))


def main(*, with_nni: bool) -> int:
    """Measure, print, judge."""
    console = Console()
    with tempfile.TemporaryDirectory() as made:
        root = Path(made)
        columns: list[dict[str, float]] = []
        files: list[Path] = []
        for size in SIZES:
            path, plain = root / f"annotated{size}.py", root / f"plain{size}.py"
            path.write_text(program(size, annotated=True))
            plain.write_text(program(size, annotated=False))
            files.append(path)
            columns.append(of_one_file(path, plain))
        (root / "tree").mkdir()
        tree = plant(root / "tree")
        closure = read_closure(root / "tree" / "main.py", None)
        assert len(closure.files) == MODULES
        whole = seconds(lambda: read_closure(root / "tree" / "main.py", None), 3)
        theirs: float | None = None
        if with_nni:
            try:
                *each, theirs = of_nni(
                    root / "venv", [*(([str(f)], 4) for f in files), ([str(f) for f in tree], 1)]
                )
                for column, figure in zip(columns, each, strict=True):
                    column["NNI 2.10: expand, generate the space"] = figure
            except subprocess.CalledProcessError as error:
                console.print(f"NNI 2.10 does not run here: {str(error.stderr)[-300:]}", markup=False)
    table = Table(title=f"milliseconds, Python {sys.version.split()[0]}")
    table.add_column("")
    for size in SIZES:
        table.add_column(f"{size} lines", justify="right")
    for row in columns[0] | columns[-1]:
        table.add_row(row, *(f"{1000 * column[row]:.3f}" for column in columns))
    console.print(table)
    ratios = [column["annotate"] / column["LibCST: parse"] for column in columns]
    console.print("annotate / LibCST's parse:", ", ".join(f"{ratio:.2f}" for ratio in ratios))
    console.print(f"a tree of {MODULES} files, {len(ANNOTATED)} annotated: {whole:.2f} s", end="")
    console.print("" if theirs is None else f"; NNI 2.10: {theirs:.2f} s")
    missed = []
    if ratios[1] > PARSES:
        missed.append(f"an annotated file of 1,000 lines costs {ratios[1]:.2f} parses, not {PARSES:.0f}")
    if whole > TREE:
        missed.append(f"the tree costs {whole:.2f} s, not {TREE:.0f}")
    for miss in missed:
        console.print(f"missed: {miss}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(with_nni="--without-nni" not in sys.argv[1:]))
