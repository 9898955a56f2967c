"""Whatever the OpenAPI document allows, and what it does not, is answered without a 5xx."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("schemathesis")
pytest.importorskip("fastapi")
pytest.importorskip("prometheus_client")

import schemathesis
from hypothesis import HealthCheck, given, settings

from sparring.serve.app import create_app
from sparring.serve.services import Services, Settings
from sparring.training.run import Run

# schemathesis, or another thread of the service, may draw numbers while a request is made up.
pytestmark = pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies")
QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


@pytest.fixture(scope="module")
def document(
    trained: Run, wrote: Run, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[object]:
    folder = tmp_path_factory.mktemp("service")
    models = {"shades": trained.folder, "lines": wrote.folder}
    asked = Settings(folder / "kept", models, runs=folder / "runs", hosts=("testserver",))
    with Services(asked) as services:
        # Trainings would really begin; their requests are tried, and none is ever done.
        services.trainings.run = lambda task: {}  # type: ignore[method-assign]
        yield schemathesis.openapi.from_asgi("/openapi.json", create_app(services))


def assert_unbroken(document: Any, examples: int) -> None:
    """Try every operation of the document so often."""
    for found in document.get_all_operations():
        operation = found.ok()

        @settings(max_examples=examples, deadline=None, suppress_health_check=QUIET)
        @given(case=operation.as_strategy())
        def never_breaks(case: Any) -> None:
            answer = case.call()
            assert answer.status_code < 500, f"{case.method} {case.path}: {answer.text}"

        never_breaks()


def test_no_request_breaks_it(document: object) -> None:
    assert_unbroken(document, 4)


@pytest.mark.slow
def test_no_request_breaks_it_at_length(document: object) -> None:
    assert_unbroken(document, 300)
