"""The worker: company changes no bits, the queue is short, and who leaves makes room."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Iterator

import pytest
import torch

from sparring.core.errors import UserError
from sparring.generation.batch import Ask, rows, together
from sparring.generation.sampler import Sampler
from sparring.generation.wording import Wording
from sparring.serve.batching import Overloaded, Worker
from sparring.training.run import Run


@pytest.fixture(scope="module")
def sampler(trained: Run) -> Sampler:
    return trained.sampler()


@pytest.fixture
def worker() -> Iterator[Worker]:
    worker = Worker(queue=4)
    worker.start()
    yield worker
    worker.stop()


class Plug:
    """Work that holds the worker until it is pulled."""

    def __init__(self, worker: Worker) -> None:
        self.begun, self.pulled = threading.Event(), threading.Event()
        self.done = worker.call(self._hold)
        assert self.begun.wait(10)

    def _hold(self) -> None:
        self.begun.set()
        assert self.pulled.wait(30)


def test_company_changes_no_bits(sampler: Sampler) -> None:
    asks = [
        Ask(count=3, seed=4, labels="dark"),
        Ask(count=2, seed=9, truncation=0.5),
        Ask(latent=tuple(sampler.latents([1])[0].tolist())),
        Ask(between=(2, 3), share=0.25, labels="light"),
        Ask(count=12, seed=0),
    ]
    company = together([rows(sampler, ask) for ask in asks])
    for ask, made in zip(asks, company, strict=True):
        (alone,) = together([rows(sampler, ask)])
        assert not isinstance(made, UserError)
        assert not isinstance(alone, UserError)
        assert torch.equal(made.samples, alone.samples)
        assert made.labels == alone.labels
    expected = sampler.generate(3, seed=4, labels="dark")
    assert not isinstance(company[0], UserError)
    assert torch.equal(company[0].samples, expected.samples)
    assert company[0].origin == expected.origin


def test_one_ask_that_is_no_number_spoils_no_other(sampler: Sampler) -> None:
    bad = rows(sampler, Ask(seed=1))
    bad.latents.fill_(float("nan"))
    good, spoilt = together([rows(sampler, Ask(seed=1)), bad])
    assert isinstance(spoilt, UserError)
    assert not isinstance(good, UserError)


def test_asks_are_made_together(sampler: Sampler) -> None:
    turns: list[tuple[int, int]] = []
    worker = Worker(queue=64, made=lambda samples, asks, _seconds: turns.append((samples, asks)))
    worker.start()
    plug = Plug(worker)
    done = [worker.submit(rows(sampler, Ask(seed=seed))) for seed in range(20)]
    plug.pulled.set()
    assert [len(each.result(30)) for each in done] == [1] * 20
    worker.stop()
    assert turns == [(16, 16), (4, 4)]


def test_texts_of_other_wording_are_made_apart(wrote: Run) -> None:
    sampler, turns = wrote.sampler(), []
    worker = Worker(queue=64, made=lambda samples, asks, _seconds: turns.append(asks))
    worker.start()
    plug = Plug(worker)
    tame, bold = Wording(temperature=0.5), Wording(temperature=1.5)
    asks = [Ask(seed=i, wording=tame if i % 2 else bold) for i in range(6)]
    done = [worker.submit(rows(sampler, ask)) for ask in asks]
    plug.pulled.set()
    for each in done:
        each.result(30)
    worker.stop()
    assert turns == [3, 3]


def test_who_leaves_makes_room_at_once(worker: Worker, sampler: Sampler) -> None:
    plug = Plug(worker)
    waiting = [worker.submit(rows(sampler, Ask(seed=seed))) for seed in range(4)]
    assert worker.is_full
    for each in waiting[1:]:
        assert each.cancel()
    assert (worker.waiting, worker.is_full) == (1, False)
    last = worker.submit(rows(sampler, Ask(seed=9)))
    plug.pulled.set()
    assert list(last.result(30).seeds) == [9]


def test_a_full_queue_says_when_to_come_back(worker: Worker, sampler: Sampler) -> None:
    plug = Plug(worker)
    waiting = [worker.submit(rows(sampler, Ask(seed=seed))) for seed in range(4)]
    started = time.monotonic()
    with pytest.raises(Overloaded, match="4 requests are waiting") as told:
        worker.submit(rows(sampler, Ask()))
    assert time.monotonic() - started < 0.05
    assert 1 <= told.value.seconds <= 60
    patient = worker.submit(rows(sampler, Ask(count=16)), patient=True)
    plug.pulled.set()
    assert [len(each.result(30)) for each in waiting] == [1] * 4
    assert len(patient.result(30)) == 16


def test_places_of_asks_on_their_way_count(worker: Worker, sampler: Sampler) -> None:
    plug = Plug(worker)
    with contextlib.ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(worker.place())
        with worker.place():
            assert (worker.waiting, worker.is_full) == (4, True)
            with pytest.raises(Overloaded), worker.place():
                pass
            asked = worker.submit(rows(sampler, Ask(seed=9)))  # the place that was kept for it
            with pytest.raises(Overloaded):
                worker.submit(rows(sampler, Ask()))
        assert worker.waiting == 4, "who has asked waits, and gives no place back"
    assert (worker.waiting, worker.is_full) == (1, False)
    plug.pulled.set()
    assert list(asked.result(30).seeds) == [9]
    assert worker.waiting == 0


def test_who_leaves_makes_room(worker: Worker, sampler: Sampler) -> None:
    plug = Plug(worker)
    done = [worker.submit(rows(sampler, Ask(seed=seed))) for seed in range(4)]
    for each in done[:3]:
        assert each.cancel()
    plug.pulled.set()
    assert len(done[3].result(30)) == 1
    assert worker.waiting == 0


def test_what_was_accepted_is_finished(sampler: Sampler) -> None:
    worker = Worker(queue=64)
    worker.start()
    plug = Plug(worker)
    done = [worker.submit(rows(sampler, Ask(seed=seed))) for seed in range(40)]
    threading.Timer(0.05, plug.pulled.set).start()
    worker.stop()
    assert all(len(each.result(0)) == 1 for each in done)
    with pytest.raises(Overloaded):
        worker.submit(rows(sampler, Ask()))


def test_a_worker_outlives_what_goes_wrong(worker: Worker, sampler: Sampler) -> None:
    def fail() -> None:
        raise RuntimeError("on purpose")

    failed = worker.call(fail)
    with pytest.raises(RuntimeError, match="on purpose"):
        failed.result(10)
    assert len(worker.submit(rows(sampler, Ask())).result(30)) == 1


def test_streams_take_turns_with_others(worker: Worker, sampler: Sampler) -> None:
    turns: list[str] = []

    def slow(name: str, count: int) -> Iterator[int]:
        for number in range(count):
            time.sleep(0.005)
            turns.append(name)
            yield number

    async def listen(name: str) -> list[int]:
        return [piece async for piece in worker.streamed(lambda: slow(name, 6))]

    async def both() -> None:
        a, b, made = await asyncio.gather(
            listen("a"), listen("b"), worker.made(rows(sampler, Ask()))
        )
        assert a == b == list(range(6))
        assert len(made) == 1

    asyncio.run(both())
    assert "ab" in "".join(turns)


def test_who_stops_listening_frees_the_worker(worker: Worker, sampler: Sampler) -> None:
    written = 0

    def endless() -> Iterator[int]:
        nonlocal written
        while True:
            written += 1
            time.sleep(0.001)
            yield written

    async def leave_early() -> None:
        pieces = worker.streamed(endless)
        async for piece in pieces:
            if piece == 3:
                break
        await pieces.aclose()

    asyncio.run(leave_early())
    assert len(worker.submit(rows(sampler, Ask())).result(30)) == 1
    time.sleep(0.05)
    before = written
    time.sleep(0.05)
    assert written == before


def test_what_goes_wrong_in_a_stream_is_heard(worker: Worker) -> None:
    def breaks() -> Iterator[int]:
        yield 1
        raise UserError("broken")

    async def listen() -> None:
        pieces = worker.streamed(breaks)
        assert await anext(pieces) == 1
        with pytest.raises(UserError, match="broken"):
            await anext(pieces)

    asyncio.run(listen())


@pytest.mark.parametrize(
    "ask",
    [
        Ask(count=0),
        Ask(seed=2**63 - 1, count=2),
        Ask(latent=(1.0,)),
        Ask(latent=(1e9,) * 8),
        Ask(latent=(0.0,) * 8, count=2),
        Ask(latent=(0.0,) * 8, between=(0, 1)),
        Ask(between=(0, 1), share=1.5),
        Ask(between=(-1, 1)),
        Ask(labels="purple"),
        Ask(wording=Wording(prefix="a")),
    ],
)
def test_asks_that_cannot_be(sampler: Sampler, ask: Ask) -> None:
    with pytest.raises(UserError):
        rows(sampler, ask)
