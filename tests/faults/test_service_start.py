"""A service that cannot start says why in one sentence, and one that does says where."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("prometheus_client")

from sparring import cli
from sparring.cli.serving import greeting
from sparring.serve.auth import names_of
from sparring.serve.server import listening


def test_serving_beyond_this_machine_without_a_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["sparring", "serve", "digits", "--host", "0.0.0.0"])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 2
    assert "give a token with --token-file or SPARRING_TOKEN" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_port_that_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with listening("127.0.0.1", 0) as taken:
        taken.listen()
        port = str(taken.getsockname()[1])
        monkeypatch.setattr(sys, "argv", ["sparring", "serve", "digits", "--port", port])
        with pytest.raises(SystemExit) as end:
            cli.main()
    assert end.value.code == 2
    assert "choose another one with --port" in capsys.readouterr().err


@pytest.mark.parametrize(
    "host", ["999.1.1.1", "203.0.113.1", "http://x", "x" * 64, "a..b", "fe80::1"]
)
def test_an_address_that_is_none_of_this_machine_is_told_first(
    host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for more in ([], ["--token", "x" * 20]):
        monkeypatch.setattr(sys, "argv", ["sparring", "serve", "digits", "--host", host, *more])
        with pytest.raises(SystemExit) as end:
            cli.main()
        assert end.value.code == 2
        assert capsys.readouterr().err == (
            f"sparring: {host} is no address of this machine; give one that is to --host, such as "
            "127.0.0.1, or 0.0.0.0 for all that it has.\n"
        )
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("host", [" ", "[]"])
def test_a_blank_address_is_told_before_anything_else(
    host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["sparring", "serve", "no-such-model", "--device", "foo", "--host", host]
    monkeypatch.setattr(sys, "argv", [*words, "--token", "x" * 20])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 2
    assert capsys.readouterr().err == (
        "sparring: --host is empty; give it an address of this machine, such as 127.0.0.1, or "
        "0.0.0.0 for all that it has.\n"
    )
    assert not list(tmp_path.iterdir())


def test_a_device_that_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["sparring", "serve", "digits", "--device", "foo", "--host", "203.0.113.1"]
    monkeypatch.setattr(sys, "argv", [*words, "--token", "x" * 20])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 2
    assert "There is no device 'foo' here; 'cpu' always works." in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_the_start_says_which_names_are_answered_to() -> None:
    said = greeting(["digits"], "127.0.0.1", 80, ())
    assert said == "Serving digits at http://127.0.0.1:80/v1; Ctrl-C ends."
    said = greeting(["digits"], "0.0.0.0", 80, names_of("0.0.0.0", ["models.example"]))
    assert said.endswith(
        "It answers to localhost, 127.0.0.1, [::1], models.example; allow other names that lead "
        "here with --allow-host NAME."
    )
    assert names_of("192.0.2.7", []) == ("192.0.2.7",)
    assert names_of("127.0.0.2", []) == ("127.0.0.2",)
    assert names_of("127.0.0.1", []) == names_of("localhost", []) == ()
    assert "//[2001:db8::1]:80/v1" in greeting([], "2001:db8::1", 80, names_of("2001:db8::1", []))
