"""The studio as one web application: its pages, over the service's own HTTP interface."""

from __future__ import annotations

import contextlib
import signal
import socket

import uvicorn
from fastapi import FastAPI
from nicegui import app as pages_app
from nicegui import ui
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from sparring.serve.app import create_app
from sparring.serve.server import Server
from sparring.serve.upgrades import without_upgrades
from sparring.studio import shell
from sparring.studio.desk import REPORTS, Desk
from sparring.studio.showing import MADE
from sparring.studio.sources import LARGEST

UPLOADS = "/_nicegui/client/"
"""Where pages send files."""
PATIENCE = 3  # seconds that open pages get at the end

ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" '
    'rx="7" fill="#1d4f96"/><circle cx="12" cy="16" r="6" fill="#fff"/>'
    '<circle cx="21" cy="16" r="6" fill="#f0a53a" fill-opacity=".9"/></svg>'
)


def application(desk: Desk) -> FastAPI:
    """The studio beside the addresses of the service, behind the same door.

    NiceGUI keeps its pages for the whole process, so this is done once in each.
    """
    app = create_app(desk.services, uploads={UPLOADS: LARGEST})
    shell.register(desk)
    pages_app.add_media_files(MADE, desk.pieces.folder)
    pages_app.add_static_files(REPORTS, desk.reports, max_cache_age=0)
    ui.run_with(
        app, title="Sparring", favicon=ICON, show_welcome_message=False, dark=None,
        reconnect_timeout=10.0,
    )  # fmt: skip
    return app


def run(app: FastAPI, desk: Desk, bound: socket.socket) -> None:
    """Answer until somebody asks to stop.

    Args:
        app: made by `application`.
        desk: what works behind it.
        bound: the socket to listen on.
    """
    # The service's own protocol ends connections that ask for nothing, as browsers' sockets do.
    config = uvicorn.Config(
        app, http=without_upgrades(AutoHTTPProtocol), access_log=False, log_level="warning",
        server_header=False, timeout_graceful_shutdown=PATIENCE,
    )  # fmt: skip
    signal.signal(signal.SIGTERM, lambda _number, _frame: None)  # uvicorn raises it anew
    with contextlib.suppress(KeyboardInterrupt):
        Server(config, desk.services).run(sockets=[bound])
