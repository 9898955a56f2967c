"""The verb that opens the studio."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
import webbrowser
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from sparring.cli._printing import show
from sparring.core.errors import UserError

HOST = "127.0.0.1"


def studio(
    port: Annotated[int, typer.Option(help="Where it answers; 0 = any free port.")] = 7860,
    browser: Annotated[bool, typer.Option(help="Open it in the browser.")] = True,
    folder: Annotated[
        Path, typer.Option(help="Where what is made is kept, with reports and uploads.")
    ] = Path("studio"),
    runs: Annotated[Path, typer.Option(help="The folder of all runs.")] = Path("runs"),
) -> None:
    """Open the studio: generate, explore, train, judge and learn in the browser."""
    try:
        import nicegui  # noqa: F401
        import uvicorn
    except ImportError as error:
        raise UserError(
            f"The studio needs what is not installed ({error.name}): pip install 'sparring[studio]'"
        ) from error
    from sparring.core.places import require_writable
    from sparring.serve.registry import public_names
    from sparring.serve.services import Services, Settings
    from sparring.studio.app import application
    from sparring.studio.desk import Desk

    for place in (folder, runs):
        require_writable(place)
    with _bound(port) as door:
        address = f"http://{HOST}:{door.getsockname()[1]}"
        settings = Settings(folder / "service", public_names([]), runs)
        with Services(settings) as services, Desk(services, folder) as desk:
            server = uvicorn.Server(uvicorn.Config(application(desk), log_level="warning"))
            show([address])
            print(f"The studio is at {address}; Ctrl-C ends it.", file=sys.stderr)
            if browser:
                threading.Timer(1.0, webbrowser.open, [address]).start()
            server.run(sockets=[door])


@contextlib.contextmanager
def _bound(port: int) -> Iterator[socket.socket]:
    """A socket that already has its port, so that one may ask for any free one."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((HOST, port))
        except (OSError, OverflowError) as error:
            raise UserError(
                f"Port {port} cannot be used ({error}); choose another one: --port 0 takes any."
            ) from error
        yield door
