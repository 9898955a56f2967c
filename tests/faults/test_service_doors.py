"""Mistakes in what a service is started with: addresses, tokens, names of hosts."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("prometheus_client")

from sparring.core.errors import UserError
from sparring.serve.auth import Tokens, is_loopback, names_of, read_tokens, require_safe


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "example.org", ""])
def test_beyond_this_machine_a_token_is_needed(host: str) -> None:
    assert not is_loopback(host)
    with pytest.raises(UserError, match="token") as told:
        require_safe(host, Tokens())
    assert told.value.code == 2
    require_safe(host, Tokens.of([("x" * 16, "admin")]))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.3.2.1"])
def test_on_this_machine_none_is(host: str) -> None:
    assert is_loopback(host)
    require_safe(host, Tokens())


@pytest.mark.parametrize(
    "lines", ["short generate", "x" * 20, f"{'x' * 20} master", f"{'x' * 20} train too", "é" * 20]
)
def test_token_files_with_mistakes(tmp_path: Path, lines: str) -> None:
    file = tmp_path / "tokens"
    file.write_text(f"# ours\n{lines}")
    with pytest.raises(UserError) as told:
        read_tokens("", file)
    assert str(told.value).startswith(f"{file}, line 2: ")
    assert lines.split()[0] not in str(told.value)


def test_a_token_with_two_scopes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "tokens"
    file.write_text(f"{'x' * 20} generate\n{'y' * 20} train\n\n{'x' * 20} admin\n")
    with pytest.raises(UserError) as told:
        read_tokens("", file)
    assert str(told.value) == (
        f"{file} has the same token on line 1 with the scope 'generate' and on line 4 with the "
        "scope 'admin'; leave one of them out."
    )
    file.write_text(f"{'x' * 20} generate\n{'y' * 20} train\n{'x' * 20} generate\n")
    assert read_tokens("", file).caller("x" * 20) is not None
    monkeypatch.setenv("SPARRING_TOKEN", "y" * 20)
    with pytest.raises(UserError) as told:
        read_tokens("", file)
    assert str(told.value) == (
        "The token of --token or SPARRING_TOKEN, which allows everything, stands in "
        f"{file} too, on line 2 with the scope 'train'; leave one of them out."
    )


@pytest.mark.parametrize(
    "given",
    [
        "http://x/", "x/", "models.example:80", "*", "*.example", "", " ", "a b", "-a", "a..b",
        "a.", "999.1.1.1", "1.2.3", "10.0.0.0/8", "münchen.example", "x" * 64, "[::1", "a@b",
    ],
)  # fmt: skip
def test_what_is_no_name_of_a_host(given: str) -> None:
    with pytest.raises(UserError) as told:
        names_of("127.0.0.1", [given])
    assert str(told.value) == (
        f"--allow-host {given!r} is no name of a host: give one such as models.example, or an "
        "address such as 192.168.1.7, without http://, port and path."
    )


def test_names_of_hosts() -> None:
    given = ["Models.example", "gpu-2", "a_b", "xn--mnchen-3ya.example", "x" * 63, "10.0.0.7"]
    assert names_of("127.0.0.1", given) == tuple(map(str.lower, given))
    assert names_of("", ["2001:DB8::5", "[::2]"]) == ("[2001:db8::5]", "[::2]")
    assert names_of("192.0.2.7", ["::1", "localhost", "LOCALHOST", "192.0.2.7"]) == ("192.0.2.7",)
    assert names_of("127.0.0.1", ["a.example", "A.example"]) == ("a.example",)


def test_a_token_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "tokens"
    file.write_text(f"# ours\n{'x' * 20} train  # for Ann\n\n")
    monkeypatch.setenv("SPARRING_TOKEN", "y" * 20)
    tokens = read_tokens("", file)
    ann, all_of_it = tokens.caller("x" * 20), tokens.caller("y" * 20)
    assert ann is not None
    assert all_of_it is not None
    assert ("admin" in ann.allowed, "admin" in all_of_it.allowed) == (False, True)
    assert tokens.caller("") is None


def test_a_token_file_may_begin_as_some_editors_write_it(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text("x" * 20 + " train\n", encoding="utf-8-sig")
    assert read_tokens("", file).caller("x" * 20) is not None


def test_a_token_file_without_a_token_opens_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SPARRING_TOKEN", raising=False)
    path = tmp_path / "tokens"
    path.write_text("# nothing yet\n\n")
    for token in ("", "a-token-of-the-command-line"):
        with pytest.raises(UserError, match="has no token; give a token and a scope"):
            read_tokens(token, path)
    path.write_text(f"{'x' * 20} admin\n")
    assert read_tokens("x" * 20, path), "the same one in both places"
