"""Requests that would rather speak another protocol, which a server may pass over."""

from __future__ import annotations

import contextlib
import sys
from typing import Any

TUNNEL = b"CONNECT"  # another protocol follows it, whatever its headers say


def without_upgrades(base: Any) -> Any:
    """A protocol of uvicorn that reads a request as if it did not ask for another protocol.

    A server may ignore Upgrade (RFC 9110, 7.8), as all clients expect that try HTTP/2 first. One of
    uvicorn's parsers takes whatever follows such headers for the other protocol, so that the body
    is lost, or is the next request. Web sockets are opened as ever, by a GET (RFC 6455, 4.1).

    Args:
        base: the protocol, with any of the parsers; one of another build stays as it is.
    """
    if not hasattr(base, "_unsupported_upgrade_warning"):  # where uvicorn tells of the rest
        return base

    class WithoutUpgrades(base):
        def data_received(self, data: bytes) -> None:
            rest = data
            while rest:
                self._fed, self._again = rest, b""
                super().data_received(rest)
                rest = self._again
            self._fed = b""

        # The two of the parser that ends at such headers: what it found is read once more instead.
        def on_headers_complete(self) -> None:
            if not self._is_passed_over():
                super().on_headers_complete()

        def on_message_complete(self) -> None:
            if not self._is_passed_over():
                super().on_message_complete()

        def _should_upgrade(self) -> bool:
            return self.scope["method"] == "GET" and super()._should_upgrade()

        def _is_passed_over(self) -> bool:
            method = self.parser.get_method()
            self.scope["method"] = method.decode("ascii")
            ends_here = self.parser.should_upgrade() and method != TUNNEL
            return ends_here and not self._should_upgrade()

        def _unsupported_upgrade_warning(self) -> None:
            error = sys.exception()
            if error is not None and self.scope["method"] != TUNNEL.decode():
                # Where the parser ended; without the header another one goes on from there, as this
                # one may have ended for good.
                self._again = self._without_upgrade() + self._fed[error.args[0] :]
                self.parser = type(self.parser)(self)
                with contextlib.suppress(AttributeError):  # as uvicorn has it: older ones lack it
                    self.parser.set_dangerous_leniencies(lenient_data_after_close=True)

        def _without_upgrade(self) -> bytes:
            first = b"%s %s HTTP/%s\r\n" % (
                self.parser.get_method(), self.url, self.parser.get_http_version().encode()
            )  # fmt: skip
            kept = ((name, value) for name, value in self.headers if name != b"upgrade")
            return first + b"".join(b"%s: %s\r\n" % each for each in kept) + b"\r\n"

    return WithoutUpgrades
