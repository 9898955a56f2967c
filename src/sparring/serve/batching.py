"""The one thread that works a device: asks of one model are made together, texts step by step."""

from __future__ import annotations

import asyncio
import contextlib
import math
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import Future
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sparring.core.errors import UserError
from sparring.generation.batch import Rows, together
from sparring.generation.generated import Generated
from sparring.generation.sampler import BLOCK
from sparring.serve.limits import LONGEST_WAIT, MOST_STREAMS, QUEUE, WINDOW

Anything = TypeVar("Anything")
NO_KEY = ("",)  # of work that nothing can be made together with
STREAM = ("stream",)  # of a text that waits to be begun
USUAL = 0.05  # seconds that a turn is thought to take before one was measured


@dataclass
class _Place:
    """A place in the queue that is kept for whoever asks within `Worker.place`."""

    taken: bool = False


PLACE: ContextVar[_Place | None] = ContextVar("place", default=None)


class Overloaded(UserError):
    """As much waits as may wait.

    Attributes:
        seconds: after which it is worth coming back.
    """

    def __init__(self, waiting: int, seconds: int) -> None:
        super().__init__(
            f"{waiting} requests are waiting already; come back in about {seconds} seconds."
        )
        self.seconds = seconds


@dataclass
class _Work:
    """Something that waits for its turn.

    Attributes:
        run: does it, for all works that have its key at once.
        key: what can be done at once has the same one.
        rows: how many samples it is.
        done: what came out; cancelled where nobody wants it any more.
        asked: what `run` is told of it.
        patient: whether it belongs to a job, which waits however much waits already.
    """

    run: Callable[[list[_Work]], None]
    key: tuple[Any, ...]
    rows: int
    asked: Any
    done: Future[Any] = field(default_factory=Future)
    patient: bool = False


@dataclass
class _Stream:
    """A text that is being written."""

    pieces: Iterator[Any]
    hear: Callable[[Any], None]
    done: Future[None]


class Worker:
    """Does one thing at a time on a device, and keeps a short queue before it.

    Args:
        queue: how many asks may wait.
        window: seconds in which asks of one model gather, where there are fewer than a block.
        made: told how many samples were made at once, of how many asks, in how many seconds.
    """

    def __init__(
        self,
        *,
        queue: int = QUEUE,
        window: float = WINDOW,
        made: Callable[[int, int, float], None] = lambda rows, asks, seconds: None,
    ) -> None:
        self._queue, self._window, self._made = queue, window, made
        self._waiting: deque[_Work] = deque()
        self._streams: list[_Stream] = []
        self._changed = threading.Condition()
        self._kept = 0  # places for asks that are on their way
        self._closing = False
        self._pace = USUAL
        self._thread = threading.Thread(target=self._work, name="worker", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what was accepted, and end."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join()

    @property
    def waiting(self) -> int:
        """Asks that wait or are on their way, without jobs' and those nobody wants any more."""
        asks = (not (each.patient or each.done.cancelled()) for each in list(self._waiting))
        return sum(asks) + self._kept

    @property
    def is_full(self) -> bool:
        """Whether the next ask would be told to come back."""
        most = len(self._waiting) + self._kept  # which is quickly told, and mostly enough
        return most >= self._queue and self.waiting >= self._queue

    @property
    def is_alive(self) -> bool:
        """Whether somebody works."""
        return self._thread.is_alive()

    def overloaded(self) -> Overloaded:
        """What the next ask is told where the queue is full."""
        seconds = math.ceil(self.waiting * self._pace)
        return Overloaded(self.waiting, max(1, min(seconds, LONGEST_WAIT)))

    def require_room(self) -> None:
        """Make sure that the next ask would not be told to come back.

        Raises:
            Overloaded: it would.
        """
        if self.is_full:
            raise self.overloaded()

    @contextlib.contextmanager
    def place(self) -> Iterator[None]:
        """Keep a place in the queue for the first ask that is made within.

        Raises:
            Overloaded: too many wait already.
        """
        place = _Place()
        with self._changed:
            self.require_room()
            self._kept += 1
        token = PLACE.set(place)
        try:
            yield
        finally:
            PLACE.reset(token)
            self._take(place)

    def _take(self, place: _Place) -> bool:
        """Give a kept place away, if it was not yet."""
        with self._changed:
            is_mine, place.taken = not place.taken, True
            self._kept -= is_mine
        return is_mine

    def submit(self, asked: Rows, *, patient: bool = False) -> Future[Generated]:
        """Have rows made, together with others of their key; cancel the result to drop them.

        Raises:
            Overloaded: too many wait already, and this one is not `patient`.
        """
        work = _Work(_make, asked.key, len(asked), asked, patient=patient)
        return self._add(work)

    def call(self, function: Callable[[], Anything], *, patient: bool = False) -> Future[Anything]:
        """Have something else done that needs the device.

        Raises:
            Overloaded: as `submit`.
        """
        return self._add(_Work(_call, NO_KEY, BLOCK, function, patient=patient))

    async def made(self, asked: Rows) -> Generated:
        """As `submit`, awaited; who is cancelled while waiting takes the work away with them.

        Raises:
            Overloaded: too many wait already.
            UserError: what is wrong with the samples.
        """
        return await asyncio.wrap_future(self.submit(asked))

    async def called(self, function: Callable[[], Anything]) -> Anything:
        """As `call`, awaited."""
        return await asyncio.wrap_future(self.call(function))

    def streamed(
        self, begin: Callable[[], Iterator[Anything]], *, patient: bool = False
    ) -> AsyncGenerator[Anything, None]:
        """What an iterator yields, taken from it in this thread, while others get turns between.

        Its place in the queue is taken at once; who stops listening frees the worker.

        Raises:
            Overloaded: as `submit`.
        """
        loop = asyncio.get_running_loop()
        line: asyncio.Queue[Any] = asyncio.Queue()
        ended: Future[None] = Future()

        def hear(piece: Any) -> None:
            loop.call_soon_threadsafe(line.put_nowait, piece)

        def open_stream() -> None:
            self._streams.append(_Stream(begin(), hear, ended))

        opened = self._add(_Work(_call, STREAM, BLOCK, open_stream, patient=patient))
        opened.add_done_callback(lambda done: _pass_on(done, hear))
        return _heard(line, opened, ended)

    def _add(self, work: _Work) -> Future[Any]:
        place = PLACE.get()
        with self._changed:
            is_kept = place is not None and self._take(place)
            if not (is_kept or work.patient):
                self.require_room()
            if self._closing:
                raise Overloaded(self.waiting, LONGEST_WAIT)
            self._waiting.append(work)
            self._changed.notify_all()
        return work.done

    def _work(self) -> None:
        while True:
            with self._changed:
                while not (self._waiting or self._streams or self._closing):
                    self._changed.wait()
                if self._closing and not (self._waiting or self._streams):
                    return
                batch = self._next()
            if batch:
                self._turn(batch)
            for stream in list(self._streams):
                if not _advanced(stream):
                    self._streams.remove(stream)

    def _turn(self, batch: list[_Work]) -> None:
        started = time.monotonic()
        try:
            batch[0].run(batch)
        except BaseException as error:  # whoever asked is told, and the next ones get their turn
            for work in batch:
                if not work.done.done():
                    work.done.set_exception(error)
        spent = time.monotonic() - started
        self._pace = 0.8 * self._pace + 0.2 * spent / len(batch)
        if batch[0].key not in (NO_KEY, STREAM):
            self._made(sum(work.rows for work in batch), len(batch), spent)

    def _next(self) -> list[_Work]:
        """The works of the next turn, which fit in one block; none where none is left."""
        batch: list[_Work] = []
        until = time.monotonic() + self._window
        while True:
            self._gather(batch)
            rows, left = sum(work.rows for work in batch), until - time.monotonic()
            # While a text is written nobody waits for company, as its reader waits too.
            if not batch or rows >= BLOCK or left <= 0 or self._streams:
                return batch
            if not self._changed.wait(left):
                self._gather(batch)
                return batch

    def _gather(self, batch: list[_Work]) -> None:
        """Move works that fit from the queue into a batch; cancelled ones are dropped."""
        passed: list[_Work] = []
        rows = sum(work.rows for work in batch)
        while self._waiting and rows < BLOCK:
            work = self._waiting.popleft()
            if batch:
                fits = work.key == batch[0].key and rows + work.rows <= BLOCK
            else:
                fits = work.key != STREAM or len(self._streams) < MOST_STREAMS
            if not fits:
                passed.append(work)
            elif work.done.set_running_or_notify_cancel():
                batch.append(work)
                rows += work.rows
        self._waiting.extendleft(reversed(passed))


def _make(batch: list[_Work]) -> None:
    for work, result in zip(batch, together([work.asked for work in batch]), strict=True):
        if isinstance(result, UserError):
            work.done.set_exception(result)
        else:
            work.done.set_result(result)


def _call(batch: list[_Work]) -> None:
    (work,) = batch
    work.done.set_result(work.asked())


def _advanced(stream: _Stream) -> bool:
    """Whether a stream goes on after its next piece was told."""
    if stream.done.cancelled():
        return False
    try:
        piece = next(stream.pieces, _END)
    except BaseException as error:
        piece = _Failed(error)
    try:
        stream.hear(piece)
    except RuntimeError:  # the listener's event loop has ended before it could say so
        return False
    return piece is not _END and not isinstance(piece, _Failed)


@dataclass(frozen=True)
class _Failed:
    error: BaseException


_END = object()


def _pass_on(done: Future[Any], hear: Callable[[Any], None]) -> None:
    if not done.cancelled() and (error := done.exception()) is not None:
        hear(_Failed(error))


async def _heard(
    line: asyncio.Queue[Any], opened: Future[Any], ended: Future[None]
) -> AsyncGenerator[Any, None]:
    try:
        while (piece := await line.get()) is not _END:
            if isinstance(piece, _Failed):
                raise piece.error
            yield piece
    finally:
        opened.cancel()
        ended.cancel()
