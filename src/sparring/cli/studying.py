"""The verb that opens the studio."""

from __future__ import annotations

import importlib
import sys
import threading
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from sparring.cli._labels import Producer
from sparring.cli._printing import show
from sparring.cli.serving import require_extra
from sparring.core.errors import UserError

HOST = "127.0.0.1"


def studio(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 7860,
    browser: Annotated[bool, typer.Option(help="Open it in the browser.")] = True,
    folder: Annotated[
        Path, typer.Option(help="Where what is made is kept, with reports and uploads.")
    ] = Path("studio"),
    runs: Annotated[Path, typer.Option(help="The folder of all runs.")] = Path("runs"),
    producer: Producer = "",
) -> None:
    """Open the studio: generate, explore, train, judge and learn in the browser."""
    require_extra()
    try:
        importlib.import_module("nicegui")
    except ImportError as error:
        raise UserError(
            "The studio needs the package nicegui; install it with: pip install 'sparring[studio]'"
        ) from error
    from sparring.core.places import require_writable
    from sparring.provenance.labelling import Labelling, usual_producer
    from sparring.serve.registry import public_names
    from sparring.serve.server import listening
    from sparring.serve.services import Services, Settings
    from sparring.studio.app import application, run
    from sparring.studio.desk import Desk

    for place in (folder, runs):
        require_writable(place)
    labels = Labelling(producer=producer or usual_producer())
    settings = Settings(folder / "service", public_names([]), runs, labelling=labels)
    with listening(HOST, port) as bound:
        address = f"http://{HOST}:{bound.getsockname()[1]}"
        with Services(settings) as services, Desk(services, folder) as desk:
            app = application(desk)
            show([address])
            sys.stdout.flush()
            print(f"The studio is at {address}; Ctrl-C ends it.", file=sys.stderr)
            if browser:
                threading.Timer(1.0, webbrowser.open, [address]).start()
            run(app, desk, bound)
