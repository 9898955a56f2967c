"""How far long work is: plain lines where nobody's terminal is, a bar where one is."""

from __future__ import annotations

import io
import re
import sys
import time

import pytest

from sparring.core import bar
from sparring.core.bar import Bar


def test_plain_lines_come_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Bar(40, "files written") as work:
        work.advance(10)
    assert capsys.readouterr().err == ""  # as ten seconds are not over
    monkeypatch.setattr(bar, "LINE_EVERY", 0.0)
    with Bar(40, "files written") as work:
        work.more = "  and more"
        work.advance(10)
        work.advance(45)  # then nobody waits any longer
    line = capsys.readouterr().err
    assert re.fullmatch(r" +10 of 40 files written  [\d,]+/s  0:00 left  .+ more\n", line)


def test_speed_counts_what_was_done_since_the_beginning(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bar, "LINE_EVERY", 0.0)
    with Bar(1_000_000) as work:
        work.begin(999_000)
        work.advance(999_000)
    assert "999,000 of 1,000,000 samples  0.0/s" in capsys.readouterr().err


class Terminal(io.StringIO):
    """A stream that is somebody's terminal."""

    def isatty(self) -> bool:
        return True


def on_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A wide terminal on stderr, whatever the tests themselves run on."""
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    return terminal


def shows(terminal: Terminal, text: str, seconds: float) -> bool:
    """Whether it comes to show a text in time."""
    end = time.monotonic() + seconds
    while text not in terminal.getvalue() and time.monotonic() < end:
        time.sleep(0.01)
    return text in terminal.getvalue()


@pytest.mark.parametrize("patience", [0.0, 0.001])
def test_a_bar_shows_what_is_done(monkeypatch: pytest.MonkeyPatch, patience: float) -> None:
    terminal = on_terminal(monkeypatch)
    with Bar(40, "samples made", patience=patience) as work:
        work.advance(20)
        assert shows(terminal, "20 of 40 samples made", 20)


def test_a_bar_waits_until_somebody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = on_terminal(monkeypatch)
    with Bar(40, "samples made", patience=60.0) as work:
        work.advance(20)
        assert not shows(terminal, "20 of 40", 0.2)
    assert not terminal.getvalue().strip()


def test_a_bar_tells_what_was_done_before_it_began(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = on_terminal(monkeypatch)
    with Bar(40) as work:
        work.begin(30)
    assert "30 of 40" in terminal.getvalue()
    assert "75%" in terminal.getvalue()


@pytest.mark.parametrize(
    ("name", "value"), [("TERM", "dumb"), ("TTY_INTERACTIVE", "0"), ("COLUMNS", "40")]
)
def test_terminals_that_cannot_do_much(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    terminal = on_terminal(monkeypatch)
    monkeypatch.setattr(bar, "LINE_EVERY", 0.0)
    monkeypatch.setenv(name, value)
    with Bar(40, "samples made") as work:
        time.sleep(0.01)
        work.advance(20)
    is_plain = name != "COLUMNS"  # a narrow one has room for a bar, but for no unit
    assert ("samples made" in terminal.getvalue()) == is_plain
    assert ("\x1b" in terminal.getvalue()) != is_plain


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0:00 left"), (61, "1:01 left"), (36_061, "10:01:01 left")]
)
def test_time_that_is_left(seconds: int, said: str) -> None:
    assert bar._left(float(seconds)) == said


def test_who_goes_back_is_never_told_of_less_than_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bar, "LINE_EVERY", 0.0)
    with Bar(100_000) as work:
        work.begin(60_000)
        time.sleep(0.01)
        work.advance(59_900)
    assert "left" not in capsys.readouterr().err


def test_colour_that_is_forced_makes_no_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bar, "LINE_EVERY", 0.0)
    monkeypatch.setenv("FORCE_COLOR", "1")
    with Bar(40) as work:
        time.sleep(0.01)
        work.advance(20)
    assert "20 of 40 samples" in capsys.readouterr().err


def test_quiet_is_quiet(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bar, "LINE_EVERY", 0.0)
    with Bar(40, quiet=True) as work:
        work.advance(10)
    assert capsys.readouterr() == ("", "")
