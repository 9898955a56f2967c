"""The verb that serves: models over HTTP."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from sparring.cli._labels import (
    NoCredentials,
    NoLabels,
    Producer,
    TimeStamp,
    Visible,
    labelling,
)
from sparring.cli._printing import Device
from sparring.core.errors import UserError

NEEDED = {"fastapi": "fastapi", "uvicorn": "uvicorn", "prometheus_client": "prometheus-client",
          "python_multipart": "python-multipart"}  # fmt: skip


def address(given: str) -> str:
    """The same, as an address to listen on; sockets would take an empty one for all there are.

    Raises:
        UserError: it is empty.
    """
    if not given.strip("[] \t"):
        raise UserError(
            "--host is empty; give it an address of this machine, such as 127.0.0.1, or 0.0.0.0 "
            "for all that it has."
        )
    return given


Models = Annotated[
    list[str] | None,
    typer.Argument(help="Run or model folders or names, NAME=FOLDER to rename; else all shipped."),
]
Host = Annotated[str, typer.Option(help="The address to listen on.", callback=address)]
Port = Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one and says which.")]
Folder = Annotated[Path, typer.Option(help="Of the service: its jobs and files.")]
Runs = Annotated[Path, typer.Option(help="Where trainings are, and are served from.")]
Token = Annotated[str, typer.Option(help="For everything; better in SPARRING_TOKEN.")]
TokenFile = Annotated[Path | None, typer.Option(help="Lines of a token and its scope.")]
AllowHost = Annotated[
    list[str] | None, typer.Option(help="A name under which clients may address the service.")
]
Queue = Annotated[int, typer.Option(min=1, max=10_000, help="Requests that may wait.")]
Engine = Annotated[
    Literal["torch", "onnx", "auto"],
    typer.Option(help="What computes; auto measures each model as it is loaded, some seconds."),
]
Trusted = Annotated[
    bool, typer.Option(help="The models are my own: components they name are imported and run.")
]


def serve(
    models: Models = None,
    host: Host = "127.0.0.1",
    port: Port = 8080,
    folder: Folder = Path("service"),
    runs: Runs = Path("runs"),
    token: Token = "",
    token_file: TokenFile = None,
    allow_host: AllowHost = None,
    queue: Queue = 64,
    device: Device = "auto",
    engine: Engine = "torch",
    trusted: Trusted = False,
    producer: Producer = "",
    visible: Visible = False,
    no_labels: NoLabels = False,
    no_credentials: NoCredentials = False,
    time_stamp: TimeStamp = "",
) -> None:
    """Serve models over HTTP, as clients of OpenAI's API expect it; Ctrl-C ends politely."""
    require_extra()
    from sparring.core.device import choose
    from sparring.exporting._engine import require_onnx
    from sparring.serve.app import create_app
    from sparring.serve.auth import names_of, read_tokens, require_safe
    from sparring.serve.registry import public_names
    from sparring.serve.server import listening, run
    from sparring.serve.services import Services, Settings

    choose(device)  # an unknown one is refused before anything is opened
    if engine == "onnx":
        require_onnx()
    tokens, hosts = read_tokens(token, token_file), names_of(host, allow_host or ())
    with listening(host, port) as bound:  # a mistyped address is told before a missing token
        require_safe(host, tokens)
        settings = Settings(
            folder=folder,
            models=public_names(models or []),
            runs=runs,
            device=device,
            engine=engine,
            tokens=tokens,
            hosts=hosts,
            queue=queue,
            labelling=labelling(producer, visible, no_labels, no_credentials, time_stamp),
            trusted=trusted,
        )
        with Services(settings) as services:
            said = greeting(services.registry.names(), host, bound.getsockname()[1], hosts)
            print(said, file=sys.stderr, flush=True)
            run(create_app(services), services, bound)


def greeting(models: Sequence[str], host: str, port: int, hosts: Sequence[str]) -> str:
    """What is served where, and under which names where that is beyond this machine."""
    from sparring.serve.auth import LOOPBACK_NAMES, in_address, is_loopback

    where = f"http://{in_address(host)}:{port}/v1"
    said = f"Serving {', '.join(models)} at {where}; Ctrl-C ends."
    if is_loopback(host) and not hosts:
        return said
    names = ", ".join((*LOOPBACK_NAMES, *hosts))
    return f"{said} It answers to {names}; allow other names that lead here with --allow-host NAME."


def require_extra() -> None:
    """Make sure that what the service needs is installed.

    Raises:
        UserError: it is not; the message says the command.
    """
    for module, package in NEEDED.items():
        try:
            importlib.import_module(module)
        except ImportError as error:
            raise UserError(
                f"The service needs the package {package}; install it with: "
                "pip install 'sparring[serve]'"
            ) from error
