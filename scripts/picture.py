"""The README's pictures: a real `annotate run` on a terminal, recorded, exported as SVG.

    python scripts/picture.py [--size 150x44] [--at 0.7] [--trials 40] [--command annotate]
                              [--script examples/annotated_cifar/train.py] [-- SCRIPT ARGS]

It runs the command as anybody would, on a pseudo-terminal, in a directory of its own. The live screen draws
whole pictures, each beginning at the top left corner: the first one in which a share of `--at` of the trials
is done becomes docs/screen.svg, and what is printed after the screen has closed docs/summary.svg. Nothing is
drawn by this script and nothing simulated.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

import pexpect
from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
FONT = re.compile(
    r"@font-face \{.*?\}\s*", re.DOTALL
)  # Rich's comes from the network, which an image may not ask
MONOSPACE = "DejaVu Sans Mono"
HOME, NORMAL = "\x1b[H", "\x1b[?1049l"


def record(command: list[str], columns: int, rows: int, seconds: float) -> str:
    """All that the command writes to a terminal of that size."""
    env = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
    env.pop("NO_COLOR", None)
    heard = io.StringIO()
    with tempfile.TemporaryDirectory() as directory:
        child = pexpect.spawn(
            command[0],
            command[1:],
            env=env,
            dimensions=(rows, columns),
            encoding="utf-8",
            cwd=directory,
            timeout=seconds,
        )
        child.logfile_read = heard
        child.expect(pexpect.EOF, searchwindowsize=1)
        child.close()
    if child.exitstatus != 0:
        sys.exit(f"{' '.join(command)} ended with {child.exitstatus}:\n{heard.getvalue()[-3000:]}")
    return heard.getvalue()


def pictures(heard: str) -> list[str]:
    """The live screen's pictures, first to last."""
    screen = heard.partition(NORMAL)[0]
    return [part for part in screen.split(HOME)[1:] if part.strip()]


def chosen(shots: list[str], share: float) -> str:
    """The first picture in which that share of the trials is done, else the last one."""
    for shot in shots:
        tally = re.search(r"(\d+) of (\d+)", shot)
        if tally and int(tally[1]) >= share * int(tally[2]):
            return shot
    return shots[-1]


def export(ansi: str, title: str, columns: int, path: Path) -> None:
    """Terminal output as an SVG."""
    console = Console(
        record=True,
        width=columns,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        legacy_windows=False,
    )
    for line in ansi.replace("\r", "").rstrip("\n").split("\n"):
        console.print(Text.from_ansi(line), soft_wrap=True)
    drawn = FONT.sub("", console.export_svg(title=title)).replace("Fira Code", MONOSPACE)
    path.write_text(drawn, encoding="utf-8")


def main() -> None:
    """Record, choose, export."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", default="150x44")
    parser.add_argument("--at", type=float, default=0.7)
    parser.add_argument("--trials", default="40")
    parser.add_argument("--seconds", type=float, default=1800)
    parser.add_argument("--command", default="annotate")
    parser.add_argument("--script", default="examples/annotated_tabular/train.py")
    parser.add_argument("args", nargs="*")
    given = parser.parse_args()
    columns, rows = map(int, given.size.split("x"))
    script = (ROOT / given.script).resolve()
    command = [
        shutil.which(given.command) or given.command,
        "run",
        str(script),
        "--trials",
        given.trials,
        "--seed",
        "1",
    ]
    heard = record([*command, *(["--", *given.args] if given.args else [])], columns, rows, given.seconds)
    DOCS.mkdir(exist_ok=True)
    title = f"annotate run {script.name} --trials {given.trials}"
    shot = re.sub(r"\x1b\[\?\d+[hl]|\x1b\[2J", "", chosen(pictures(heard), given.at))
    export(shot, title, columns, DOCS / "screen.svg")
    export(heard.partition(NORMAL)[2], title, 100, DOCS / "summary.svg")


if __name__ == "__main__":
    main()
