"""The live screen in a real terminal, seen through a terminal emulator."""

from __future__ import annotations

import re
import signal
import sys
import time
from pathlib import Path

import pexpect
import pyte
import pytest

ROOT = Path(__file__).parents[2]
ALTERNATE = "\x1b[?1049h"
NORMAL = "\x1b[?1049l"


class Terminal:
    """`screen_demo` in a terminal of some size."""

    def __init__(self, columns: int, rows: int, command: list[str] | None = None, **env: str) -> None:
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.Stream(self.screen)
        self.raw = ""
        command = command or [sys.executable, "tests/annotate/screen_demo.py", "20"]
        kept = {"PATH": "/usr/bin:/bin", "TERM": "xterm-256color", "LANG": "C.UTF-8", **env}
        self.child = pexpect.spawn(
            command[0],
            command[1:],
            cwd=ROOT,
            env=kept,
            dimensions=(rows, columns),
            encoding="utf-8",
            timeout=10,
        )

    def look(self, wanted: str, *, last: bool = False, seconds: float = 10) -> str:
        """What is on the screen as soon as `wanted` is; with `last`, as soon as it begins the last line."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                got = self.child.read_nonblocking(65536, timeout=0.1)
            except pexpect.TIMEOUT:
                continue
            except pexpect.EOF:
                break
            self.raw += got
            self.stream.feed(got)
            if self.screen.display[-1].startswith(wanted) if last else wanted in self.text:
                return self.text
        pytest.fail(f"{wanted!r} did not come:\n{self.text}")

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.screen.display)

    def rest(self) -> str:
        """All that comes until the end."""
        self.raw += self.child.read()
        self.child.close()
        return self.raw

    def after(self) -> str:
        """What is printed when the screen has closed, without its colours."""
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", self.rest().split(NORMAL)[1])


@pytest.fixture
def terminal():
    """Terminals that are closed whatever happens."""
    opened: list[Terminal] = []

    def start(*args, **options) -> Terminal:
        opened.append(Terminal(*args, **options))
        return opened[-1]

    yield start
    for one in opened:
        one.child.close(force=True)


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (160, 50), (40, 10)])
def test_the_screen_fills_the_terminal_and_its_results_stay_after_it(terminal, columns, rows):
    shown = terminal(columns, rows)
    shown.look("★")
    shown.look(" q stop", last=True)
    assert shown.screen.display[0].startswith(" train.py")
    shown.child.send("qy")
    after = shown.after()
    assert "best  accuracy" in after
    assert "annotate best" in after
    assert "Stop()" in after
    assert shown.child.exitstatus == 0


def test_a_change_of_size_redraws_the_whole_screen(terminal):
    shown = terminal(80, 24)
    shown.look(" q stop")
    shown.screen.resize(30, 120)
    shown.child.setwinsize(30, 120)
    shown.look(" q stop", last=True)
    assert "╭─ best so far" in shown.text


def test_what_is_printed_behind_the_screen_comes_after_it(terminal):
    shown = terminal(80, 24)
    shown.look("0:30 elapsed")
    shown.child.send("qy")
    during, after = shown.rest().split(NORMAL)
    assert "printed behind the screen's back" not in during
    assert "printed behind the screen's back" in after


def test_keys_open_a_trial_and_show_the_end_of_its_log(terminal):
    shown = terminal(80, 40)
    shown.look(" q stop")
    shown.child.send("\x1b[B\r")
    opened = shown.look("log of")
    assert "╭─ parameters" in opened
    assert "red" in opened


def test_the_cursor_is_hidden_while_the_screen_is_on_and_comes_back(terminal):
    shown = terminal(80, 24)
    shown.look(" q stop")
    shown.child.send("qy")
    raw = shown.rest()
    assert raw.index(ALTERNATE) < raw.index("\x1b[?25l") < raw.rindex("\x1b[?25h")


def test_ctrl_c_leaves_the_terminal_in_order(terminal):
    shown = terminal(80, 24)
    shown.look(" q stop")
    shown.child.sendintr()
    raw = shown.rest()
    assert "KeyboardInterrupt" in raw.split(NORMAL)[1]
    assert "\x1b[?25h" in raw


def test_ctrl_z_gives_the_terminal_back_and_fg_takes_it_again(terminal):
    shell = terminal(80, 24, ["/bin/bash", "--norc", "-i"], PS1="ready> ")
    shell.look("ready>")
    shell.child.sendline(f"{sys.executable} tests/annotate/screen_demo.py 20")
    shell.look(" q stop")
    shell.child.send("\x1a")
    shell.look("Stopped")
    assert shell.raw.count(NORMAL) == 1
    shell.child.sendline("stty -a | grep -o -e ' icanon' -e ' echo '; fg")
    shell.look(" q stop")
    assert "icanon" in shell.raw
    assert shell.raw.count(ALTERNATE) == 2
    shell.child.send("qy")
    shell.look("commands: Stop()")


def test_with_stdin_from_a_file_there_is_a_screen_without_keys(terminal):
    command = f"exec {sys.executable} tests/annotate/screen_demo.py 2 < /dev/null"
    shown = terminal(80, 24, ["/bin/sh", "-c", command])
    shown.look("gpu1")
    assert "q stop" not in shown.text
    assert "best  accuracy" in shown.after()


def test_a_signal_that_stops_and_wakes_the_process_leaves_it_running(terminal):
    shown = terminal(80, 24)
    shown.look(" q stop")
    shown.child.kill(signal.SIGTSTP)
    time.sleep(0.3)
    shown.child.kill(signal.SIGCONT)
    shown.look(" q stop")
    shown.child.send("qy")
    assert "Stop()" in shown.rest()


def test_a_terminal_that_hangs_up_ends_the_screen_and_not_the_program(terminal, tmp_path):
    script = tmp_path / "host.py"
    script.write_text(
        f"""
import signal, sys, time
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from rich.console import Console
from annotate.screen.keys import Keys
from annotate.screen.live import LiveScreen
from tests.annotate.screen_demo import moments
signal.signal(signal.SIGHUP, signal.SIG_IGN)
with LiveScreen(Console(), keys=Keys(0)) as screen:
    for moment, _ in zip(moments(), range(60)):
        screen.update(moment)
        time.sleep(0.05)
Path({str(tmp_path / "survived")!r}).touch()
"""
    )
    shown = terminal(80, 24, [sys.executable, str(script)])
    shown.look(" q stop")
    shown.child.ptyproc.fileobj.close()
    until = time.monotonic() + 10
    while not (tmp_path / "survived").exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert (tmp_path / "survived").exists()
