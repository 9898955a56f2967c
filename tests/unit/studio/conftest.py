"""A tiny trained model, and a desk with nothing on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import sparring
from sparring.training.run import Run

pytest.importorskip("nicegui", reason="the studio is an extra")
pytest.importorskip("prometheus_client", reason="the service is an extra")


@pytest.fixture(scope="session")
def sampler(trained: Run) -> sparring.Sampler:
    """A model of tiny pictures in two classes that are heeded."""
    return trained.sampler()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[object]:
    """A desk with shipped digits and no runs."""
    from sparring.serve.services import Services, Settings
    from sparring.studio.desk import Desk

    settings = Settings(tmp_path / "service", {"digits": "digits"}, tmp_path / "runs")
    with Services(settings) as services, Desk(services, tmp_path / "studio") as desk:
        yield desk
