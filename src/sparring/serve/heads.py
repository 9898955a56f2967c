"""The first line and the headers of a request, which may not be too large."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from sparring.serve.errors import Refused, body_of
from sparring.serve.limits import FAREWELL, LARGEST_BODY, LARGEST_HEAD

BLANK = b"\r\n"  # lines that may stand before a request
TOO_LARGE = Refused(
    431, f"The first line and the headers are larger than {LARGEST_HEAD:,} bytes.",
    code="headers_too_large",
)  # fmt: skip
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
            transport.write(last_answer("Request Header Fields Too Large", TOO_LARGE))
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


def last_answer(phrase: str, error: Refused) -> bytes:
    """An answer to what no app ever sees, after which the connection ends.

    Args:
        phrase: what the status is called.
        error: what is wrong.
    """
    body = body_of(error)
    head = (
        f"HTTP/1.1 {error.status_code} {phrase}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
