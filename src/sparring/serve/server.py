"""Runs the app with uvicorn: ends politely, and lets nobody hold a connection without asking."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import signal
import socket
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from sparring.core.errors import UserError
from sparring.serve.errors import Refused
from sparring.serve.heads import Head, last_answer
from sparring.serve.limits import HEAD_PATIENCE, KEEP_ALIVE, SHUTDOWN
from sparring.serve.services import Services
from sparring.serve.upgrades import without_upgrades

# The latter of addresses such as fe80::1, which need the name of a network card.
NOT_HERE = (errno.EADDRNOTAVAIL, errno.EINVAL)
NO_HTTP = Refused(400, "This is no request that HTTP/1.1 knows.", code="invalid_http")


def patient_protocol(patience: float = HEAD_PATIENCE) -> type[asyncio.Protocol]:
    """The protocol of uvicorn, which waits for headers only so long and takes only so many.

    uvicorn itself waits as long as a client likes, and some of its parsers take any number.

    Args:
        patience: seconds from the first byte, or from the connection, to the end of the headers.
    """
    base = without_upgrades(AutoHTTPProtocol)

    class PatientProtocol(base):
        _timer: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._head = Head()
            self._wait()

        def data_received(self, data: bytes) -> None:
            if self._is_between:
                if self._timer is None:
                    self._wait()
                unsure = self.cycle is not None and self.cycle.more_body
                if self._head.refuses(data, self.transport, unsure=unsure):
                    return
            elif not self.cycle.more_body and self._head.piles_up(data, self.transport):
                return
            super().data_received(data)
            if not self._is_between:
                self._begun()

        def connection_lost(self, exc: Exception | None) -> None:
            self._begun()
            super().connection_lost(exc)

        def send_400_response(self, msg: str) -> None:
            self.transport.write(last_answer("Bad Request", NO_HTTP))
            self.transport.close()

        @property
        def _is_between(self) -> bool:
            return self.cycle is None or self.cycle.response_complete

        def _wait(self) -> None:
            self._timer = self.loop.call_later(patience, self._give_up)

        def _begun(self) -> None:
            self._head.clear()
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

        def _give_up(self) -> None:
            if self._is_between and not self.transport.is_closing():
                self.transport.close()

    return PatientProtocol


class Server(uvicorn.Server):
    """Tells the services at once when it is asked to end, so that endless answers end too.

    Args:
        config: made by `configured`.
        services: what works behind the app.
    """

    def __init__(self, config: uvicorn.Config, services: Services) -> None:
        super().__init__(config)
        self._services = services

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """As uvicorn calls it for SIGTERM and Ctrl-C."""
        self._services.begin_closing()
        super().handle_exit(sig, frame)


def configured(app: FastAPI, patience: float = HEAD_PATIENCE) -> uvicorn.Config:
    """How uvicorn runs the app.

    Args:
        app: made by `create_app`.
        patience: as in `patient_protocol`.
    """
    return uvicorn.Config(
        app,
        http=patient_protocol(patience),
        access_log=False,  # ours knows what must not be written down
        log_level="warning",
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=SHUTDOWN,
    )


def run(app: FastAPI, services: Services, bound: socket.socket) -> None:
    """Serve until somebody asks to stop; what was accepted is finished.

    Args:
        app: made by `create_app` of these services, which are started and ended elsewhere.
        services: see `app`.
        bound: the socket to listen on.
    """
    access = logging.getLogger("sparring.access")
    access.setLevel(logging.INFO)
    access.propagate = False
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    access.addHandler(handler)
    # After a clean end uvicorn raises the signal anew, which must not cut off what comes then.
    signal.signal(signal.SIGTERM, lambda _number, _frame: None)
    with contextlib.suppress(KeyboardInterrupt):
        Server(configured(app), services).run(sockets=[bound])


def listening(host: str, port: int) -> socket.socket:
    """A socket that is bound there; it listens as soon as somebody serves with it.

    Raises:
        UserError: it cannot be, as where another service listens already.
    """
    bare = host.strip("[]")
    family = socket.AF_INET6 if ":" in bare else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((bare, port))
    except (OSError, UnicodeError) as error:  # the latter of a name that is too long for one
        bound.close()
        if not isinstance(error, OSError) or _is_elsewhere(error):
            raise UserError(
                f"{host} is no address of this machine; give one that is to --host, such as "
                "127.0.0.1, or 0.0.0.0 for all that it has."
            ) from error
        raise UserError(
            f"Nothing can listen on {host}, port {port}: {error.strerror or error}; "
            "choose another one with --port."
        ) from error
    return bound


def _is_elsewhere(error: OSError) -> bool:
    return isinstance(error, socket.gaierror) or error.errno in NOT_HERE
