"""How much a request may bring and how long it may take: counted while it streams in."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import MappingProxyType

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sparring.serve.errors import Refused, refuse
from sparring.serve.limits import (
    BODY_PATIENCE,
    LARGEST_BODY,
    LARGEST_UPLOAD,
    SEND_PATIENCE,
)

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


def _declared(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0
