"""A service with two tiny models, within the test's process and behind a real socket."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("prometheus_client")

from fastapi.testclient import TestClient

from sparring.serve.app import create_app
from sparring.serve.server import Server, configured, listening
from sparring.serve.services import Services, Settings
from sparring.training.run import Run


@pytest.fixture(scope="module")
def services(
    trained: Run, wrote: Run, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Services]:
    folder = tmp_path_factory.mktemp("service")
    models = {"shades": trained.folder, "lines": wrote.folder}
    with Services(Settings(folder / "kept", models, runs=folder / "runs")) as services:
        yield services


@pytest.fixture(scope="module")
def client(services: Services) -> TestClient:
    return TestClient(
        create_app(services), base_url="http://localhost", raise_server_exceptions=False
    )


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A service of the shipped model that speaks digits, alone."""
    folder = tmp_path_factory.mktemp("speaking")
    settings = Settings(folder / "kept", {"spoken-digits": "spoken-digits"}, runs=folder / "runs")
    with Services(settings) as services:
        yield TestClient(create_app(services), base_url="http://localhost")


@pytest.fixture(scope="module")
def address(services: Services) -> Iterator[str]:
    """Where a real server answers."""
    bound = listening("127.0.0.1", 0)
    server = Server(configured(create_app(services)), services)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{bound.getsockname()[1]}"
    server.should_exit = True
    thread.join()
