"""Who asks for something at once gets a place in the queue before the request is looked into."""

from __future__ import annotations

from collections.abc import Collection

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sparring.serve.batching import Overloaded, Worker
from sparring.serve.errors import Refused, refusal, refuse


class Room:
    """Middleware that tells clients to come back where the queue is full.

    A thousand requests that come at once have all passed the door before the first of them is
    asked of the worker. So each takes its place as soon as its body is there, and one that finds
    none costs no more than that.

    Args:
        app: what is behind it.
        worker: whose queue it is.
        paths: where something is made at once.
    """

    def __init__(self, app: ASGIApp, worker: Worker, paths: Collection[str]) -> None:
        self.app, self._worker, self._paths = app, worker, paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with its place, or answer when to come back."""
        if scope["type"] != "http" or scope["path"] not in self._paths:
            await self.app(scope, receive, send)
            return
        try:
            self._worker.require_room()  # a body that will not be read is not waited for
            body = [await _whole(receive)]

            async def again() -> Message:
                return body.pop() if body else await receive()

            with self._worker.place():
                await self.app(scope, again, send)
        except Overloaded as error:
            await refuse(send, refusal(error))
        except Refused as error:  # the body is too large or too slow
            await refuse(send, error)


async def _whole(receive: Receive) -> Message:
    """The body as one message; or that the client has gone before it was whole."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return message
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return {"type": "http.request", "body": b"".join(parts), "more_body": False}
