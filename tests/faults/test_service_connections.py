"""Bad connections to the service, and its own sudden end; with real sockets and processes."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("prometheus_client")

from fastapi import FastAPI, Request

from sparring.serve.app import create_app
from sparring.serve.bodies import Bodies
from sparring.serve.errors import handle_errors
from sparring.serve.routes import completions
from sparring.serve.server import Server, configured, listening
from sparring.serve.services import Services, Settings
from sparring.training.run import Run

PATIENCE = 0.5  # seconds for the head of a request, here
IMAGES, TEXTS = "/v1/images/generations", "/v1/completions"
HEAD = b"Host: localhost\r\nContent-Type: application/json\r\n"


@pytest.fixture(scope="module")
def services(
    trained: Run, wrote: Run, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Services]:
    folder = tmp_path_factory.mktemp("service")
    models = {"shades": trained.folder, "lines": wrote.folder}
    with Services(Settings(folder / "kept", models, runs=folder / "runs")) as services:
        yield services


@pytest.fixture(scope="module")
def port(services: Services) -> Iterator[int]:
    bound = listening("127.0.0.1", 0)
    server = Server(configured(create_app(services), patience=PATIENCE), services)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield bound.getsockname()[1]
    server.should_exit = True
    thread.join()


@contextlib.contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        yield connection


def assert_lives(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/healthz")
    assert connection.getresponse().status == 200
    connection.close()


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came about"
        time.sleep(0.01)


def read_all(connection: socket.socket) -> bytes:
    content = b""
    with contextlib.suppress(ConnectionError):
        while piece := connection.recv(65_536):
            content += piece
    return content


@pytest.mark.parametrize("path", ["/healthz", "/v1/models", "/v1/nothing"])
def test_head_says_what_get_says_without_the_body(port: int, path: str) -> None:
    told = {}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for method in ("GET", "HEAD", "GET"):
        connection.request(method, path)
        answer = connection.getresponse()
        told[method] = answer.status, answer.headers["content-length"], answer.headers["allow"]
        assert (answer.read() == b"") == (method == "HEAD")
    connection.close()
    assert told["HEAD"] == told["GET"]


@pytest.mark.parametrize("begin", [b"", b"GET /healthz HT", b"GET /healthz HTTP/1.1\r\nHost: loc"])
def test_who_does_not_end_a_head_is_left(port: int, begin: bytes) -> None:
    with connected(port) as slow:
        started = time.monotonic()
        slow.sendall(begin)
        with contextlib.suppress(OSError):
            for _ in range(200):  # a drop now and then must not keep it open
                slow.settimeout(PATIENCE / 5)
                try:
                    if slow.recv(1) == b"":
                        break
                except TimeoutError:
                    slow.sendall(b"X" if begin else b"")
        assert time.monotonic() - started < PATIENCE * 20
    assert_lives(port)


def test_the_second_head_of_a_connection_counts_too(port: int) -> None:
    with connected(port) as slow:
        slow.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        until(lambda: b'"ok"' in slow.recv(65_536))
        slow.sendall(b"GET /heal")
        assert slow.recv(65_536) == b""


def test_a_head_without_end_is_cut_off(port: int) -> None:
    with connected(port) as greedy, contextlib.suppress(OSError):
        greedy.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n")
        sent = 0
        while sent < 64 << 20:
            greedy.sendall(b"X-More: " + b"y" * 8_000 + b"\r\n")
            sent += 8_010
        pytest.fail("64 MB of headers were taken")
    assert_lives(port)


@pytest.mark.parametrize("pieces", [1, 3])
@pytest.mark.parametrize("size", [65_535, 65_536, 65_537, 140_000, 400_000])
def test_a_head_may_have_64_kib_and_no_more(port: int, size: int, pieces: int) -> None:
    begin, end = b"POST /v1/completions HTTP/1.1\r\n" + HEAD, b"Content-Length: 2\r\n\r\n"
    lines, more = b"", size - len(begin) - len(end)
    while more > 0:
        line = min(more, 8_000)
        lines += b"X-More: " + b"y" * (line - 10) + b"\r\n"
        more -= line
    head = begin + lines + end
    assert len(head) == size
    with connected(port) as asking:
        step = -(-size // pieces)
        for start in range(0, size, step):
            asking.sendall(head[start : start + step])
            time.sleep(0.05 * (pieces > 1))
        asking.sendall(b"{}")
        if size > 65_536:
            answer = read_all(asking)
            assert answer.startswith(b"HTTP/1.1 431 ")
            said = json.loads(answer.partition(b"\r\n\r\n")[2])["error"]
            assert said["code"] == "headers_too_large"
            assert said["message"].endswith("larger than 65,536 bytes.")
        else:
            assert asking.recv(65_536).startswith(b"HTTP/1.1 400 ")  # several models are served
    assert_lives(port)


def test_the_body_of_a_refused_request_is_no_head(port: int) -> None:
    with connected(port) as asking:
        asking.sendall(b"POST /v1/nothing HTTP/1.1\r\n" + HEAD + b"Content-Length: 300000\r\n\r\n")
        answer = asking.recv(65_536)
        assert answer.startswith(b"HTTP/1.1 404 ")
        for _ in range(3):
            asking.sendall(b" " * 100_000)
            time.sleep(0.02)
        asking.sendall(b"GET /healthz HTTP/1.1\r\n" + HEAD + b"Connection: close\r\n\r\n")
        assert read_all(asking).startswith(b"HTTP/1.1 200 ")


def test_a_body_without_length_or_end(port: int) -> None:
    """As the first bytes of 10 GB: the answer comes while the body still streams."""
    with connected(port) as greedy:
        greedy.sendall(b"POST " + IMAGES.encode() + b" HTTP/1.1\r\n" + HEAD)
        greedy.sendall(b"Transfer-Encoding: chunked\r\n\r\n")
        chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
        sent = 0
        with contextlib.suppress(OSError):
            while sent < 256 << 20:
                greedy.sendall(chunk)
                sent += len(chunk)
        assert sent < 64 << 20
        answer = read_all(greedy)
    assert answer.startswith(b"HTTP/1.1 413") or answer == b""  # which a reset may have eaten
    assert_lives(port)


def test_a_length_of_ten_gigabytes(port: int) -> None:
    with connected(port) as greedy:
        greedy.sendall(b"POST " + IMAGES.encode() + b" HTTP/1.1\r\n" + HEAD)
        greedy.sendall(b"Content-Length: 10737418240\r\n\r\n{")
        assert read_all(greedy).startswith(b"HTTP/1.1 413")
    assert_lives(port)


def test_a_body_that_never_comes(trained: Run, tmp_path: Path) -> None:
    app = FastAPI()

    @app.post("/")
    async def read(request: Request) -> str:
        return (await request.body()).decode()

    handle_errors(app)
    app.add_middleware(Bodies, patience=0.2)
    bound = listening("127.0.0.1", 0)
    settings = Settings(tmp_path / "kept", {"shades": trained.folder}, runs=tmp_path / "runs")
    with Services(settings) as services:
        server = Server(configured(app), services)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        thread.start()
        until(lambda: server.started)
        with connected(bound.getsockname()[1]) as slow:
            slow.sendall(b"POST / HTTP/1.1\r\n" + HEAD + b"Content-Length: 5\r\n\r\nab")
            answer = read_all(slow)
        server.should_exit = True
        thread.join()
    assert answer.startswith(b"HTTP/1.1 408")
    assert b'"code": "body_too_slow"' in answer


def asked(path: str, given: dict[str, Any]) -> bytes:
    body = json.dumps(given).encode()
    length = f"Content-Length: {len(body)}\r\n\r\n".encode()
    return b"POST " + path.encode() + b" HTTP/1.1\r\n" + HEAD + length + body


@pytest.mark.parametrize("upgrade", [b"h2c", b"TLS/1.0", b"websocket"])
def test_who_would_rather_speak_another_protocol_is_read(port: int, upgrade: bytes) -> None:
    """As `curl --http2` and Java's HttpClient ask, which go on with HTTP/1.1."""
    wish = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: " + upgrade + b"\r\n"
    request = asked(IMAGES, {"model": "shades", "prompt": "", "size": "1x1"})
    head, _, rest = request.partition(HEAD)
    with connected(port) as asking:
        for pieces in ([head + HEAD + wish + rest], [head + HEAD, wish + rest[:-9], rest[-9:]]):
            for piece in pieces:
                asking.sendall(piece)
                time.sleep(0.02)
            answer = b""
            while b"}}" not in answer:
                answer += asking.recv(65_536)
            assert answer.startswith(b"HTTP/1.1 400 ")
            assert b'"code": "invalid_size"' in answer  # what the body says, and not that it lacks
    assert_lives(port)


def test_who_leaves_while_waiting_is_not_worked_for(port: int, services: Services) -> None:
    pulled, begun = threading.Event(), threading.Event()

    def hold() -> None:
        begun.set()
        assert pulled.wait(30)

    held = services.worker.call(hold)
    assert begun.wait(10)
    before = services.metrics.text()
    with connected(port) as leaving:
        leaving.sendall(asked(IMAGES, {"model": "shades", "prompt": "", "n": 10}))
        until(lambda: services.worker.waiting == 1)
    time.sleep(0.2)  # the service hears of it
    pulled.set()
    held.result(10)
    until(lambda: services.worker.waiting == 0)
    assert_lives(port)
    made = [line for line in before.splitlines() if line.startswith(b"sparring_samples_total")]
    assert made[0] in services.metrics.text()


def test_what_comes_before_an_answer_is_not_kept_without_end(port: int, services: Services) -> None:
    pulled, begun = threading.Event(), threading.Event()

    def hold() -> None:
        begun.set()
        assert pulled.wait(60)

    held = services.worker.call(hold)
    assert begun.wait(10)
    try:
        with connected(port) as eager:
            eager.sendall(asked(IMAGES, {"model": "shades", "prompt": "", "n": 1}))
            until(lambda: services.worker.waiting == 1)
            with pytest.raises((ConnectionError, BrokenPipeError)):
                eager.sendall(b"GET /healthz HTTP/1.1\r\nX: " + b"a" * (64 << 20))
    finally:
        pulled.set()
    held.result(10)
    assert_lives(port)


def test_who_leaves_a_stream_frees_the_worker(
    port: int, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = 0

    def endless(*_given: Any, **_asked: Any) -> Iterator[int]:
        nonlocal written
        while True:
            written += 1
            time.sleep(0.002)
            yield 4

    # A text that never ends, as our own end too soon to be left in the middle.
    monkeypatch.setattr(completions, "symbols", endless)
    with connected(port) as leaving:
        given = {"model": "lines", "stream": True, "max_tokens": 1_000_000}
        leaving.sendall(asked(TEXTS, given))
        until(lambda: leaving.recv(65_536).count(b"data: ") > 0)
    time.sleep(0.3)
    before = written
    time.sleep(0.3)
    assert written == before
    assert_lives(port)


def test_words_that_are_no_http(port: int) -> None:
    for words in (
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"HELO there\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
    ):
        with connected(port) as odd:
            odd.sendall(words)
            answer = read_all(odd)
            assert answer == b"" or answer.startswith(b"HTTP/1.1 4"), answer
    assert_lives(port)


@pytest.mark.parametrize(
    "head", [b"FOO / HTTP/1.1\r\n", b"GET /v1/models HTTP/1.1\r\nno colon\r\n"]
)
def test_what_no_parser_takes_gets_an_error_object(port: int, head: bytes) -> None:
    with connected(port) as odd:
        odd.sendall(head + b"Host: localhost\r\n\r\n")
        first, _, body = read_all(odd).partition(b"\r\n\r\n")
    assert first.startswith(b"HTTP/1.1 4")
    assert b"application/json" in first
    assert json.loads(body)["error"]["type"] == "invalid_request_error"


def test_killed_with_jobs_waiting(trained: Run, tmp_path: Path) -> None:
    """Kill -9 with a job in work and others waiting: none is lost, and the waiting ones are done.

    Then SIGTERM while requests wait: what was accepted is answered.
    """
    program = Path(__file__).with_name("service_lives.py")
    done = subprocess.run(
        [sys.executable, program, trained.folder, tmp_path],
        capture_output=True, text=True, timeout=300, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["after_the_kill"] == ["interrupted", *["succeeded"] * 3]
    # Who comes again with the key of what was cut off gets it; others get what there is.
    assert report["again"] == ["succeeded", True]
    assert "1 job was interrupted; 3 that waited run now." in done.stderr
    assert report["answers_to_the_last"] == [200] * 8
    assert report["codes"] == [-signal.SIGKILL, 0]
