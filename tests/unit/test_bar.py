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
        work.advance(45)
    first, last = capsys.readouterr().err.splitlines()
    assert re.fullmatch(r" +10 of 40 files written  [\d,]+/s  0:00 left  .+ more", first)
    assert last.strip().startswith("40 of 40")


def test_speed_counts_what_was_done_since_the_beginning(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bar, "LINE_EVERY", 0.0)
    with Bar(1_000_000) as work:
        work.begin(999_000)
        work.advance(999_000)
    assert "  0/s  " in capsys.readouterr().err


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
    monkeypatch.delenv("NO_COLOR", raising=False)
    with Bar(40, "samples made", patience=patience) as work:
        time.sleep(0.01)
        work.advance(20)
    assert ("20 of 40 samples made" in terminal.getvalue()) == shown


def test_quiet_is_quiet(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bar, "LINE_EVERY", 0.0)
    with Bar(40, quiet=True) as work:
        work.advance(10)
    assert capsys.readouterr() == ("", "")
