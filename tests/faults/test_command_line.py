"""A command whose surroundings fail: streams closed, a path out of reach, a person who stops it."""

from __future__ import annotations

import errno
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sparring import cli

SPARRING = f"{shlex.quote(sys.executable)} -m sparring"

HEEDING = """
import signal
from sparring.cli import main
signal.signal(signal.SIGINT, signal.default_int_handler)
main()
"""
"""The command as a terminal starts it; a shell starts what runs in its background deaf to Ctrl-C,
and all that comes of it."""


@pytest.mark.parametrize(
    ("words", "code"),
    [("--version >&-", 0), ("train digitz 2>&-", 2), ("verify x >&-", 3)],
)
def test_closed_streams_change_no_exit_code(words: str, code: int, tmp_path: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", f"{SPARRING} {words}"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "before"),
    [
        (["generate", "digits", "--out", ""], "'--out'"),
        (["generate", "digits", "--between=", "--json"], "'--between'"),
        (["verify", ""], "'verify'"),
    ],
    ids=str,
)
def test_an_empty_word_is_no_answer(words: list[str], before: str, tmp_path: Path) -> None:
    """As of a variable that is not set: whole folders would lie where nobody wanted them."""
    command = [sys.executable, "-m", "sparring", *words]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == (
        f"sparring: What stands after {before} is empty; give something, or leave it out.\n"
    )
    assert not list(tmp_path.iterdir())


def test_a_word_may_end_as_padded_tokens_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["sparring", "serve", "digits", "--token=c2VjcmV0LXRva2VuLWFiYw==", "--host= "]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 2
    assert capsys.readouterr().err.startswith("sparring: --host is empty; ")


def test_a_path_out_of_reach_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def denied(path: Path) -> bool:  # root, as whom tests may run, is denied nothing
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(sys, "argv", ["sparring", "verify", str(tmp_path / "theirs.png")])
    monkeypatch.setattr(Path, "is_file", denied)
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 3
    said = capsys.readouterr().err
    assert said.startswith("sparring: ")
    assert said.endswith(
        "theirs.png' cannot be reached: Permission denied; give a path that is open to you.\n"
    )


def test_who_stops_the_writing_of_samples_hears_how_far_it_came(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HEEDING, "generate", "digits", "--count", "2000"]
    with subprocess.Popen(
        [*command, "--out", tmp_path / "made"], stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            end = time.monotonic() + 120
            while len(list(tmp_path.glob("made/*.png"))) < 3:
                assert process.poll() is None
                assert time.monotonic() < end
                time.sleep(0.05)
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 130
        finally:
            process.kill()
        assert process.stderr is not None
        said = process.stderr.read()
    told = re.search(r"^Stopped: (\d+) of 2,000 files are in ", said, re.MULTILINE)
    assert told, said
    # The last one may have been written when its number had not been told yet.
    assert len(list(tmp_path.glob("made/*"))) - int(told[1]) in (0, 1)
    assert "Traceback" not in said
