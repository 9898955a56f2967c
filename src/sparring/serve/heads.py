"""The first line and the headers of a request, which may not be too large."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from sparring.serve.errors import Refused, body_of
from sparring.serve.limits import FAREWELL, LARGEST_BODY, LARGEST_HEAD

BLANK = b"\r\n"  # lines that may stand before a request
END = re.compile(rb"\n\r?\n")


class Head:
    """What has come of the head of one connection's next request.

    It is measured before any parser sees it, as some parsers take any number of headers.
    """

    def __init__(self) -> None:
        self._seen = b""
        self._rest = 0  # bytes of a body that nobody waited for
        self._unread = 0  # bytes since it was refused
        self._ahead = 0  # bytes that came before an answer

    def clear(self) -> None:
        """The request has begun; what comes after it is the head of another."""
        self._seen, self._rest = b"", 0

    def refuses(self, data: bytes, transport: Any, *, unsure: bool) -> bool:
        """Whether this is part of a head that is too large, which is answered once with 431.

        Args:
            data: what has come.
            transport: by which it came, of asyncio or alike. It is read from for a moment longer,
                as a connection that is closed with something unread loses the answer.
            unsure: whether it may be the rest of a request that was answered before its end. Such
                a rest is passed on, up to the size of a body.
        """
        self._ahead = 0
        if not self._unread:
            if unsure:
                self._rest += len(data)
                if self._rest > LARGEST_BODY:
                    transport.close()
                return False
            if self._fits(data):
                return False
            transport.write(_answer())
            asyncio.get_running_loop().call_later(FAREWELL, transport.close)
        self._unread += len(data)
        if self._unread > LARGEST_BODY:
            transport.close()
        return True

    def piles_up(self, data: bytes, transport: Any) -> bool:
        """Whether too much has come before the answer to what was asked, which ends the connection.

        It would all be kept until then.
        """
        self._ahead += len(data)
        if self._ahead > LARGEST_BODY:
            transport.close()
        return self._ahead > LARGEST_BODY

    def _fits(self, data: bytes) -> bool:
        self._seen = (self._seen + data).lstrip(BLANK)
        end = END.search(self._seen)
        return (end.end() if end else len(self._seen)) <= LARGEST_HEAD


def _answer() -> bytes:
    said = f"The first line and the headers are larger than {LARGEST_HEAD:,} bytes."
    body = body_of(Refused(431, said, code="headers_too_large"))
    head = (
        "HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
