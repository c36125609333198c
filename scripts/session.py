"""The README's moving picture: a real session in a real shell, recorded, as one animated SVG.

    python scripts/session.py [--size 112x30] [--run "--trials 40 --seed 1"] [--command annotate] [--output docs/session.svg]
                              [--script examples/annotated_tabular/train.py]

A shell on a pseudo-terminal is typed into as a person would: what is annotated, the study, a trial of it
opened while it runs, the best values written into the source. What comes back is kept with its times and played into a terminal
emulator (pyte); every picture that it shows becomes a frame, with long waits cut short. The frames lie side by
side in one SVG and a stylesheet moves them past: no script, no network, and who wants no motion sees the last one.
Nothing is drawn by this script and nothing simulated.
"""

from __future__ import annotations

import argparse
import copy
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from pathlib import Path

import pexpect
import pyte
from pyte.screens import Char

ROOT = Path(__file__).parents[1]
ENTER, LEAVE = "\x1b[?1049h", "\x1b[?1049l"  # of the alternate screen, which pyte does not know
FRAME = 0.25  # seconds that a picture stands at least
PATIENCE = 1.2  # seconds to which a longer wait is cut
LAST = 4.0  # seconds that the last picture stands
CELL, LINE, SIZE = 8.4, 18, 14  # pixels
FOREGROUND, BACKGROUND, FAINT = "#d4d4d4", "#16181d", "#7f8590"
COLOURS = {
    "black": "#16181d", "red": "#e8601c", "green": "#00b386", "brown": "#e69f00", "blue": "#56b4e9",
    "magenta": "#cc79a7", "cyan": "#56b4e9", "white": "#d4d4d4",
}  # fmt: skip
_FAINT = re.compile(r"\x1b\[([0-9;]+)m")
Row = tuple[Char, ...]


@dataclass(frozen=True)
class Frame:
    """What the terminal shows, and for how many seconds."""

    rows: tuple[Row, ...]
    seconds: float


def play(command: str, script: Path, words: str, columns: int, rows: int) -> list[tuple[float, str]]:
    """The session: what the shell wrote, each piece with when."""
    heard: list[tuple[float, str]] = []
    with tempfile.TemporaryDirectory() as directory:
        for module in script.parent.glob("*.py"):
            shutil.copy(module, directory)
        env = {
            **os.environ,
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LANG": "C.UTF-8",
            "PS1": "$ ",
        }
        env.pop("NO_COLOR", None)
        env["PATH"] = f"{Path(command).parent}:{env['PATH']}"
        shell = pexpect.spawn(
            "bash",
            ["--norc", "--noprofile"],
            env=env,
            cwd=directory,
            dimensions=(rows, columns),
            encoding="utf-8",
        )

        said = [""]

        def hear(seconds: float, until: str | None = None) -> None:
            """Listen for so long, or until something has been said since the last line was typed."""
            end = time.monotonic() + seconds
            while time.monotonic() < end and (until is None or until not in said[0]):
                try:
                    piece = shell.read_nonblocking(1 << 16, timeout=0.05)
                except pexpect.TIMEOUT:
                    continue
                said[0] += piece
                heard.append((time.monotonic(), piece))
            if until is not None and until not in said[0]:
                sys.exit(f"{until!r} did not come:\n{said[0][-2000:]}")

        def type_in(line: str) -> None:
            said[0] = ""
            for key in line:
                shell.send(key)
                hear(0.05)
            shell.send("\r")

        hear(1.0)
        type_in(f"grep @nni {script.name}")
        hear(2.5)
        type_in(f"annotate run {script.name} {words}")
        hear(30, ENTER)
        hear(7)
        for key, seconds in (("\x1b[B", 0.8), ("\r", 3.0), ("\x1b", 1.0)):
            if LEAVE not in said[0]:
                shell.send(key)
                hear(seconds)
        hear(300, LEAVE)
        hear(3.0)
        type_in("annotate apply --diff")
        hear(3.0)
        shell.close(force=True)
    return heard


def frames(heard: Sequence[tuple[float, str]], columns: int, rows: int) -> Iterator[Frame]:
    """What a terminal of that size shows, picture by picture."""
    screen = pyte.Screen(columns, rows)
    stream = pyte.Stream(screen)
    kept = copy.deepcopy(screen.buffer), copy.deepcopy(screen.cursor)
    shown: tuple[Row, ...] = ()
    since = heard[0][0]
    for at, text in _pieces(heard):
        now = picture(screen)
        if now != shown and at - since >= FRAME:
            if shown:
                yield Frame(shown, min(at - since, PATIENCE))
            shown, since = now, at
        if text == ENTER:
            kept = copy.deepcopy(screen.buffer), copy.deepcopy(screen.cursor)
        elif text == LEAVE:
            screen.buffer, screen.cursor = kept
        else:
            stream.feed(text)
    yield Frame(shown, FRAME)
    yield Frame(picture(screen), LAST)


def _pieces(heard: Sequence[tuple[float, str]]) -> Iterator[tuple[float, str]]:
    """The same, with the changes of the screen as pieces of their own."""
    for at, text in heard:
        for part in (
            _FAINT.sub(_grey, text).replace(ENTER, f"\0{ENTER}\0").replace(LEAVE, f"\0{LEAVE}\0").split("\0")
        ):
            if part:
                yield at, part


def _grey(match: re.Match[str]) -> str:
    """Faint as a colour, since pyte knows no faint; what has a colour keeps it."""
    codes = match[1].split(";")
    if "2" not in codes[:2] or "38" in codes:
        return match[0]
    return f"\x1b[{';'.join(code for code in codes if code != '2')};38;2;127;133;144m".replace("[;", "[")


def picture(screen: pyte.Screen) -> tuple[Row, ...]:
    """Every cell of the screen."""
    return tuple(tuple(screen.buffer[y][x] for x in range(screen.columns)) for y in range(screen.lines))


def svg(shown: Sequence[Frame], columns: int, rows: int) -> str:
    """The frames as one animated SVG. A row that stands in many frames is drawn once."""
    width, height = round(columns * CELL) + 24, rows * LINE + 24
    known: dict[Row, str] = {}
    strip = []
    for number, frame in enumerate(shown):
        uses = []
        for y, row in enumerate(frame.rows):
            if any(cell.data.strip() or cell.reverse or cell.underscore for cell in row):
                uses.append(f'<use href="#{known.setdefault(row, f"r{len(known)}")}" y="{y * LINE}"/>')
        strip.append(f'<svg x="{number * width}" width="{width}" height="{height}">{"".join(uses)}</svg>')
    rows_drawn = "".join(f'<g id="{name}">{_row(row)}</g>' for row, name in known.items())
    total = sum(frame.seconds for frame in shown)
    steps, at = [], 0.0
    for number, frame in enumerate(shown):
        steps.append(f"{100 * at / total:.3f}%{{transform:translateX({-number * width}px)}}")
        at += frame.seconds
    last = f"transform:translateX({-(len(shown) - 1) * width}px)"
    style = (
        f"text{{font:{SIZE}px ui-monospace,'Cascadia Mono','DejaVu Sans Mono',Menlo,Consolas,monospace;"
        f"white-space:pre}}.b{{font-weight:bold}}"
        f"@keyframes play{{{''.join(steps)}100%{{{last}}}}}"
        f"#strip{{animation:play {total:.1f}s steps(1,end) infinite}}"
        f"@media(prefers-reduced-motion:reduce){{#strip{{animation:none;{last}}}}}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        f"<style>{style}</style><defs>{rows_drawn}</defs>"
        f'<rect width="{width}" height="{height}" rx="8" fill="{BACKGROUND}"/>'
        f'<svg x="12" y="12" width="{width - 24}" height="{height - 24}"><g id="strip" fill="{FOREGROUND}">{"".join(strip)}</g></svg></svg>\n'
    )


def _row(row: Row) -> str:
    """One line: a rectangle and a text for each stretch of cells that look alike."""
    drawn = []
    x = 0
    for look, cells in groupby(
        row, key=lambda cell: (cell.fg, cell.bg, cell.bold, cell.reverse, cell.underscore)
    ):
        text = "".join(cell.data for cell in cells)
        count = len(text)
        drawn.append(_stretch(text, x, *look))
        x += count
    return "".join(drawn)


def _stretch(text: str, x: int, fg: str, bg: str, bold: bool, reverse: bool, line: bool) -> str:
    ink, paper = _colour(fg, FOREGROUND), _colour(bg, BACKGROUND)
    if reverse:
        ink, paper = paper, ink
    left, width = x * CELL, len(text) * CELL
    parts = []
    if paper != BACKGROUND:
        parts.append(f'<rect x="{left:.1f}" width="{width:.1f}" height="{LINE}" fill="{paper}"/>')
    if line:
        parts.append(f'<rect x="{left:.1f}" y="{LINE - 1}" width="{width:.1f}" height="1" fill="{FAINT}"/>')
    stripped = text.strip()
    if stripped:
        left += (len(text) - len(text.lstrip())) * CELL
        looks = (f' fill="{ink}"' if ink != FOREGROUND else "") + (' class="b"' if bold else "")
        parts.append(
            f'<text x="{left:.1f}" y="{LINE - 5}" textLength="{len(stripped) * CELL:.1f}"{looks}>{escape(stripped)}</text>'
        )
    return "".join(parts)


def _colour(name: str, default: str) -> str:
    if name == "default":
        return default
    return COLOURS.get(name, f"#{name}")


def main() -> None:
    """Play, look, draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", default="112x30")
    parser.add_argument("--run", default="--trials 40 --seed 1", help="what follows the script's name")
    parser.add_argument("--command", default="annotate")
    parser.add_argument("--script", default="examples/annotated_tabular/train.py")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "session.svg")
    given = parser.parse_args()
    columns, rows = map(int, given.size.split("x"))
    command = shutil.which(given.command) or sys.exit(f"there is no {given.command}")
    heard = play(command, ROOT / given.script, given.run, columns, rows)
    shown = list(frames(heard, columns, rows))
    given.output.write_text(svg(shown, columns, rows), encoding="utf-8")
    seconds = sum(frame.seconds for frame in shown)
    print(
        f"{given.output}: {len(shown)} pictures, {seconds:.0f} s, {given.output.stat().st_size / 1e3:.0f} kB"
    )


if __name__ == "__main__":
    main()
