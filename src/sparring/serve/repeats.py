"""Answers that are kept for a while, so that a request that is sent again is not done again."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sparring.serve.jobs import OtherRequest
from sparring.serve.limits import LARGEST_REPEATS, REPEATS_LIFETIME

Key = tuple[str, str]
"""Who asked, and the key that they gave."""


@dataclass
class _Kept:
    request: bytes
    answer: asyncio.Task[bytes]
    when: float


class Repeats:
    """Answers by key, of limited size; to be used on one event loop."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Key, _Kept] = OrderedDict()

    async def once(
        self, key: Key, request: bytes, make: Callable[[], Awaitable[bytes]]
    ) -> tuple[bytes, bool]:
        """The answer to a request, and whether it was, or is being, given to an earlier one.

        What is being made is made to its end though its client leaves, as it may ask again. Errors
        are not kept.

        Raises:
            OtherRequest: the key came with another request before.
        """
        self._make_room()
        kept = self._kept.get(key)
        if kept is not None and kept.request != request:
            raise OtherRequest("This Idempotency-Key came with another request before.")
        is_new = kept is None
        if kept is None:
            kept = _Kept(request, asyncio.ensure_future(_awaited(make)), time.monotonic())
            self._kept[key] = kept
        try:
            return await asyncio.shield(kept.answer), not is_new
        except BaseException:
            if kept.answer.done():
                self._kept.pop(key, None)
            raise

    def _make_room(self) -> None:
        total = 0
        for key, kept in reversed(list(self._kept.items())):
            if not kept.answer.done():
                continue
            failed = kept.answer.cancelled() or kept.answer.exception() is not None
            total += 0 if failed else len(kept.answer.result())
            old = time.monotonic() - kept.when > REPEATS_LIFETIME
            if failed or old or total > LARGEST_REPEATS:
                del self._kept[key]


async def _awaited(make: Callable[[], Awaitable[bytes]]) -> bytes:
    return await make()
