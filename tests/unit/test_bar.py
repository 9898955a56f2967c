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


@pytest.mark.parametrize(("patience", "shown"), [(0.0, True), (0.001, True), (60.0, False)])
def test_a_bar_waits_until_somebody_waits(
    monkeypatch: pytest.MonkeyPatch, patience: float, shown: bool
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    with Bar(40, "samples made", patience=patience) as work:
        work.advance(20)
        time.sleep(0.2)
    assert ("20 of 40 samples made" in terminal.getvalue()) == shown


def test_a_bar_tells_what_was_done_before_it_began(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with Bar(40) as work:
        work.begin(30)
    assert "30 of 40" in terminal.getvalue()
    assert "75%" in terminal.getvalue()


@pytest.mark.parametrize(("name", "value"), [("TERM", "dumb"), ("COLUMNS", "40")])
def test_terminals_that_cannot_do_much(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setattr(bar, "LINE_EVERY", 0.0)
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv(name, value)
    with Bar(40, "samples made") as work:
        time.sleep(0.01)
        work.advance(20)
    assert ("samples made" in terminal.getvalue()) == (name == "TERM")
    assert ("\x1b" in terminal.getvalue()) == (name != "TERM")


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
