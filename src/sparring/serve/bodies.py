"""How much a request may bring and how long it may take: counted while it streams in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sparring.core.errors import nearest
from sparring.serve.errors import REPEATED_FIELD, UNKNOWN_FIELD, Refused, refuse
from sparring.serve.limits import (
    BODY_PATIENCE,
    LARGEST_BODY,
    LARGEST_UPLOAD,
    SEND_PATIENCE,
)
from sparring.serve.strict import parsed

UPLOADS = "/v1/verify"
Uploads = Mapping[str, int]
NO_UPLOADS: Uploads = MappingProxyType({})
CLOSE = {"Connection": "close"}  # what is left of the body is not waited for


class Bodies:
    """Middleware that ends requests whose body is too large or too slow, and slow readers.

    Args:
        app: what is behind it.
        patience: seconds for a whole body.
        uploads: paths beneath which larger files may come, with their largest number of bytes;
            those take as long as they take.
    """

    def __init__(
        self, app: ASGIApp, patience: float = BODY_PATIENCE, uploads: Uploads = NO_UPLOADS
    ) -> None:
        self.app, self.patience, self.uploads = app, patience, uploads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, with its limits."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if self._largest(scope["path"]):
            await self._large(scope, receive, send)
            return
        most = LARGEST_UPLOAD if scope["path"] == UPLOADS else LARGEST_BODY
        too_large = Refused(
            413, f"The body is larger than the {most:,} bytes that are allowed here.",
            code="body_too_large", headers=CLOSE,
        )  # fmt: skip
        if _declared(scope) > most:
            await refuse(send, too_large)
            return
        deadline = asyncio.get_running_loop().time() + self.patience
        received, whole = 0, False

        async def limited() -> Message:
            nonlocal received, whole
            if whole:  # now only the client's leaving can come
                return await receive()
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError as error:
                raise Refused(
                    408, f"The body took longer than {self.patience:g} seconds.",
                    code="body_too_slow", headers=CLOSE,
                ) from error  # fmt: skip
            received += len(message.get("body", b""))
            if received > most:
                raise too_large
            whole = not message.get("more_body", False)
            return message

        async def patient(message: Message) -> None:
            async with asyncio.timeout(SEND_PATIENCE):
                await send(message)

        await self.app(scope, limited, patient)

    def _largest(self, path: str) -> int:
        return next((size for under, size in self.uploads.items() if path.startswith(under)), 0)

    async def _large(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what may be large, as long as it may be; not all clients say it before."""
        most = self._largest(scope["path"])
        said = f"The file is larger than the {most:,} bytes that are allowed here."
        too_large = Refused(413, said, code="body_too_large", headers=CLOSE)
        if _declared(scope) > most:
            await refuse(send, too_large)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > most:
                raise too_large
            return message

        await self.app(scope, counted, send)


class _StrictRequest(Request):
    async def json(self) -> Any:
        """The body, parsed strictly."""
        try:
            return parsed(await self.body())
        except ValueError as error:
            raise Refused(400, str(error), code="invalid_json") from error


class StrictRoute(APIRoute):
    """A route that takes JSON only as strictly as its standard, and no parameter unknown to it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """As FastAPI documents it for requests of one's own."""
        usual = super().get_route_handler()
        known = [parameter.alias for parameter in self.dependant.query_params]

        async def handler(request: Request) -> Response:
            _require_known([name for name, _ in request.query_params.multi_items()], known)
            return await usual(_StrictRequest(request.scope, request.receive))

        return handler


def require_once(given: Iterable[str], what: str) -> None:
    """Make sure that no name stands in a request twice, as but one of them would be looked at.

    Args:
        given: all names.
        what: they are called.

    Raises:
        Refused: one stands there twice.
    """
    seen: set[str] = set()
    for name in given:
        if name in seen:
            said = f"The {what} {name!r} stands there twice."
            raise Refused(400, said, param=name, code=REPEATED_FIELD)
        seen.add(name)


def _require_known(given: Sequence[str], known: Sequence[str]) -> None:
    for name in given:
        if name not in known:
            name = name[:100]
            rest = f". {nearest(name, known)}" if known else ", which has none."
            raise Refused(
                400, f"There is no parameter {name!r} at this path{rest}",
                param=name, code=UNKNOWN_FIELD,
            )  # fmt: skip
    require_once(given, "parameter")


def _declared(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0
