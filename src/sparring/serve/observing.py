"""Every request gets a number, a line in the access log and its place in the metrics."""

from __future__ import annotations

import json
import logging
import re
import secrets
import time
import traceback
from datetime import UTC, datetime

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sparring.serve.errors import Refused, refuse
from sparring.serve.metrics import Metrics

log = logging.getLogger("sparring.access")
IDENTITY = re.compile(rb"[A-Za-z0-9._-]{1,64}")
KNOWN = ("GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS")
UNFORESEEN = "Something went wrong in the service; its log says what."
VERSION = (b"sparring-version", b"2026-11-25")
"""Under which date the fields of this service are documented."""


class Observing:
    """Middleware that sees every request and answer, but neither bodies nor tokens.

    Args:
        app: what is behind it.
        metrics: what counts.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and write down what became of it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        # The server itself leaves out the body when HEAD asks; all else is as for GET.
        asked: Scope = {**scope, "method": "GET"} if scope["method"] == "HEAD" else scope
        started, identity = time.monotonic(), _identity(scope)
        status, sent = 0, 0

        async def seen(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
                own = [(b"x-request-id", identity), VERSION, (b"cache-control", b"no-store"),
                       (b"x-content-type-options", b"nosniff")]  # fmt: skip
                given = {name.lower() for name, _ in message.get("headers", ())}
                added = [header for header in own if header[0] not in given]
                message = {**message, "headers": [*message.get("headers", ()), *added]}
            sent += len(message.get("body", b""))
            await send(message)

        try:
            await self.app(asked, receive, seen)
        except Exception:
            if status:  # half an answer can only be cut off
                raise
            # Answered here, so that it has its number, its line and its place as all others.
            traceback.print_exc()
            await refuse(seen, Refused(500, UNFORESEEN))
        finally:
            self._note(asked, scope["method"], status, sent, time.monotonic() - started, identity)

    def _note(
        self, asked: Scope, method: str, status: int, sent: int, seconds: float, identity: bytes
    ) -> None:
        route = getattr(asked.get("route"), "path", "other")
        # Methods are the client's words; unknown ones must not fill the metrics.
        method = method if method in KNOWN else "other"
        self._metrics.answered(route, method, status, seconds)
        state = asked.get("state", {})
        caller = state.get("caller")
        line = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "id": identity.decode(),
            "caller": caller.name if caller is not None else None,
            "user": state.get("user"),
            "client": asked["client"][0] if asked.get("client") else None,
            "method": method,
            "route": route,
            "status": status,
            "bytes": sent,
            "milliseconds": round(seconds * 1_000, 1),
        }
        log.info("%s", json.dumps(line))


def _identity(scope: Scope) -> bytes:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and IDENTITY.fullmatch(value):
            return value
    return secrets.token_hex(12).encode()
