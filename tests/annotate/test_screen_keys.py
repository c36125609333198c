"""Keys out of what a terminal sends."""

from __future__ import annotations

import os
import pty
import termios

import pytest

from annotate.screen.keys import Keys, foreground, parse


@pytest.mark.parametrize(
    ("typed", "keys", "rest"),
    [
        ("kq", ["k", "q"], ""),
        ("\x1b[A\x1b[B\x1b[C\x1b[D", ["up", "down", "right", "left"], ""),
        ("\x1bOA\x1bOB", ["up", "down"], ""),
        ("\x1b[5~\x1b[6~\x1b[1~\x1b[F", ["pageup", "pagedown", "home", "end"], ""),
        ("\r\n", ["enter", "enter"], ""),
        ("\x1b", ["esc"], ""),
        ("\x1bk", ["esc", "k"], ""),
        ("k\x1b[", ["k"], "\x1b["),
        ("k\x1b[1;", ["k"], "\x1b[1;"),
        ("\x1b[1;5A", [], ""),
        ("\x1b[200~", [], ""),
        ("ö", ["ö"], ""),
        ("", [], ""),
    ],
)
def test_what_was_typed_becomes_the_names_of_keys(typed, keys, rest):
    assert parse(typed) == (keys, rest)


def test_a_key_that_comes_in_two_halves_is_one_key():
    keys, rest = parse("\x1b[")
    assert parse(rest + "A") == (["up"], "")
    assert keys == []


def test_the_terminal_is_given_back_as_it_was_even_after_a_crash():
    master, slave = pty.openpty()
    before = termios.tcgetattr(slave)
    seen = []

    def crash():
        with Keys(slave):
            seen.append(termios.tcgetattr(slave)[3])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        crash()
    assert not seen[0] & termios.ICANON
    assert seen[0] & termios.ISIG
    assert termios.tcgetattr(slave) == before
    os.close(master)
    os.close(slave)


def test_keys_are_read_without_waiting_and_none_are_made_up():
    master, slave = pty.openpty()
    with Keys(slave) as keys:
        assert keys.read() == []
        os.write(master, b"k\x1b[")
        assert keys.read() == ["k"]
        os.write(master, b"A")
        assert keys.read() == ["up"]
    os.close(master)
    os.close(slave)


def test_what_is_no_terminal_of_ours_is_taken_for_the_foreground():
    reading, writing = os.pipe()
    assert foreground(reading)
    os.close(reading)
    os.close(writing)
