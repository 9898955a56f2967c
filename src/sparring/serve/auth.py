"""Who may do what: tokens with scopes, hosts that the service answers to, and origins."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sparring.core.errors import BadData, UserError, nearest

GENERATE, TRAIN, ADMIN = "generate", "train", "admin"
SCOPES: Mapping[str, frozenset[str]] = {
    GENERATE: frozenset({GENERATE}),
    TRAIN: frozenset({GENERATE, TRAIN}),
    ADMIN: frozenset({GENERATE, TRAIN, ADMIN}),
}
"""What each scope of a token allows."""
SHORTEST = 16  # characters of a token; shorter ones can be guessed
VARIABLE = "SPARRING_TOKEN"
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
NAME = re.compile(rf"{LABEL}(\.{LABEL})*")  # of a host
EVERYWHERE = ("0.0.0.0", "[::]", "")  # addresses to listen on that are nobody's name


@dataclass(frozen=True)
class Caller:
    """Who asks.

    Attributes:
        name: the first digits of the hash of the token, or "local" where none is needed.
        allowed: scopes.
    """

    name: str
    allowed: frozenset[str]


LOCAL = Caller("local", SCOPES[ADMIN])
"""Everybody, where the service listens on this machine alone and has no tokens."""


@dataclass(frozen=True)
class Tokens:
    """Tokens by their hashes; the tokens themselves are not kept."""

    callers: Mapping[bytes, Caller] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.callers)

    @staticmethod
    def of(pairs: Iterable[tuple[str, str]]) -> Tokens:
        """From tokens and their scopes.

        Raises:
            UserError: a token too short, or an unknown scope.
        """
        callers: dict[bytes, Caller] = {}
        for token, scope in pairs:
            if len(token) < SHORTEST or not token.isascii() or not token.isprintable():
                raise UserError(
                    f"A token needs {SHORTEST} letters, digits and marks or more; make one with: "
                    "python -c 'import secrets; print(secrets.token_urlsafe(32))'"
                )
            if scope not in SCOPES:
                raise UserError(f"There is no scope {scope!r}. {nearest(scope, SCOPES)}")
            digest = _digest(token)
            callers[digest] = Caller(digest.hex()[:12], SCOPES[scope])
        return Tokens(callers)

    def caller(self, token: str) -> Caller | None:
        """Whose token this is; every one is compared, so that time tells nothing."""
        digest, found = _digest(token), None
        for known, caller in self.callers.items():
            if hmac.compare_digest(known, digest):
                found = caller
        return found


def read_tokens(token: str, file: Path | None) -> Tokens:
    """The token of a command line or of SPARRING_TOKEN, for everything, and those of a file.

    A file has a token and a scope on each line, with a blank between; what follows a # is a remark.

    Raises:
        BadData: the file cannot be read.
        UserError: what `Tokens.of` refuses, a line of another form, a token with two scopes, or a
            file without any.
    """
    pairs: list[tuple[str, str]] = []
    token = token or os.environ.get(VARIABLE, "")
    if token:
        pairs.append((token, ADMIN))
    if file is not None:
        try:
            lines = file.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8"
            raise BadData(f"{file} cannot be read: {reason}.") from error
        scopes = {token: (0, scope) for token, scope in pairs}
        for number, line in enumerate(lines, 1):
            try:
                found = _of_line(line)
            except UserError as error:
                raise UserError(f"{file}, line {number}: {error}") from error
            for each, scope in found:
                before = scopes.setdefault(each, (number, scope))
                _require_one_scope(before, (number, scope), file)
            pairs += found
        if len(pairs) == bool(token):
            raise UserError(f"{file} has no token; give a token and a scope on a line of it.")
    return Tokens.of(pairs)


def _require_one_scope(before: tuple[int, str], now: tuple[int, str], file: Path) -> None:
    """Make sure that a token says one thing, on whatever lines it stands; 0 is not in the file."""
    if before[1] == now[1]:
        return
    if before[0]:
        raise UserError(
            f"{file} has the same token on line {before[0]} with the scope {before[1]!r} and on "
            f"line {now[0]} with the scope {now[1]!r}; leave one of them out."
        )
    raise UserError(
        f"The token of --token or {VARIABLE}, which allows everything, stands in {file} too, on "
        f"line {now[0]} with the scope {now[1]!r}; leave one of them out."
    )


def _of_line(line: str) -> list[tuple[str, str]]:
    """The token and the scope on a line, if there are any, checked."""
    words = line.partition("#")[0].split()
    if len(words) not in (0, 2):
        raise UserError("A token and a scope are needed, with a blank between.")
    pairs = [(words[0], words[1])] if words else []
    Tokens.of(pairs)
    return pairs


def require_safe(host: str, tokens: Tokens) -> None:
    """Make sure that nobody else can use a service without a token.

    Raises:
        UserError: it would listen beyond this machine, and there is no token.
    """
    if not tokens and not is_loopback(host):
        raise UserError(
            f"Listening on {host} would let everybody who reaches this machine use it; give a "
            f"token with --token-file or {VARIABLE}, or listen on 127.0.0.1."
        )


def is_loopback(host: str) -> bool:
    """Whether an address to listen on can be reached from this machine alone."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def names_of(host: str, allowed: Iterable[str]) -> tuple[str, ...]:
    """Names beyond those of this machine under which a service that listens there is addressed.

    Args:
        host: the address to listen on, which is one of them where it is not all addresses.
        allowed: the others, as names or addresses without a port.

    Raises:
        UserError: one of the others is neither.
    """
    name = in_address(host)
    own = () if name in EVERYWHERE else (name,)
    names = {each.lower(): None for each in (*own, *map(_name_of, allowed))}
    return tuple(each for each in names if each not in LOOPBACK_NAMES)


def _name_of(given: str) -> str:
    """A host as the header Host has it, where that is what was given."""
    bare = given[1:-1] if given.startswith("[") and given.endswith("]") else given
    try:
        return in_address(str(ipaddress.ip_address(bare)))
    except ValueError:
        # What looks like an address and is none is no name either.
        if NAME.fullmatch(given) and not given.rpartition(".")[2].isdigit():
            return given
    raise UserError(
        f"--allow-host {given!r} is no name of a host: give one such as models.example, or an "
        "address such as 192.168.1.7, without http://, port and path."
    )


def in_address(host: str) -> str:
    """A host as addresses have it: those of IPv6 in brackets."""
    bare = host.strip("[]")
    return f"[{bare}]" if ":" in bare else bare


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
