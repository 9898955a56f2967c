"""Requests that would rather speak another protocol, with a real socket and both parsers."""

from __future__ import annotations

import base64
import contextlib
import importlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest

pytest.importorskip("fastapi")

import uvicorn
from fastapi import FastAPI, Request, WebSocket

from sparring.serve.server import listening
from sparring.serve.upgrades import without_upgrades

UPGRADES = ["h2c", "TLS/1.0, HTTP/1.1", "websocket", "WebSocket"]
NEXT = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def echoing() -> FastAPI:
    app = FastAPI()

    @app.post("/")
    async def read(request: Request) -> dict[str, str]:
        return {"read": (await request.body()).decode(), "of": request.headers["x-kept"]}

    @app.get("/")
    async def here() -> dict[str, str]:
        return {"read": "nothing"}

    @app.websocket("/socket")
    async def talk(talking: WebSocket) -> None:
        await talking.accept()
        await talking.send_text(await talking.receive_text())
        await talking.close()

    return app


@pytest.fixture(
    scope="module",
    params=["httptools_impl:HttpToolsProtocol", "h11_impl:H11Protocol"],
    ids=["httptools", "h11"],
)
def port(request: pytest.FixtureRequest) -> Iterator[int]:
    module, _, name = request.param.partition(":")
    pytest.importorskip(module.partition("_")[0])
    base = getattr(importlib.import_module(f"uvicorn.protocols.http.{module}"), name)
    config = uvicorn.Config(echoing(), http=without_upgrades(base), log_level="warning")
    server = uvicorn.Server(config)
    bound = listening("127.0.0.1", 0)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield bound.getsockname()[1]
    server.should_exit = True
    thread.join()


def asking(upgrade: str, body: bytes, *, chunked: bool = False) -> bytes:
    framing = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % len(body)
    content = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) if chunked else body
    return (
        b"POST /?q=%C3%A9 HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\n"
        + f"Upgrade: {upgrade}\r\nX-Kept: yes\r\n".encode() + framing + b"\r\n\r\n" + content
    )  # fmt: skip


def told(port: int, *pieces: bytes) -> bytes:
    """All that comes back until the connection ends."""
    content = b""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        for number, piece in enumerate(pieces):
            time.sleep(0.02 * bool(number))
            connection.sendall(piece)
        with contextlib.suppress(ConnectionError):
            while piece := connection.recv(65_536):
                content += piece
    return content


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("upgrade", UPGRADES)
def test_a_body_is_read_all_the_same(port: int, upgrade: str, chunked: bool) -> None:
    request = asking(upgrade, b"a body", chunked=chunked)
    for pieces in (
        [request + NEXT],
        [request, NEXT],
        [request[:40], request[40:-3], request[-3:] + NEXT],
    ):
        content = told(port, *pieces)
        assert content.startswith(b"HTTP/1.1 200 ")
        assert b'{"read":"a body","of":"yes"}' in content
        assert content.count(b"HTTP/1.1 ") == 2
        assert content.endswith(b'{"read":"nothing"}')


def test_a_body_is_no_request_of_its_own(port: int) -> None:
    hidden = b"GET /hidden HTTP/1.0\r\nHost: localhost\r\n\r\n"
    content = told(port, asking("h2c", hidden), NEXT)
    assert content.count(b"HTTP/1.1 ") == content.count(b"HTTP/1.1 200 OK") == 2


def test_many_of_them_follow_each_other(port: int) -> None:
    content = told(port, asking("h2c", b"x") * 300 + NEXT)
    assert content.count(b"HTTP/1.1 200 OK") == 301


def test_a_get_is_answered(port: int) -> None:
    for more in (b"", b"GET /too-late HTTP/1.1\r\nHost: localhost\r\n\r\n"):
        asked = NEXT.replace(b"close", b"close, Upgrade\r\nUpgrade: h2c") + more
        content = told(port, asked)
        assert content.startswith(b"HTTP/1.1 200 ")
        assert content.count(b"HTTP/1.1 ") == 1


def test_a_tunnel_is_refused(port: int) -> None:
    request = b"CONNECT /a:1 HTTP/1.1\r\nHost: localhost\r\nConnection: close, Upgrade\r\n"
    assert told(port, request + b"Upgrade: h2c\r\n\r\n").startswith(b"HTTP/1.1 4")


def test_a_web_socket_is_opened(port: int) -> None:
    key = base64.b64encode(b"k" * 16).decode()
    head = (
        "GET /socket HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, Upgrade\r\n"
        f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
    )
    hello = b"\x81\x82\x00\x00\x00\x00hi"  # a text of two letters, masked with zeros
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(head.encode())
        content = connection.recv(65_536)
        assert content.startswith(b"HTTP/1.1 101 ")
        connection.sendall(hello)
        while b"\x81\x02hi" not in content:
            piece = connection.recv(65_536)
            assert piece, content
            content += piece
