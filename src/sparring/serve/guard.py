"""The one door: nothing passes that is not allowed by host, origin, token and scope."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from sparring.serve.auth import ADMIN, GENERATE, LOCAL, LOOPBACK_NAMES, TRAIN, Caller
from sparring.serve.bodies import UPLOADS
from sparring.serve.errors import Refused, refuse
from sparring.serve.paths import require_route
from sparring.serve.services import Services

OPEN = ("/healthz", "/readyz")
"""What needs no token: whether the service lives says nothing about anybody."""
NEEDED = {
    "/openapi.json": GENERATE,
    "/v1/models": GENERATE,
    "/v1/images": GENERATE,
    "/v1/audio": GENERATE,
    "/v1/completions": GENERATE,
    "/v1/files": GENERATE,
    "/v1/verify": GENERATE,
    "/v1/jobs": GENERATE,
    "/v1/recipes": TRAIN,
    "/v1/runs": TRAIN,
}
"""The scope that a path and all beneath it needs; what stands nowhere here needs "admin"."""
HOST = re.compile(r"(?P<name>\[[^\]]*\]|[^:\[\]]*)(:[0-9]*)?")
"""What the header Host may be (RFC 9110, 7.2)."""


class Guard:
    """Middleware that refuses everything which is not allowed.

    Args:
        app: what is behind it.
        services: whose tokens and hosts count.
    """

    def __init__(self, app: ASGIApp, services: Services) -> None:
        self.app = app
        self._tokens = services.settings.tokens
        self._hosts = {*LOOPBACK_NAMES, *(host.lower() for host in services.settings.hosts)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer why not."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        try:
            headers = _headers(scope)
            self._require_host(headers)
            _require_origin(headers)
            caller = self._caller(scope["path"], headers)
            scope.setdefault("state", {})["caller"] = caller
            is_http = scope["type"] == "http"
            if is_http:
                require_route(scope)  # a slip of the pen is told before what else is wrong
            require_scope(caller, _needed(scope["path"]))
            if is_http:
                _require_json(scope, headers)
        except HTTPException as error:
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
            else:
                await refuse(send, error)
            return
        await self.app(scope, receive, send)

    def _require_host(self, headers: dict[str, str]) -> None:
        host = HOST.fullmatch(headers.get("host", "").lower())
        if host is None or host["name"] not in self._hosts:
            raise Refused(
                403, "This service does not answer to that Host; whoever runs it can allow it: "
                "sparring serve --allow-host NAME.", code="unknown_host",
            )  # fmt: skip

    def _caller(self, path: str, headers: dict[str, str]) -> Caller:
        if not self._tokens or _beneath(path, OPEN):
            return LOCAL
        kind, _, token = headers.get("authorization", "").partition(" ")
        token = token.strip() if kind.lower() == "bearer" else ""
        caller = self._tokens.caller(token)
        if caller is None:
            what = "This token is not known here" if token else "A token is needed"
            raise Refused(
                401, f"{what}; send one as the header 'Authorization: Bearer TOKEN'.",
                code="invalid_api_key", headers={"WWW-Authenticate": "Bearer"},
            )  # fmt: skip
        return caller


def require_scope(caller: Caller, needed: str) -> None:
    """Make sure that somebody may do what needs this scope.

    Raises:
        Refused: with 403, they may not.
    """
    if needed not in caller.allowed:
        raise Refused(403, f"This token lacks the scope {needed!r}.", code="missing_scope")


def _needed(path: str) -> str:
    for prefix, scope in NEEDED.items():
        if _beneath(path, (prefix,)):
            return scope
    return ADMIN


def _beneath(path: str, prefixes: Sequence[str]) -> bool:
    return any(path == prefix or path.startswith(f"{prefix}/") for prefix in prefixes)


def _headers(scope: Scope) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        key = name.decode("latin-1")
        if key in found and key in ("host", "authorization", "origin", "content-type"):
            raise Refused(400, f"The header {key} stands there twice.", code="invalid_header")
        # Blanks and tabs around a value are none of it (RFC 9110, 5.5); not every parser knows.
        found[key] = value.decode("latin-1").strip(" \t")
    return found


def _require_origin(headers: dict[str, str]) -> None:
    """Pages of other sites may not use somebody's browser to get in."""
    origin = headers.get("origin")
    if origin is not None and urlsplit_host(origin) != headers.get("host", "").lower():
        raise Refused(403, "Pages of other origins may not use this service.", code="other_origin")


def urlsplit_host(origin: str) -> str:
    """Host and port of an origin; "" where it has none."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _require_json(scope: Scope, headers: dict[str, str]) -> None:
    if scope["method"] not in ("POST", "PUT", "PATCH") or not scope["path"].startswith("/v1/"):
        return
    has_body = "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
    wanted = "multipart/form-data" if scope["path"] == UPLOADS else "application/json"
    given = headers.get("content-type", "").partition(";")[0].strip().lower()
    if has_body and given != wanted:
        raise Refused(
            415, f"The body must be {wanted}, as Content-Type says.", code="unsupported_media_type"
        )
